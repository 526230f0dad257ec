"""What a step writes beside its own row."""
