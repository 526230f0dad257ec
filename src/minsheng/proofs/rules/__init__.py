"""Pure: the tree of a day, its leaves, what a leaf says of a case, what is published, and whether a proof holds."""
