"""Working time: calendars, holidays, limits and due dates that explain themselves.

Three file kinds beside the usual ones, because a due date must be explained within a second and without a database:
`library.py` builds the calendars that ship with the program (the kept library `chinesecalendar` and `data/*.yaml`) and knows no
Django; `spans.py` holds the arithmetic of working time under `rules.py`, as pure as that one; `notices.py` reads the text of a year's notice.
"""
