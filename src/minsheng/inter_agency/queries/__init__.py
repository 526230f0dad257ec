"""Reads: how cases stand for 110 (`standing`), what pages list (`lists`)."""
