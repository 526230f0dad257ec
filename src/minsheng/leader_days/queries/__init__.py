"""Reads of leader days, each in a fixed number of statements: one module for each kind of page."""
