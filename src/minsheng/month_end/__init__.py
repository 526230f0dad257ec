"""Month-end (出数): an assessment period from its plan to its published sheet, objections with proof, and what came too late.

Period and objection are subjects on the engine (`kit.stepped`). What is counted is counted by `measures`, kept in rows that never change,
with the cases behind every figure. More file kinds than a small room has: `rules`, `actions` and `queries` are cut by what is asked for.
"""
