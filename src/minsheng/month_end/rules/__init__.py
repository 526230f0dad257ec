"""Decides on frozen values; knows no database."""
