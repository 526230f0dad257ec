"""Writes of work in the field: the ways in to a watch, and what `doctor` asks of its history."""
