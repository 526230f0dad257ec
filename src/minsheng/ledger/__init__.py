"""Append-only acts that are not steps of a case: log-in, seeing a number, export, role change. One hash chain.

`outside.py` beside the usual kinds: the line of each anchor in a file outside the database, written by actions, read by queries.
"""
