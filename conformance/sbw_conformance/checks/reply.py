"""What came back for one write: an answer of its own, or a part of the answer to a batch."""

from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks.answer import PROBLEMS, Answer


@dataclass(frozen=True)
class Reply:
    """What came back for one write: an answer, or what stands at `place` in that to a batch."""

    answer: Answer
    status: Any
    value: Any
    etag: Any
    location: Any
    place: str = ""

    @classmethod
    def alone(cls, answer: Answer) -> "Reply":
        """The reply to a request of its own."""
        header = answer.exchange.header
        value = answer.exchange.json
        return cls(answer, answer.status, value, header("etag"), header("location"))

    @classmethod
    def within(cls, answer: Answer, index: int) -> "Reply":
        """The reply to an operation of a batch."""
        result = answer.results[index]
        headers = result.get("headers")
        known = headers if isinstance(headers, dict) else {}
        value = result.get("body", result.get("problem"))
        tag, location = known.get("etag"), known.get("location")
        return cls(answer, result.get("status"), value, tag, location, f"/results/{index}")

    @property
    def got(self) -> str:
        """What came back, in one line."""
        kind = self.value.get("type") if isinstance(self.value, dict) else None
        refused = isinstance(self.status, int) and self.status >= 400
        named = f", problem type {str(kind).rpartition('/')[2]}" if refused and kind else ""
        return f"status {self.status}{named}"

    def verify(
        self,
        ok: bool,  # noqa: FBT001  # the thing asserted
        expected: str,
        got: str | None = None,
        *,
        under: str,
        pointer: str = "",
    ) -> None:
        """Assert something of this reply."""
        place = f"{self.place}{pointer}" or None
        self.answer.verify(ok, expected, got or self.got, under=under, pointer=place)

    def must_be_problem(
        self, status: int, name: str, places: set[str] | None = None, *, under: str
    ) -> None:
        """Assert a refusal: status, registered problem type and, where given, one of the places."""
        value = self.value if isinstance(self.value, dict) else {}
        right = self.status == status and value.get("type") == PROBLEMS + name
        self.verify(right, f"status {status}, problem type {name}", under=under)
        if places is not None:
            errors = value.get("errors")
            rows = errors if isinstance(errors, list) else []
            named = {row.get("pointer") for row in rows if isinstance(row, dict)}
            expected = f"errors[].pointer {' or '.join(map(repr, sorted(places)[:4]))}"
            found = f"pointers {sorted(map(str, named))}"
            self.verify(not places.isdisjoint(named), expected, found, under=under)
