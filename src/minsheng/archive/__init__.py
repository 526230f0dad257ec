"""The archive: the book of facts by month in which things became known, in Parquet files of its own, and what is asked of them.

No tables. Beside the usual files, by kind: `places.py`, `question.py`, `engines.py`, `asking.py`, `verifying.py` (queries: where the files lie and
whether they are what their manifest says; one question's text; what counts; a question of a reader's own; files against facts), `parquet.py`
(of actions: lines into a file), `spark.py`, `spark_packages.py` (a cluster; its packages). `asker.py` and `spark_child.py` run in processes of
their own and know nothing of the project.
"""
