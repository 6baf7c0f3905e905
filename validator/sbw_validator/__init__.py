"""Validates Small Business Web records against schemas and rules."""
