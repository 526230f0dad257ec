"""Topics (民情议题): matters that are frequent, hard, rising or repeated, counted by what the record holds; no word of a model's.

Restricted and sealed cases, and those that complain of somebody, are in no count and no list here. More file kinds than a small room has:
`rules` and `queries` are cut into what is counted and what is declared.
"""
