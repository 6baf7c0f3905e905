"""JSON merge patch (RFC 7396), and what absent means in a stored record."""

from collections.abc import Mapping
from typing import Any


def merge(current: Any, patch: Any) -> Any:
    """Return `current` as `patch` changes it: null removes, objects merge, the rest replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(current) if isinstance(current, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def with_defaults(body: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with the members that every record has."""
    return {**defaults, **body}
