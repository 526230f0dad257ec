"""Reads of work in the field, each in a fixed number of statements."""
