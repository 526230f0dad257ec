"""Real calls: SIPp rings Asterisk on this machine."""
