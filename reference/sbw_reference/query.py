"""Query parameters: which there are, and what they say."""

import re
from collections.abc import Mapping
from datetime import datetime

from sbw_reference.problems import Problem, Refusal, invalid_parameter
from sbw_reference.records import EPOCH, MILLISECOND, ExternalKey

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100
LIMIT = re.compile(r"[0-9]{1,9}")
INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
APP = re.compile(r"[^\s:]{1,253}")
MOST_IDS = 100
ADDRESS = frozenset({"app", "account", "id"})

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


def external_key(given: Mapping[str, str]) -> ExternalKey:
    """Return the external id that the parameters of an address name."""
    for name in sorted(ADDRESS):
        if given.get(name, None if name in ("app", "id") else "-") in (None, ""):
            raise invalid_parameter(name, "a value; it cannot be empty or left out")
    return ExternalKey(given["app"], given.get("account", ""), given["id"])


def ids(text: str) -> tuple[str, ...]:
    """Return the ids of a list divided by commas."""
    found = tuple(text.split(","))
    if not all(found) or len(found) > MOST_IDS:
        raise invalid_parameter("ids", f"1 to {MOST_IDS} ids, divided by commas")
    return found


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
