"""History in and out: files of other systems become cases by the second door (`cases.imported`), and cases become files.

Beside the usual files: `mapping.py` (pure, split from rules.py: how a foreign header and its words become ours), `sheets.py` (CSV and
XLSX as streams of rows, the one place that touches those files), `manual.py` (docs/exchange.md, read from the table of columns).
"""
