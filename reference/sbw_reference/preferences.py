"""What a request prefers (RFC 7240)."""

import re
from collections.abc import Mapping

PREFERENCE = re.compile(r'\s*([^\s=;,"]+)\s*(?:=\s*(?:"([^"]*)"|([^\s=;,"]*)))?')
APPLIED = {"Preference-Applied": "handling=lenient"}


def lenient(headers: Mapping[str, str]) -> bool:
    """Return whether a request asks for what cannot be stored to be left out.

    Of a preference that is there twice the first counts.
    """
    for part in _parts(headers.get("prefer", "")):
        found = PREFERENCE.match(part)
        if found is not None and found[1].lower() == "handling":
            return (found[2] or found[3] or "").lower() == "lenient"
    return False


def _parts(header: str) -> list[str]:
    """Return the preferences of a header; commas in quotes divide nothing."""
    return re.findall(r'(?:[^,"]|"[^"]*")+', header)
