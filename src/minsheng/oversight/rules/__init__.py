"""When supervision falls due, and what may be done then, by whom, with what. Pure."""
