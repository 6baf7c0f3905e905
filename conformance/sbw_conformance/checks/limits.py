"""The limits that an app declares of a resource, and what each makes of a value."""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sbw_validator.schemas import SchemaValidator

SHORTEST_LOCAL_PART, LONGEST_LOCAL_PART = 6, 64
MOST_DIGITS = 9
PLAIN = ("Ada", "A", "a", "1", "12345", "AB12 3CD", "2024-02-29", "ada@example.com")
"""Texts that patterns often mean, for a pattern that none can be drawn from."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Limits:
    """What the landing page says of a resource, read so that nothing in it can surprise a check."""

    unsupported: tuple[str, ...] = ()
    constraints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    native: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Limits":
        """The limits in an entry of the landing page's `resources`."""
        return cls(
            tuple(said.get("unsupported") or ()),
            dict(said.get("constraints") or {}),
            dict(said.get("native") or {}),
        )

    def with_(self, limit: str) -> Iterator[tuple[str, Any]]:
        """Each pointer that has this limit, with its value."""
        for pointer, limits in self.constraints.items():
            if limit in limits:
                yield pointer, limits[limit]


def others(text: str, most: int | None, token: str) -> Iterator[str]:
    """Texts like this one that nothing else in the world holds, each of another form."""
    local, at_sign, domain = text.rpartition("@")
    if at_sign:
        fresh = f"{token}.{local}"[:LONGEST_LOCAL_PART].rstrip(".")
        yield _shortened(most or 254, f"{fresh}@{domain}")
        return
    joint = "_" if re.fullmatch("[a-z0-9_]+", text) else " "
    room = (most or 64) - len(token) - 1
    yield f"{text[:room]}{joint}{token}" if room > 0 else token[-(most or 64) :]
    name, _, count = token.rpartition("_")
    digits = [index for index, one in enumerate(text) if index > 1 and one in "0123456789"]
    digits = digits[-MOST_DIGITS:]
    number = (zlib.crc32(name.encode()) + int(count)) % 10 ** len(digits)
    spelled = iter(str(number).zfill(len(digits)))
    yield "".join(next(spelled) if index in digits else one for index, one in enumerate(text))


def _trimmed(most: int, items: Any) -> Any:
    return items[:most] if isinstance(items, list) else items


def _chosen(choice: list[Any], one: Any) -> Any:
    return one if one in choice else choice[0]


def _shortened(most: int, text: Any) -> Any:
    if not isinstance(text, str) or len(text) <= most:
        return text
    local, at_sign, domain = text.rpartition("@")
    if not at_sign:
        return text[:most].rstrip() or text[:most]
    domain = domain if len(domain) + 1 + SHORTEST_LOCAL_PART < most else "example.com"
    return f"{local[: most - len(domain) - 1].rstrip('.')}@{domain}"


def _matching(pattern: str, text: Any) -> Any:
    if not isinstance(text, str):
        return text
    kept = "".join(one for one in text if matches(pattern, one))
    found = (one for one in (text, kept, *_drawn(pattern), *PLAIN) if one and matches(pattern, one))
    return next(found, text)


def _drawn(pattern: str) -> Iterator[str]:
    """A text that fits a pattern, where Python reads it as ECMAScript does."""
    from sbw_conformance.strategies import text_like

    try:
        re.compile(pattern)
    except re.error:
        return
    yield text_like(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern of the landing page; every text does where it is none."""
    found = _compiled(pattern)
    return found is None or found.is_valid(text)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator | None:
    """A pattern as schemas understand it: as ECMAScript writes it, and in bounded time."""
    try:
        return SchemaValidator("pattern", "full", {"$schema": DIALECT, "pattern": pattern}, "")
    except ValueError:
        return None


LIMITING: Mapping[str, Callable[[Any, Any], Any]] = {
    "max_items": _trimmed,
    "max_length": _shortened,
    "enum": _chosen,
    "pattern": _matching,
}
"""What a limit makes of a value, by its name on the landing page."""
