"""The formats of JSON Schema that the standard uses: `date`, `date-time` and `uri`."""

import calendar
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import MappingProxyType

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_INSTANT = re.compile(
    r"([0-9-]{10})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?)"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:"
    rf"(?://(?:{_PCHAR}*|(?:{_PCHAR}*@)?\[[0-9A-Fa-f:.]+\](?::[0-9]*)?)(?=[/?#]|\Z))?"
    rf"(?:{_PCHAR}|/)*(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
)
_DAYS_OF_400_YEARS = 146_097


def day(text: str) -> int | None:
    """Return the number of a day, counted on from any fixed one, or None for what is no day."""
    found = _DAY.fullmatch(text)
    if not found:
        return None
    year, month, of_month = map(int, found.groups())
    if not 1 <= month <= 12 or not 1 <= of_month <= calendar.monthrange(year, month)[1]:
        return None
    # The calendar repeats itself after 400 years, and `date` knows no year 0.
    known = date(2000 + year % 400, month, of_month).toordinal()
    return known + year // 400 * _DAYS_OF_400_YEARS


def instant(text: str) -> Decimal | None:
    """Return an instant (RFC 3339) in seconds from any fixed one, or None for what is none."""
    found = _INSTANT.fullmatch(text)
    days = day(found[1]) if found else None
    if not found or days is None:
        return None
    hour, minute, second = int(found[2]), int(found[3]), Decimal(found[4])
    ahead, behind = int(found[6] or 0), int(found[7] or 0)
    if hour > 23 or minute > 59 or second >= 61 or ahead > 23 or behind > 59:
        return None
    offset = (60 if found[5] == "-" else -60) * (60 * ahead + behind)
    start = days * 86_400 + hour * 3600 + minute * 60 + offset
    if second >= 60 and start % 86_400 != 86_340:  # a leap second ends a day of UTC
        return None
    return start + second


def is_uri(text: str) -> bool:
    """Return whether a text is a URI (RFC 3986)."""
    return _URI.fullmatch(text) is not None


FORMATS: MappingProxyType[str, Callable[[str], bool]] = MappingProxyType(
    {
        "date": lambda text: day(text) is not None,
        "date-time": lambda text: instant(text) is not None,
        "uri": is_uri,
    }
)
SHORTEST = MappingProxyType({"date": 10, "date-time": 20, "uri": 2})
