"""The numbers: rates, volumes, who stands where. Moves nothing.

Beside the usual files: `sets.py` (rules by size: the sets that measures divide, as pure predicates over one fact each) and
`counting.py`, `board.py` (queries by kind: the SQL of the sets; what the board shows beside the rates).
"""
