"""Reads of topics: groups of cases with their figures, the cases behind them, what was declared and warned of."""
