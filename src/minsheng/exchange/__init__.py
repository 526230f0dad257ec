"""History in and out."""
