"""What anybody can check: the outcomes of each day as a tree whose root is published, and counts for everybody that betray nobody.

More file kinds than a small room has: `rules` are cut into the tree, a leaf, an outcome, a publication and the check of a proof, which
needs nothing but the standard library.
"""
