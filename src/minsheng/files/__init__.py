"""Kept bytes: attachments, later recordings and reports."""
