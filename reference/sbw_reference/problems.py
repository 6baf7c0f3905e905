"""Refusals and the problem documents they become (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_validator.findings import Finding

REGISTERED = "https://w3id.org/small-business-web/problems/"
TITLES = {
    400: "Bad request",
    401: "Not authorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Unprocessable content",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal server error",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a request: its place as JSON Pointer, a code, and words."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal before it is written down; `name` is the registered type, None `about:blank`."""

    status: int
    name: str | None = None
    detail: str = ""
    faults: tuple[Fault, ...] = ()
    record: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the provider
    """Carries the problem that answers the request."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.name or 'about:blank'}: {problem.detail}")
        self.problem = problem


def document(problem: Problem, request_id: str) -> dict[str, Any]:
    """Return the problem document; `detail` never holds what a person wrote."""
    found: dict[str, Any] = {
        "type": REGISTERED + problem.name if problem.name else "about:blank",
        "title": TITLES.get(problem.status, "Refused"),
        "status": problem.status,
    }
    if problem.detail:
        found["detail"] = problem.detail
    if problem.faults:
        found["errors"] = [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
            for fault in problem.faults
        ]
    if problem.record:
        found["record"] = {"type": problem.record[0], "id": problem.record[1]}
    return found | {"request_id": request_id}


def faults(findings: tuple[Finding, ...]) -> tuple[Fault, ...]:
    """Return the faults of findings: where and against which requirement, never the value."""
    return tuple(
        Fault(finding.pointer, finding.keyword or finding.requirement, str(finding.expected))
        for finding in findings
    )


def missing() -> Problem:
    """Return what answers an address that leads nowhere."""
    return Problem(404, detail="There is nothing at this address.")


def invalid_parameter(name: str, expected: str) -> Refusal:
    """Return the refusal of a known query parameter with a value of no use (CORE-056)."""
    return Refusal(
        Problem(400, "invalid-parameter", f"The query parameter {name} takes {expected}.")
    )
