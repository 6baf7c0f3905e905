"""The Same value: when two values mean the same, by the `x-same-value` of their schema."""

import json
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sbw_miniature.formats import instant
from sbw_miniature.schema import Schema, inner, views

_MILLISECOND = Decimal("0.001")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def is_same(schema: Schema, one: Any, other: Any) -> bool:
    """Return whether two values are the Same value; None stands for an absent member."""
    return _equal(_normal(schema, one), _normal(schema, other))


def comparable(schema: Schema) -> Callable[[str], Any]:
    """Return the function that makes Same texts of a schema equal, other than instants."""
    kind = _kind(schema, "")
    return lambda text: _text(kind, text)


def mailbox(address: str) -> str:
    """Return an e-mail address as it is compared: its domain without case."""
    local, at, domain = address.rpartition("@")
    return local + at + unicodedata.normalize("NFC", domain).lower()


def _normal(schema: Schema, value: Any) -> Any:
    """Return a value such that Same values are `_equal`; what is empty becomes None."""
    if isinstance(value, str):
        return _text(_kind(schema, value), value)
    if isinstance(value, dict):
        known = {name: _normal(inner(schema, value, name) or {}, value[name]) for name in value}
        return {name: one for name, one in known.items() if one is not None} or None
    if isinstance(value, list):
        elements = [_normal(inner(schema, value, 0) or {}, one) for one in value]
        if _kind(schema, value) == "set":
            elements.sort(key=lambda one: json.dumps(one, sort_keys=True, default=str))
        return elements or None
    return value


def _kind(schema: Schema, value: Any) -> str | None:
    kinds = (view.get("x-same-value") for view in views(schema, value))
    return next((kind for kind in kinds if kind), None)


def _text(kind: str | None, text: str) -> Any:
    if kind == "text":
        return unicodedata.normalize("NFC", text)
    if kind == "email":
        return mailbox(text)
    if kind == "language":
        return text.lower()
    if kind == "decimal" and _DECIMAL.fullmatch(text):
        return Decimal(text).normalize()
    if kind == "instant":
        moment = instant(text)
        return text if moment is None else (moment,)
    return text


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return bool(abs(one[0] - other[0]) < _MILLISECOND)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
