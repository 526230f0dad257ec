"""What is counted, when a count says more than chance, what may be done with a declared topic. Pure."""
