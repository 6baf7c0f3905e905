"""Requests and answers as HTTP has them."""

import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from sbw_miniature.ijson import NotIJSON, decode
from sbw_miniature.problem import Problem

BODY_BYTES = 262_144
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
_CODINGS = ("-gzip", "-br", "-zstd", "-deflate")
_ACCEPTABLE = (JSON, "application/*", "*/*")


@dataclass(frozen=True)
class Answer:
    """An answer: status, JSON value (None for no body), headers, media type of the body."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


@dataclass(frozen=True)
class Request:
    """A request: the body is in bytes, None where it is longer than `BODY_BYTES`."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes | None

    def header(self, name: str) -> str | None:
        """Return a header, its lines joined by commas, or None."""
        lines = self.headers.get_all(name)
        return None if lines is None else ", ".join(map(str, lines))

    def parameters(self, *known: str) -> dict[str, str]:
        """Return the parameters of the query; refuse those not known here, or sent twice."""
        try:
            given = parse_qsl(self.query, keep_blank_values=True, errors="strict")
        except ValueError:
            raise Problem(400, "invalid-parameter", "The query is not UTF-8.") from None
        for name, times in Counter(name for name, _ in given).items():
            if name not in known:
                raise Problem(400, "unknown-parameter", f"There is no parameter {name!r} here.")
            if times > 1:
                raise Problem(400, "invalid-parameter", f"The parameter {name} came {times} times.")
        return dict(given)

    def admits_json(self) -> bool:
        """Return whether `Accept` admits an answer in JSON."""
        accept = self.header("Accept")
        if not accept or not accept.strip():
            return True
        qualities: dict[str, float] = {}
        for entry in accept.lower().split(","):
            media, *parameters = (part.strip() for part in entry.split(";"))
            found = [re.fullmatch(r"q\s*=\s*([01](?:\.[0-9]*)?)", one) for one in parameters]
            quality = next((float(one[1]) for one in found if one), 1.0)
            qualities[media] = max(quality, qualities.get(media, 0.0))
        return next((qualities[one] > 0 for one in _ACCEPTABLE if one in qualities), False)

    def is_lenient(self) -> bool:
        """Return whether members that cannot be stored are to be dropped (RFC 7240)."""
        preferences = (self.header("Prefer") or "").lower().replace('"', "").split(",")
        return "handling=lenient" in ("".join(one.split(";")[0].split()) for one in preferences)

    def names(self, header: str, version: str) -> bool:
        """Return whether a precondition names a version, whatever a proxy did to the tag."""
        value = self.header(header) or ""
        tags = re.findall(r'(?:W/)?"([^"]*)"', value)
        known = {version, *(version + coding for coding in _CODINGS)}
        return value.strip() == "*" or not known.isdisjoint(tags)

    def document(self, media_types: tuple[str, ...]) -> Any:
        """Return the JSON value of the body, or raise the refusal: 413, 415 or 400."""
        if self.body is None:
            raise Problem(413)
        if self.body:
            self._must_be_one_of(media_types)
        try:
            return decode(self._unpacked(self.body))
        except NotIJSON as error:
            raise Problem(400, "malformed", f"The body is no I-JSON: {error}.") from None

    def _must_be_one_of(self, media_types: tuple[str, ...]) -> None:
        media, *parameters = (self.header("Content-Type") or "").lower().split(";")
        names = dict(one.partition("=")[::2] for one in parameters)
        charsets = {v.strip().strip('"') for name, v in names.items() if name.strip() == "charset"}
        if media.strip() not in media_types or charsets - {"utf-8"}:
            raise Problem(415, detail=f"Expected {' or '.join(media_types)} in UTF-8.")

    def _unpacked(self, body: bytes) -> bytes:
        coding = (self.header("Content-Encoding") or "identity").strip().lower()
        if coding == "identity":
            return body
        if coding not in {"gzip", "x-gzip"}:
            raise Problem(415, detail="Expected a body without Content-Encoding, or in gzip.")
        try:
            with gzip.open(io.BytesIO(body)) as packed:
                unpacked = packed.read(BODY_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise NotIJSON("it cannot be unpacked") from None
        if len(unpacked) > BODY_BYTES:
            raise Problem(413)
        return unpacked
