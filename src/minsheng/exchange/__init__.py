"""History in and out: files of other systems become cases by the second door (`cases.imported`), and cases become files.

Beside the usual files: `mapping.py` (pure, split from rules.py: how a foreign header and its words become ours), `rows.py` (from the cells
of a row to a row of history), `lookups.py` (names of units and matters), `again.py` (what was here before), `runs.py` (how far an import
is, and its report), `sheets.py` (CSV and XLSX as streams of rows, the one place that touches those files),
`manual.py` (docs/exchange.md).
"""
