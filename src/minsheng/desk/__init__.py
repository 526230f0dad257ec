"""The screens of those who work here."""
