"""Reads of bulletins: figures to freeze, lists, pages, papers."""
