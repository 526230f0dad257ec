"""The numbers: rates, volumes, who stands where. Moves nothing.

Beside the usual files: `set_predicates.py` (rules by size: the sets that measures divide, each as a predicate over one fact and as SQL) and
`set_sql.py`, `board.py`, `co_units.py` (queries by kind: the statements over the sets; what the board shows beside the rates; co-units).
"""
