"""History in and out: files of other systems become cases by the second door (`cases.actions.import_history`), and cases become files.

Beside the usual files: `mapping.py` (pure, split from rules.py: how a foreign header and its words become ours), `checks.py` (pure: is a row
whole), `row_reader.py` (from the cells of a row to a row of history), `lookups.py` (names of units and matters), `reimport_diff.py` (what was
here before), `import_runs.py` (how far an import is, and its report), `sheets.py` (CSV and XLSX as streams of rows; `kit.csv_files` and
`kit.xlsx_files` read them), `generated_docs.py` (docs/exchange.md).
"""
