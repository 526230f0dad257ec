"""Reads of supervision, each in a fixed number of statements: one module for each kind of page."""
