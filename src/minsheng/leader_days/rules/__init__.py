"""What may be done on leader days, by whom, with what. Pure."""
