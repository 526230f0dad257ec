"""Append-only acts that are not steps of a case: log-in, seeing a number, export, role change. One hash chain."""
