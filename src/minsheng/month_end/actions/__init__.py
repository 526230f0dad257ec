"""Every way to change something of month-end."""
