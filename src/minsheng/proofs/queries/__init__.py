"""Reads: what was known of cases at a moment, days with their trees, proofs, and what was changed of them."""
