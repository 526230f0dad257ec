"""Text in: words for search (Chinese, Tibetan, English), personal data inside free text. Knows no case.

`patterns.py` beside `rules.py`: the expressions and word lists that the rules use, which change more often than they do.
"""
