"""The evidence inside report.html: results with what went over the wire, compressed in chunks.

A chunk is a JSON array of rows, deflated by itself (RFC 1950) and written in base64, so that a
browser inflates only what somebody opens. Bodies are cut, those of what passed first, until the
page stays under its bound.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbw_conformance.reports import evidence
from sbw_conformance.results import Outcome, Report, Result

CHUNK = 256 * 1024
"""Characters of JSON that a chunk holds about."""

LIMITS: tuple[tuple[int | None, int | None], ...] = (
    (None, None),
    (None, 4000),
    (8000, 1000),
    (2000, 200),
    (200, 0),
    (0, 0),
)
"""Characters kept of a body, of what did not pass and of what passed; None keeps all of it."""


BEST_RATIO = 60
"""No real evidence is packed tighter: what is larger than so many bounds is not even tried."""


@dataclass(frozen=True)
class Packed:
    """Chunks in base64, the first and the last one of each requirement, and how bodies were cut.

    `cut` is None where all bodies are whole, or the characters kept of each that passed.
    """

    chunks: tuple[str, ...]
    places: Mapping[str, tuple[int, int]]
    cut: int | None = None


def pack(report: Report, bound: int) -> Packed:
    """Pack the evidence into at most `bound` characters, or into as few as there can be."""
    for failed, passed in LIMITS:
        last = (failed, passed) == LIMITS[-1]
        packed = _packed(_texts(report, failed, passed), passed, None if last else bound)
        if packed is not None:
            return packed
    return Packed((), {})


def _texts(report: Report, failed: int | None, passed: int | None) -> Iterator[tuple[str, str]]:
    """The requirement of each result, and its row as JSON; one at a time, for they can be long."""
    for result, row in _rows(report, failed, passed):
        yield result.requirement, json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _packed(texts: Iterable[tuple[str, str]], cut: int | None, bound: int | None) -> Packed | None:
    """Pack rows into chunks; None as soon as these are too long for the bound."""
    chunks: list[str] = []
    places: dict[str, tuple[int, int]] = {}
    held: list[str] = []
    size = taken = 0
    for requirement, text in texts:
        taken += len(text)
        if bound is not None and taken > bound * BEST_RATIO:
            return None
        if held and size + len(text) > CHUNK:
            chunks.append(_deflated(held))
            held, size = [], 0
            if bound is not None and sum(map(len, chunks)) > bound:
                return None
        held.append(text)
        size += len(text)
        first, _ = places.get(requirement, (len(chunks), 0))
        places[requirement] = (first, len(chunks))
    if held:
        chunks.append(_deflated(held))
    if bound is not None and sum(map(len, chunks)) > bound:
        return None
    return Packed(tuple(chunks), places, cut)


def _deflated(texts: list[str]) -> str:
    return base64.b64encode(zlib.compress(f"[{','.join(texts)}]".encode(), 9)).decode()


def _rows(
    report: Report, failed: int | None, passed: int | None
) -> Iterator[tuple[Result, dict[str, Any]]]:
    """Each result, its exchange written out as a person reads it."""
    for result in report.results:
        limit = passed if result.outcome is Outcome.PASS else failed
        row = result.to_json()
        exchange = evidence.exchange_of(report, result)
        if exchange is not None:
            row["exchange"] = _written(exchange, limit)
        yield result, row


def _written(exchange: Mapping[str, Any], limit: int | None) -> dict[str, Any]:
    row = {
        "where": evidence.where(exchange),
        "client": exchange["client"],
        "milliseconds": exchange["milliseconds"],
        "request": evidence.request(exchange, limit),
        "answer": evidence.answer(exchange, limit),
    }
    sent = exchange.get("request_body", {}).get("text", "")
    if limit is None or len(sent) <= limit:
        row["curl"] = evidence.curl(exchange)
    return row
