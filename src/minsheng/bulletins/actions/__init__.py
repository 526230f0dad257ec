"""Every way to change a bulletin, its schedule, its templates."""
