"""The archive: the book of facts by month in which things became known, in Parquet files of its own, and what is counted from them.

No tables. Beside the usual files, by kind: `places.py`, `question.py`, `engines.py`, `verifying.py` (queries: where the files lie and whether they
are what their manifest says; one question's text; what counts; files against facts), `parquet.py` (of actions: lines into a file).
"""
