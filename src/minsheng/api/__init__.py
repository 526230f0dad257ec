"""The same steps and lists for programs."""
