"""Units and districts, a tree with history; no people."""
