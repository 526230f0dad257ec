"""People, log-in, the one enum of roles, whose unit."""
