"""Judges a live API against the Small Business Web standard."""
