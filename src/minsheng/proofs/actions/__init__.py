"""The writers: the tree of each day."""
