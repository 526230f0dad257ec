"""Supervision (督办): the ladder as dated data, reminders by the clock, and slips that a person signs.

Only reminders and urging leave by the clock. A slip (督办单, 通报, 约谈) is a subject on the engine (`kit.stepped`): the clock proposes it
with its ground, people draft, sign, number and follow it. More file kinds than a small room has: `rules` is cut by what is asked for,
`queries` by page.
"""
