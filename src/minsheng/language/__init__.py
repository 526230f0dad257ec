"""Text in: words for search (Chinese, Tibetan, English), personal data inside free text. Knows no case.

Beside `rules.py`, all of it pure: `folding.py` (one form for each character), `masking.py` (personal data, found and covered), `known.py` (people whose
names and numbers are known), `in_part.py` (the same people where their names are covered in part, or where they are called by them), `patterns.py`
(expressions and word lists, which change more often than the rules that use them), `telephones.py` (the one reader of telephone numbers).
"""
