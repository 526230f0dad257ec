"""What may be done to a watch, by whom, with what. Pure."""
