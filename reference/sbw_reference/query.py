"""Query parameters: which there are, and what they say."""

import re
from datetime import datetime

from sbw_reference.problems import Problem, Refusal, invalid_parameter
from sbw_reference.records import EPOCH, MILLISECOND

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100
LIMIT = re.compile(r"[0-9]{1,9}")
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
APP = re.compile(r"[^\s:]{1,253}")

Pairs = tuple[tuple[str, str], ...]


def unknown(given: tuple[str, ...], known: frozenset[str]) -> tuple[str, ...]:
    """Return the parameters of a request that its operation does not have."""
    return tuple(name for name in given if name not in known)


def single(pairs: Pairs) -> dict[str, str]:
    """Return the parameters by name; refuse one that is given twice."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise invalid_parameter(name, "one value")
        found[name] = value
    return found


def refuse_unknown(names: tuple[str, ...]) -> None:
    """Refuse parameters that nobody knows (CORE-053)."""
    if names:
        detail = f"The query holds {len(names)} that this address does not take."
        raise Refusal(Problem(400, "unknown-parameter", detail))


def limit(text: str | None) -> int:
    """Return the most items of a page: 1 to 100, 50 where nothing is asked for."""
    if text is None:
        return DEFAULT_LIMIT
    if not LIMIT.fullmatch(text) or not 1 <= int(text) <= LARGEST_LIMIT:
        raise invalid_parameter("limit", f"a whole number from 1 to {LARGEST_LIMIT}")
    return int(text)


def external_id(text: str) -> tuple[str, str | None]:
    """Return app and id of `{app}` or `{app}:{id}`; an id is free to hold more colons."""
    app, colon, id_ = text.partition(":")
    if not APP.fullmatch(app) or (colon and not id_):
        raise invalid_parameter("external_id", "{app} or {app}:{id}")
    return app, id_ if colon else None


def instant(text: str) -> int:
    """Return the first millisecond at or after an RFC 3339 timestamp."""
    # A plus sign that was not percent-encoded arrives as a space.
    refusal = invalid_parameter("updated_since", "an RFC 3339 timestamp")
    found = INSTANT.fullmatch(text.replace(" ", "+"))
    if found is None:
        raise refusal
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
        whole = (moment - EPOCH) // MILLISECOND
    except (ValueError, OverflowError):
        raise refusal from None
    return whole + -(-int((fraction or "0").ljust(9, "0")) // 1_000_000)
