"""An answer of the provider and what can be asserted of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.exchanges import Exchange
from sbw_validator.standard import Resource
from sbw_validator.values import Difference, differences

if TYPE_CHECKING:
    from sbw_conformance.checks.trial import Trial

PROBLEMS = "https://w3id.org/small-business-web/problems/"

STANDS_ON: Mapping[str, str] = {
    "landing": "CORE-001",
    "list": "CORE-073",
    "create": "CORE-070",
    "read": "CORE-071",
    "update": "CORE-076",
    "delete": "CORE-072",
    "upsert": "CORE-122",
    "batch": "BULK-001",
    "control": "SANDBOX-002",
}
"""The requirement that a check stands on when it takes an operation for granted."""


@dataclass(frozen=True)
class Answer:
    """What came back for one request of a trial.

    `content` names members that were written: a full record has at least one of them.
    """

    trial: "Trial"
    exchange: Exchange
    resource: Resource | None = None
    content: frozenset[str] = frozenset()

    @property
    def status(self) -> int:
        """Status of the answer, 0 where none came."""
        return self.exchange.status

    @property
    def value(self) -> dict[str, Any]:
        """The record or page of a successful answer; what it lacks ends the check as blocked."""
        self.must_succeed()
        found: dict[str, Any] = self.exchange.json
        return found

    @property
    def results(self) -> list[dict[str, Any]]:
        """The results of a batch, none where the answer is something else."""
        value = self.exchange.json
        found = value.get("results") if isinstance(value, dict) else None
        usable = self.status == 200 and isinstance(found, list)
        return [entry for entry in found if isinstance(entry, dict)] if usable and found else []

    def verify(
        self,
        ok: bool,  # noqa: FBT001  # the thing asserted
        expected: str,
        got: str | None = None,
        *,
        under: str | None = None,
        pointer: str | None = None,
    ) -> "Answer":
        """Assert something of this answer."""
        self.trial.verify(
            ok, expected, got or self.exchange.got, self.exchange, under=under, pointer=pointer
        )
        return self

    def must_succeed(self) -> "Answer":
        """Positive control: the operation works, with the record or page that belongs to it."""
        operation = self.exchange.request.operation
        requirement, exchange = STANDS_ON[operation], self.exchange
        success = 200 <= exchange.status < 300
        article = "an" if operation[:1] in "aeiou" else "a"
        self.trial.control(
            success, requirement, f"{article} {operation} that works", exchange.got, exchange
        )
        if operation == "list":
            page = exchange.items is not None
            self.trial.control(page, requirement, "a page with items", exchange.got, exchange)
            if self._resource.shape != "query":
                self._must_list_records()
        elif operation in {"create", "read", "update", "upsert"}:
            found = exchange.record is not None
            self.trial.control(found, requirement, "the record", exchange.got, exchange)
            schema = self.trial.run.standard.classes[self._resource.class_name].schema_requirement
            record = exchange.record or {}
            full = not self.content or not self.content.isdisjoint(record)
            got = f"only {', '.join(sorted(record)) or 'an empty object'}"
            self.trial.control(full, requirement, "the full record", got, exchange)
            why = bodies.unsound(record)
            self.trial.control(why is None, schema, "a record that can be used", f"{why}", exchange)
        return self

    def _must_list_records(self) -> None:
        schema = self.trial.run.standard.classes[self._resource.class_name].schema_requirement
        for item in self.exchange.items or ():
            why = bodies.unsound(item)
            wanted = "items that are records"
            self.trial.control(why is None, schema, wanted, f"{why}", self.exchange)

    @property
    def _resource(self) -> Resource:
        if self.resource is None:
            raise TypeError("this answer belongs to no resource")
        return self.resource

    def must_have_status(self, *statuses: int, under: str | None = None) -> "Answer":
        """Assert one of these statuses."""
        wanted = " or ".join(map(str, statuses))
        return self.verify(self.status in statuses, f"status {wanted}", under=under)

    def must_refuse_its_method(self, there: Collection[str]) -> "Answer":
        """Assert 405 with an `Allow` that names the methods that are there, and not this one."""
        self.must_have_status(405)
        header = self.exchange.header("allow")
        allowed = {name.strip().upper() for name in (header or "").split(",")}
        told = allowed.issuperset(there) and self.exchange.request.method not in allowed
        return self.verify(told, f"Allow: {', '.join(sorted(there))}", f"Allow: {header}")

    def must_be_problem(
        self,
        status: int,
        name: str,
        pointers: Collection[str] | None = None,
        *,
        under: str | None = None,
    ) -> "Answer":
        """Assert a refusal: status, registered problem type and, where given, one of the places."""
        got = self.exchange.json
        kind = got.get("type") if isinstance(got, dict) else None
        self.verify(
            self.status == status and kind == PROBLEMS + name,
            f"status {status}, problem type {name}",
            under=under,
        )
        if pointers is not None:
            errors = got.get("errors") if isinstance(got, dict) else None
            named = (
                [e.get("pointer") for e in errors if isinstance(e, dict)]
                if isinstance(errors, list)
                else []
            )
            self.verify(
                not set(pointers).isdisjoint(p for p in named if isinstance(p, str)),
                f"errors[].pointer {' or '.join(map(repr, sorted(pointers)))}",
                f"pointers {named}" if named else "no errors[].pointer",
                under=under,
            )
        return self

    def must_be_accepted(self, what: str, *, under: str | None = None) -> "Answer":
        """Assert a success, of what is said in words."""
        return self.verify(200 <= self.status < 300, what, under=under)

    def must_be_gone(self, *, under: str | None = None) -> "Answer":
        """Assert that there is no such record: 404 or 410."""
        return self.must_have_status(404, 410, under=under)

    def must_hold(self, sent: Mapping[str, Any], *, under: str | None = None) -> "Answer":
        """Assert the Same value for every member that `sent` has."""
        record = self.value
        schema = self.trial.run.schemas.bundle(self._resource.type)
        got = {name: record.get(name) for name in sent}
        self._must_not_differ(differences(dict(sent), got, schema), under)
        return self

    def must_keep(self, sent: Mapping[str, Any]) -> "Answer":
        """Positive control: what was sent was kept, which is another requirement's matter."""
        schema = self.trial.run.schemas.bundle(self._resource.type)
        record = self.value
        got = {name: record.get(name) for name in sent}
        found = differences(dict(sent), got, schema)
        first = found[0] if found else None
        wanted = f"{shown(first.sent)} at {first.pointer}" if first else ""
        told = shown(first.got) if first else ""
        self.trial.control(not found, "CORE-040", wanted, told, self.exchange)
        return self

    def must_reflect(self, change: Mapping[str, Any], *, under: str | None = None) -> "Answer":
        """Assert that each leaf of a merge patch stands where the patch put it."""
        record = self.value
        for place, wanted in pointers.leaves(change):
            got = pointers.at(record, place)
            self.verify(got == wanted, f"{wanted}", f"{got}", under=under, pointer=place)
        return self

    def must_show(self, record: Mapping[str, Any], *, under: str | None = None) -> "Answer":
        """Assert that the answer holds just this record, its version included."""
        self._must_not_differ(self.unlike(record), under)
        return self

    def unlike(self, record: Mapping[str, Any]) -> list[Difference]:
        """Where the answer is not just this record."""
        schema = self.trial.run.schemas.bundle(self._resource.type)
        one, other = (bodies.known(value, schema, schema) for value in (record, self.value))
        return differences(one, other, schema, ignore_unknown=False)

    def _must_not_differ(self, found: Collection[Difference], under: str | None) -> None:
        first = next(iter(found), None)
        if first is None:
            self.verify(True, "the Same value", "the Same value", under=under)  # noqa: FBT003
            return
        self.verify(
            False,  # noqa: FBT003
            f"{shown(first.sent)} at {first.pointer or 'the top'}",
            f"{shown(first.got)}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""),
            under=under,
            pointer=first.pointer,
        )


def shown(value: Any) -> str:
    """A value in one line that fits a report."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
