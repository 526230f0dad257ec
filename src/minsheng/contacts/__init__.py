"""诉求人: who reached us, sealed at rest, found by a keyed hash, shown masked; flags against abuse of the line.

Beside the usual files: `reveals.py`, the budget of full numbers that one person sees; `number_searches.py`, that of numbers looked for.
"""
