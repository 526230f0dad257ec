"""Every way to change something about topics: a declared topic by its steps, warnings by the clock."""
