"""What a bulletin counts, says, shows and asks of who signs it. Pure."""
