"""Mistakes of the person who starts the provider."""


class UsageError(Exception):
    """Says in one sentence what is wrong, where, and what to try."""
