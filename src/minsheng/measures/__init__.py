"""The numbers: rates, volumes, who stands where. Moves nothing.

Beside the usual files, by kind: `sets.py`, `facts_of_case.py`, `tasks_of_case.py`, `facts_of_repeats.py`, `spans.py` (rules: what measures divide;
what a case's history says to it; what one case says of another; periods beside a period), `sources.py` and `calls_source.py` (what is
followed beside the steps of cases), `following.py`, `book.py`, `repeats.py` (keep facts and cube in step with the history; decide
nothing), `verifying.py` (recounts them), `cube_sql.py`, `set_sql.py`, `series.py`, `trends.py`,
`board.py`, `board_cases.py`, `board_wrong.py`, `co_units.py` (queries: how facts become cells; how many lie in a set; sets by day; trends;
what the board shows; how far cases got; what went wrong; co-units).
`score_rules.py`, `program_schemes.py`, `schemes.py`, `scheme_bells.py`, `scheme_actions.py`: rules, data, queries, actions of the schemes of the
composite.
"""
