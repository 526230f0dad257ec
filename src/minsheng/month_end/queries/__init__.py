"""Reads: periods, their sheets, objections, corrections."""
