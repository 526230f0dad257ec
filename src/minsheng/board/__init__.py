"""What leaders see: figures that open their lists.

Beside the usual files: `charts.py` (rules by kind: what a chart says, from rows that were read), `chart_views.py` (views by kind: the pages of
charts), for size.
"""
