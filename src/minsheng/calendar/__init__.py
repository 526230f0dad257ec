"""Working time: calendars, holidays, limits and due dates that explain themselves."""
