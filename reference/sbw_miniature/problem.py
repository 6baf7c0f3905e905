"""Refusals: problem documents (RFC 9457)."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from sbw_miniature.validation import Fault

_TYPES = "https://w3id.org/small-business-web/problems/"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Problem(Exception):  # noqa: N818  # the name that RFC 9457 gives it
    """A refusal: its status, registered type or none, and what is said about it."""

    def __init__(  # noqa: PLR0913  # each is a part of the document
        self,
        status: int,
        kind: str | None = None,
        detail: str | None = None,
        *,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] = _NOTHING,
        record: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, kind, detail)
        self.status = status
        self.headers = headers
        self.document: dict[str, Any] = {
            "type": f"{_TYPES}{kind}" if kind else "about:blank",
            "title": kind.replace("-", " ").capitalize() if kind else HTTPStatus(status).phrase,
            "status": status,
        }
        if detail:
            self.document["detail"] = detail
        if errors := [fault._asdict() for fault in faults]:
            self.document["errors"] = errors
        if record:
            self.document["record"] = {"type": record["type"], "id": record["id"]}


def not_found() -> Problem:
    """Return the refusal of an address at which there is nothing."""
    return Problem(404)


def stale() -> Problem:
    """Return the refusal of a write whose precondition does not hold."""
    return Problem(412, "version-conflict", "The record has another version, or there is none.")
