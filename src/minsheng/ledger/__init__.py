"""Append-only acts that are not steps: log-in, seeing a number, export, change of role."""
