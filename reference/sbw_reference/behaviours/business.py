"""The business itself: a record that is there from the first day."""

from typing import Any


def seed(tenant: str, name: str) -> tuple[str, dict[str, Any]]:
    """Return id and body of the record of a business; a token response has the same id."""
    return tenant, {"name": name}
