"""What a request says that it takes: Accept and Accept-Encoding (RFC 9110, 12.5)."""

import re

ELEMENT = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^,"])+')
QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)
JSON = ("application/json", "application/*", "*/*")
PROBLEM = "application/problem+json"


def qualities(header: str) -> dict[str, float]:
    """Return the quality of each range or coding that a header names; parameters do not count."""
    found: dict[str, float] = {}
    for element in ELEMENT.findall(header):
        name = element.partition(";")[0].strip().lower()
        quality = QUALITY.search(element)
        if name:
            value = float(quality[1]) if quality else 1.0
            found[name] = max(value, found.get(name, 0.0))
    return found


def admits_json(accept: str | None) -> bool:
    """Return whether an answer in JSON is admitted; the most specific range decides."""
    named = qualities(accept or "")
    if not named:
        return True
    quality = next((named[name] for name in JSON if name in named), 0.0)
    return quality > 0 or named.get(PROBLEM, 0.0) > 0


def takes_gzip(accept_encoding: str | None) -> bool:
    """Return whether an answer in gzip is admitted; where nothing is said it stays plain."""
    named = qualities(accept_encoding or "")
    quality = next((named[name] for name in ("gzip", "x-gzip", "*") if name in named), 0.0)
    return quality > 0
