"""回访: whom to call back, script, answers, redo."""
