"""Writes of supervision: the ladder of a city, and what the clock does by it."""
