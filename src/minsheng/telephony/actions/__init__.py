"""Writes of telephony, each file one matter: the ledger's rows, presence, call-backs, recordings."""
