"""工单: the heart. PROCEDURE, deadlines, history.

Beside the usual files: `states.py`, `given.py`, `history.py` (pure like rules.py and split from it by size: the words, what was
given, the hash chain), `fields.py` (data: what each step can be given, read by screens, API and the door alike), `deeds.py`,
`effects.py`, `tasks.py`, `texts.py`, `clocks.py`, `notices.py` (split from actions.py: what the door writes beside the step's own
row), `imported.py` (the second door, for history brought in; `brought.py`, pure: what a row of it means).
"""
