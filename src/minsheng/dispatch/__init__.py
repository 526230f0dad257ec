"""Catalogue, suggestion with reasons, 退单 rulings."""
