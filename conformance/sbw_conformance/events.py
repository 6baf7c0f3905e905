"""The event stream: one append-only file that every report is made from, and its redaction."""

import base64
import hashlib
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, quote_plus

from sbw_conformance.exchanges import Exchange, Headers

WHOLE_BODY = 64 * 1024
"""Bytes of a body that an event holds whole; a longer one is cut, with its digest and a flag."""

SHORT_BODY = 4 * 1024
"""Bytes up to which a body is kept whole in any case."""

LONG_BODIES = 8 * 1024 * 1024
"""Bytes of longer bodies that are kept in a run; of what comes then, only the beginning is."""

REDACTED = "[redacted]"

SHORTEST_FORM = 8
"""Characters of base64 below which a find would be chance."""

PUBLIC_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "deprecation",
        "etag",
        "expires",
        "idempotency-key",
        "idempotency-replayed",
        "if-match",
        "if-none-match",
        "last-modified",
        "link",
        "location",
        "origin",
        "prefer",
        "preference-applied",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "server",
        "sunset",
        "transfer-encoding",
        "vary",
        "www-authenticate",
    }
)
"""Headers whose values an event shows; every other value is redacted."""

PROVIDERS_WORDS = frozenset({"expected", "got", "pointer", "reason", "record", "app", "name"})
"""Members of events, beside those of exchanges, that may repeat what a provider said."""

_SECRET_MEMBER = re.compile(
    r'("(?:access_token|refresh_token|id_token|client_secret|password|secret|token|api_key)"\s*:\s*")'
    r'(?:[^"\\]|\\.)*'
)


def _forms_of(secret: str) -> set[str]:
    """A secret as URLs, JSON, HTML and base64 spell it, in the ways that are usual for each."""
    coded = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lower = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in coded}
    written = json.dumps(secret)[1:-1]
    texts = {secret, written, json.dumps(written)[1:-1], written.replace("/", "\\/")}
    marked = {html.escape(secret), html.escape(secret, quote=False)}
    return coded | lower | texts | marked | _aligned(secret) | {secret.encode().hex()}


def _aligned(secret: str) -> set[str]:
    """What base64 makes of a secret that stands anywhere in a text, without what is around it.

    Three bytes become four characters, so that there are three ways; the characters that also
    hold bits of what stands before or behind are left out.
    """
    found = {base64.b64encode(secret.encode()).decode()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret.encode()).decode()
        first = -(-before * 8 // 6)
        last = (before + len(secret.encode())) * 8 // 6
        found.add(whole[first:last])
    usual = {form for form in found if len(form) >= SHORTEST_FORM}
    return usual | {form.replace("+", "-").replace("/", "_") for form in usual}


@dataclass
class Redaction:
    """Takes secrets out of what is kept: known ones anywhere, unknown ones by where they stand."""

    _forms: set[str] = field(default_factory=set)

    def add(self, secret: str) -> None:
        """From now on keep this secret out, also as URLs, JSON, HTML, base64 or hex spell it.

        Of the value of an `Authorization` header, the part after the scheme is kept out too.
        """
        part = secret.partition(" ")[2] or secret
        if len(part) > 3 and part not in self._forms:
            self._forms = self._forms | _forms_of(part)

    @property
    def longest(self) -> int:
        """Length of the longest text that is kept out."""
        return max(map(len, self._forms), default=0)

    def text(self, text: str) -> str:
        """The text without the secrets, and without halves of surrogate pairs."""
        if not text.isascii():
            text = text.encode(errors="backslashreplace").decode()
        found = [form for form in self._forms if form in text]
        for form in sorted(found, key=len, reverse=True):
            text = text.replace(form, REDACTED)
        return _SECRET_MEMBER.sub(rf"\1{REDACTED}", text)

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event, other than an exchange, without the secrets."""
        return {
            name: self._value(value) if name in {*PROVIDERS_WORDS, "kept"} else value
            for name, value in event.items()
        }

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.event(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def headers(self, headers: Headers) -> list[list[str]]:
        """Names and values, the values of all but the public headers redacted."""
        return [
            [name, self.text(value) if name.lower() in PUBLIC_HEADERS else REDACTED]
            for name, value in headers
        ]

    def body(self, body: bytes, most: int = WHOLE_BODY) -> dict[str, Any]:
        """`text` of a body up to `most` bytes, with `sha256`, `bytes` and `truncated` beyond."""
        if len(body) <= most:
            return {"text": self.text(body.decode(errors="backslashreplace"))}
        # A secret that the cut would halve is no longer known for one: cut once more behind it.
        text = self.text(body[:most].decode(errors="backslashreplace"))
        return {
            "text": text[: len(text) - self.longest],
            "truncated": True,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }


@dataclass
class EventStream:
    """Appends events to a file, or keeps them in memory where there is none.

    The events of one check are written and flushed together, so that a run that is killed leaves
    whole checks behind. Of bodies that are long, those are whole that come first: what a provider
    sends is bounded in all.
    """

    path: Path | None = None
    redaction: Redaction = field(default_factory=Redaction)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._room = LONG_BODIES
        self._kept: list[Mapping[str, Any]] = []
        self._file: IO[str] | None = None
        if self.path is not None:
            self._file = self.path.open("w", encoding="utf-8")

    def write(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Append events as one block, without secrets."""
        hide = self.redaction.event
        block = [event if event["event"] == "exchange" else hide(event) for event in events]
        with self._lock:
            if self._file is None:
                self._kept.extend(block)
                return
            lines = (json.dumps(event, ensure_ascii=False) + "\n" for event in block)
            self._file.write("".join(lines))
            self._file.flush()

    def read(self) -> Iterator[Mapping[str, Any]]:
        """All events so far, in the order they were written."""
        if self.path is not None:
            yield from read_events(self.path)
        else:
            yield from self._kept

    def close(self) -> None:
        """Close the file; reading goes on working."""
        if self._file is not None:
            self._file.close()

    def exchange(self, exchange: Exchange, secret_headers: Headers) -> dict[str, Any]:
        """The event of an exchange; `secret_headers` are what the client added to the request."""
        request, hide = exchange.request, self.redaction
        event: dict[str, Any] = {
            "event": "exchange",
            "id": exchange.id,
            "trial": exchange.trial,
            "client": request.client,
            "operation": request.operation,
            "resource": request.resource,
            "method": request.method,
            "url": hide.text(request.url),
            "request_headers": hide.headers((*secret_headers, *request.headers)),
            "milliseconds": round(exchange.milliseconds, 1),
        }
        if request.body is not None:
            event["request_body"] = hide.body(request.body, self._most(request.body))
        if exchange.failure is not None:
            return {**event, "failure": hide.text(exchange.failure)}
        event |= {"status": exchange.status, "headers": hide.headers(exchange.headers)}
        if exchange.body:
            event["body"] = hide.body(exchange.body, self._most(exchange.body))
        return event

    def _most(self, body: bytes) -> int:
        """How many bytes of a body are kept, where there is room for it."""
        if len(body) <= SHORT_BODY:
            return SHORT_BODY
        with self._lock:
            wanted = min(len(body), WHOLE_BODY)
            if wanted > self._room:
                return SHORT_BODY
            self._room -= wanted
        return WHOLE_BODY


def read_events(path: Path) -> Iterator[Mapping[str, Any]]:
    """The events of a file; a last line that was cut off is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)
