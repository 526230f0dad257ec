"""Leader days (一把手听民声): a year's scheme, its periods with desks and notices, and every commitment followed to its end.

Scheme, period and commitment are subjects on the engine (`kit.stepped`), each with a procedure of its own in `rules`. A case of a
period is an ordinary case with the ids of its period and desk: what is counted here is counted by `measures` over those cases.
More file kinds than a small room has: `rules` is cut by what is asked for, `queries` by page.
"""
