"""Reads of telephony, each in a fixed number of statements."""
