"""What leaders see: figures that open their lists.

Beside the usual files: `charts.py`, `time_charts.py` (rules by kind: what a chart says, from rows that were read), `chart_views.py`, `wall_views.py`
(views by kind: the pages of charts, the wall), for size.
"""
