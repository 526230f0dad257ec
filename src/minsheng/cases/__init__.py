"""工单: the heart. PROCEDURE, deadlines, history.

Beside the usual files: `fields.py` (data: what each step can be given, read by screens, API and the door alike), `effects.py`
(what a step writes beside its own row, split from actions.py by size), `imported.py` (the second door, for history brought in),
`clocks.py` (the clocks of a case as actions on its clock rows).
"""
