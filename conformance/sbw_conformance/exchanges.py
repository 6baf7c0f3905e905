"""What went over the wire: one request and what came back for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sbw_validator.documents import MalformedJSON, parse_ijson
from sbw_validator.once import once

Headers = tuple[tuple[str, str], ...]

USUAL = frozenset({"application/json", "application/merge-patch+json"})
"""Media types that every write is sent in: to send another one is what a check does on purpose."""

MISSING: Any = object()
"""What `Exchange.json` is when the answer holds no I-JSON."""


class Lack(StrEnum):
    """Which kind of no answer came: what it tells of the provider, and of the request's fate."""

    UNSENT = "unsent"
    """There was no connection: the provider certainly did not take the request."""

    CUT = "cut"
    """The connection ended before the first byte of an answer: nobody knows."""

    SILENT = "silent"
    """The answer was not there in time."""

    LONG = "long"
    """There was more of the answer than is read."""


@dataclass(frozen=True)
class Request:
    """One request as it is sent.

    `client` is the role whose token goes along: a1, a2, b1, a1.read_only and the like, or
    anonymous. `operation` is landing, catalog, list, create, read, update, delete, upsert, batch,
    control or token; `resource` is a type of the registry.
    """

    client: str
    operation: str
    method: str
    url: str
    resource: str | None = None
    headers: Headers = ()
    body: bytes | None = None


MOST_PLACES = 3
LONGEST_PLACE = 100


def _places(problem: dict[str, Any]) -> str:
    """Where a problem document says that something is wrong (RFC 9457 section 3)."""
    errors = problem.get("errors")
    rows = [row for row in errors if isinstance(row, dict)] if isinstance(errors, list) else []
    found = list(
        dict.fromkeys(row["pointer"] for row in rows if isinstance(row.get("pointer"), str))
    )
    named = [pointer[:LONGEST_PLACE] or "the whole" for pointer in found[:MOST_PLACES]]
    more = [f"{len(found) - MOST_PLACES} more"] if len(found) > MOST_PLACES else []
    return f" at {', '.join([*named, *more])}" if named else ""


@dataclass(frozen=True)
class Exchange:
    """A request with its answer; `status` is 0 and `failure` a sentence when none came.

    `body` is decoded of any content coding and at most as long as the client reads. `index` counts
    the exchanges of one trial from 1, so that (trial, index) names an exchange in any run. `lack`
    is the kind of failure, None for an answer and for one that could not be read. `unjudged` is a
    sentence where what came says nothing about the provider's conformance, as while it is away.
    """

    request: Request
    trial: str = ""
    index: int = 0
    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    failure: str | None = None
    milliseconds: float = field(default=0.0, compare=False)
    lack: Lack | None = field(default=None, compare=False)
    unjudged: str | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Name of the exchange within its run."""
        return f"{self.trial}#{self.index}"

    def header(self, name: str) -> str | None:
        """Values of a header joined as RFC 9110 section 5.3 says; None where it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """Media type without its parameters, in lower case; empty where none is said."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @once
    def _parsed(self) -> tuple[Any, str | None]:
        try:
            return parse_ijson(self.body), None
        except MalformedJSON as error:
            try:
                return json.loads(self.body), str(error)
            except (ValueError, RecursionError):
                return MISSING, str(error)

    @property
    def json(self) -> Any:
        """The body as a JSON value, or MISSING.

        Also of a body that is JSON but no I-JSON, so that one fault does not hide all others.
        """
        return self._parsed[0]

    @property
    def json_error(self) -> str | None:
        """Why the body is no I-JSON; None where it is."""
        return self._parsed[1]

    @property
    def record(self) -> dict[str, Any] | None:
        """The one record that a successful create, read or update answers with."""
        one = self.request.operation in {"create", "read", "update", "upsert"}
        if one and 200 <= self.status < 300 and isinstance(self.json, dict):
            value: dict[str, Any] = self.json
            return value
        return None

    @property
    def items(self) -> list[Any] | None:
        """The items of a page that a successful list answers with."""
        if self.request.operation == "list" and self.status == 200 and isinstance(self.json, dict):
            items = self.json.get("items")
            return items if isinstance(items, list) else None
        return None

    @property
    def touched(self) -> Iterator[str]:
        """What a defect of the provider can act on, from broad to narrow.

        The operation; the operation with its status (`create=422`), with a header that a check
        sent (`read+if-none-match`) or the method where it is HEAD (`read+HEAD`), with a query
        parameter (`list?email`), and with a member of the body (`create/emails/label`).
        """
        operation = self.request.operation
        yield operation
        yield f"{operation}={self.status}"
        for name, value in self.request.headers:
            if value not in USUAL:
                yield f"{operation}+{name.lower()}"
        if self.request.method == "HEAD":
            yield f"{operation}+HEAD"
        for name, _ in parse_qsl(urlsplit(self.request.url).query, keep_blank_values=True):
            yield f"{operation}?{name}"
        for name in self._members:
            yield f"{operation}/{name}"

    @property
    def _members(self) -> Iterator[str]:
        """Members of the body that was sent, two levels deep, of a batch those of all bodies."""
        try:
            sent = json.loads(self.request.body or b"null")
        except (ValueError, RecursionError):
            return
        operations = sent.get("operations") if isinstance(sent, dict) else None
        listed = operations if isinstance(operations, list) else ()
        inner = [one.get("body") for one in listed if isinstance(one, dict)]
        for body in (sent, *inner):
            for name, member in body.items() if isinstance(body, dict) else ():
                yield name
                for one in member if isinstance(member, list) else (member,):
                    yield from (f"{name}/{key}" for key in one) if isinstance(one, dict) else ()

    @property
    def got(self) -> str:
        """What came back, in one line."""
        if self.failure is not None:
            return f"no answer: {self.failure}"
        problem = self.json if self.status >= 400 else None
        if isinstance(problem, dict) and isinstance(problem.get("type"), str):
            kind = f"status {self.status}, problem type {problem['type'].rpartition('/')[2]}"
            return f"{kind}{_places(problem)}"
        return f"status {self.status}, {self.media_type or 'no content type'}"
