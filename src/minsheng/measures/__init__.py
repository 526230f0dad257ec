"""The numbers: rates, volumes, who stands where. Moves nothing.

Beside the usual files, by kind: `sets.py`, `facts_of_case.py` (rules: what measures divide; what a case's history says to it),
`following.py` (keeps facts and cube in step with the history; decides nothing), `verifying.py` (recounts them), `cube_sql.py`, `set_sql.py`,
`board.py`, `co_units.py` (queries: how facts become cells; how many lie in a set; what the board shows; co-units).
"""
