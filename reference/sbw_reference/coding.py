"""Content codings: bodies that come packed, and answers that leave so (RFC 9110, 8.4)."""

import gzip
import io
import zlib

from sbw_reference import negotiation
from sbw_reference.problems import Problem, Refusal

PACKED = frozenset({"gzip", "x-gzip"})
PLAIN = frozenset({"", "identity"})
SMALLEST = 2048  # bytes of an answer that are worth packing
LEVEL = 1


def packed_bytes(limit: int) -> int:
    """Return how many packed bytes are read of a body that may have `limit` bytes unpacked."""
    return limit + limit // 1000 + 64


def unpacked(body: bytes, coding: str | None, limit: int) -> bytes:
    """Return a body as it was before it was packed; refuse more than `limit` bytes with 413.

    A coding that is not read is refused with 415, broken gzip with 400.
    """
    name = (coding or "").strip().lower()
    if name not in PACKED | PLAIN:
        headers = {"Accept-Encoding": "gzip"}
        raise Refusal(Problem(415, detail="Send the body plain or in gzip.", headers=headers))
    if name in PACKED and len(body) <= packed_bytes(limit):
        body = _expanded(body, limit)
    if len(body) > limit:
        raise Refusal(Problem(413, detail=f"A body has at most {limit} bytes."))
    return body


def _expanded(body: bytes, limit: int) -> bytes:
    """Return what gzip members hold, cut off one byte beyond the limit."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as members:
            return members.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        detail = "The body is no gzip, or not all of it."
        raise Refusal(Problem(400, "malformed", detail)) from error


def wanted(accept_encoding: str | None, size: int) -> bool:
    """Return whether an answer of so many bytes is packed: where that is asked for and pays."""
    return size >= SMALLEST and negotiation.takes_gzip(accept_encoding)


def packed(content: bytes) -> bytes:
    """Return content in gzip, the same for the same content."""
    return gzip.compress(content, LEVEL, mtime=0)
