"""The records of one resource, seen through one client: how checks create, read, change, list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import STANDS_ON, Answer
from sbw_conformance.checks.journaled import Journaled
from sbw_conformance.checks.lists import ids, named
from sbw_conformance.checks.record import Record
from sbw_conformance.checks.run import SUITE_APP
from sbw_conformance.checks.trial import ANONYMOUS, CouldNotRun

MOST_AT_ONCE = 100
"""Records that are made in one batch, however many it takes."""

CURRENT = object()
"""Stands for the version that the record is known to have."""


class Records(Journaled):
    """The records of a resource through client a1."""

    # Single records

    def create(self, members: Mapping[str, Any] | None = None) -> Record:
        """A record for this check alone.

        For a singleton it is the one there is, put back at the end; where nothing can be created
        it is one that is there already, to be read only.
        """
        if self.resource.shape == "singleton":
            value = self.get().value
            if "update" in self.operations:
                old = self._restored(value)
                self.trial.run.journal.changed(self.resource, self.client, old)
        elif "create" in self.operations:
            value = self.post(self.body(members)).value
        else:
            value = self._borrowed()
        return self._record(value)

    def _borrowed(self) -> dict[str, Any]:
        kind, wanted = self.resource.type, self.operations & {"update", "delete"}
        if wanted:
            raise CouldNotRun(f"{kind} has {min(wanted)} but no create: there is no record of ours")
        items = self.page().must_succeed().exchange.items
        if not items:
            raise CouldNotRun(f"there is no {kind} record to read; add some to the test business")
        found: dict[str, Any] = self.get(str(items[0].get("id"))).value
        return found

    def post(
        self,
        value: Any = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Try to create a record."""
        entries = bodies.external_ids(value)
        ours = [str(entry.get("id")) for entry in entries if entry.get("app") == SUITE_APP]
        with self._planned(ours):
            answer = self._send(
                "create", "POST", self.url(), value=value, body=body, headers=headers
            )
        self._answered(answer.status, answer.exchange.record, ours)
        return replace(answer, content=_content(value))

    def get(
        self,
        record: Record | str = "",
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        patient: bool = True,
    ) -> Answer:
        """Read a record; without `patient` a 429 is what comes back."""
        url = self.url(_id(record))
        return self._send("read", "GET", url, headers=headers, query=query, patient=patient)

    def read(self, record: Record) -> Answer:
        """Read a record that is there; anything else ends the check as blocked."""
        return self.get(record).must_succeed()

    def confirm(self, record: Record) -> None:
        """Positive control: reading shows the record as its last write did."""
        answer = self.read(record)
        found = answer.unlike(record.value)
        got = f"{found[0].pointer}: {found[0].got!r}" if found else ""
        self.trial.control(not found, STANDS_ON["read"], "what was written", got, answer.exchange)

    def patch(
        self,
        record: Record | str,
        change: Any = None,
        *,
        if_match: Any = CURRENT,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Try to change a record; `if_match` is a version, "*", or None for no precondition."""
        sent = dict(headers or {})
        if if_match is CURRENT:
            if_match = record.version if isinstance(record, Record) else "*"
        if if_match is not None:
            sent["If-Match"] = if_match if if_match == "*" else f'"{if_match}"'
        url = self.url(_id(record))
        answer = self._send("update", "PATCH", url, value=change, body=body, headers=sent)
        kept = bodies.merged(record.value, change) if isinstance(record, Record) else change
        return replace(answer, content=_content(kept))

    def update(self, record: Record, change: Mapping[str, Any]) -> Record:
        """Change a record; what does not work ends the check as blocked. Gives the new state."""
        return Record(self.patch(record, change).value, record.first, record.second)

    def head(self, record: Record, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for the headers of a record."""
        return self._send("read", "HEAD", self.url(record.id), headers=headers)

    # By external id

    def find(self, external_id: Mapping[str, str], **more: str) -> Answer:
        """Read a record by one of its external ids, with further query parameters."""
        query = {**external_id, **more}
        return self._send("read", "GET", f"{self.url()}/by-external-id", query=query)

    def upsert(
        self,
        external_id: Mapping[str, str],
        change: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Create or update the record with an external id."""
        url = f"{self.url()}/by-external-id"
        ours = [external_id["id"]] if external_id["app"] == SUITE_APP else []
        with self._planned(ours):
            answer = self._send(
                "upsert", "PATCH", url, query=external_id, value=change, headers=headers
            )
        made = answer.exchange.record if answer.status == 201 else None
        self._answered(answer.status, made, ours)
        return replace(answer, content=_content(change))

    # Many at once

    def batch(self, operations: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Try several writes in one request."""
        marks = [_marks(entry) for entry in operations] if isinstance(operations, list) else []
        url, value = f"{self.url()}/batch", {"operations": operations}
        with self._planned([mark for found in marks for mark in found]):
            answer = self._send("batch", "POST", url, value=value, headers=headers)
        for found, result in zip(marks, answer.results, strict=False):
            status = result.get("status")
            self._answered(status, result.get("body") if status == 201 else None, found)
        return answer

    def many(self, drafts: list[dict[str, Any]]) -> list[Record]:
        """A record of each body, made in batches where the provider has them."""
        if "batch" not in self.trial.run.extras:
            return [self._record(self.post(body).value) for body in drafts]
        made: list[Record] = []
        most = min(self.trial.run.batch_limit, MOST_AT_ONCE)
        for start in range(0, len(drafts), most):
            some = drafts[start : start + most]
            answer = self.batch([{"operation": "create", "body": body} for body in some])
            found = [result.get("body") for result in answer.results]
            usable = [value for value in found if bodies.unsound(value) is None]
            wanted = f"{len(some)} records"
            same = len(usable) == len(some)
            got = f"{len(usable)} records, {answer.exchange.got}"
            self.trial.control(same, STANDS_ON["batch"], wanted, got, answer.exchange)
            made += [self._record(value) for value in usable if value]
        return made

    def delete(
        self,
        record: Record | str,
        *,
        if_match: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Try to delete a record."""
        sent = dict(headers or {})
        if if_match is not None:
            sent["If-Match"] = f'"{if_match}"'
        answer = self._send("delete", "DELETE", self.url(_id(record)), headers=sent)
        if answer.status == 204:
            self.trial.run.journal.gone(self.resource, _id(record))
        return answer

    # What lists show of it

    def settle(self) -> None:
        """Wait until lists show a record that is created now."""
        if self.trial.run.settle and self.marks and {"create", "list"} <= self.operations:
            mark = self.external_id()
            body = {**self.fit(self.fit.minimal), "external_ids": [mark]}
            made = self.post(body).value["id"]
            self.eventually(lambda items: made in ids(items), external_id=named(mark))

    def must_not_exist(self, app: str, *, under: str | None = None) -> None:
        """Assert that no record has an external id of an app of this check's own.

        A record that has one, made now, is the positive control: the filter finds it.
        """
        if not self.marks or "list" not in self.operations:
            return
        control = self.post(self.body(app=app)).value["id"]
        items = self.eventually(lambda items: control in ids(items), external_id=app)
        answer = Answer(self.trial, self.trial.exchanges[-1], self.resource)
        found = control in ids(items)
        self.trial.control(found, "CORE-064", "the record that is there", "none", answer.exchange)
        stored = [
            item
            for item in items
            if item.get("id") != control
            and any(entry.get("app") == app for entry in bodies.external_ids(item))
        ]
        answer.verify(not stored, "nothing stored", f"{len(stored)} records stored", under=under)

    # Ways to ask without being let in

    def without_token(self, operation: str, record: Record | None, **arguments: Any) -> Answer:
        """Ask for an operation as nobody, or with the Authorization header in `headers`."""
        method, value = {
            "list": ("GET", None),
            "read": ("GET", None),
            "create": ("POST", None),
            "update": ("PATCH", record.change(1) if record else {}),
            "delete": ("DELETE", None),
        }[operation]
        if operation == "create":
            value = self.body()
        headers = dict(arguments.pop("headers", {}))
        if operation in {"update", "delete"} and record:
            headers["If-Match"] = f'"{record.version}"'
        if operation == "list":
            query = bodies.required_parameters(self.resource) | dict(arguments.pop("query", {}))
            arguments["query"] = query
        whole = operation in {"list", "create"}
        url = self.url(None if whole or record is None else record.id)
        return self.trial.send(
            operation,
            method,
            url,
            client=ANONYMOUS,
            resource=self.resource,
            value=value,
            headers=headers,
            **arguments,
        )

    def _restored(self, value: dict[str, Any]) -> dict[str, Any]:
        if self.fit.change is None:
            return {}
        top = self.fit.change[0].split("/")[1]
        return {top: value.get(top)}


class OtherApp(Records):
    """The same business through another app."""

    role = "a2"


class OtherTenant(Records):
    """Another business."""

    role = "b1"


class ReadOnlyToken(Records):
    """The first app with a token that has the scopes to read, and no other."""

    role = "a1.read_only"


class BusinessOnlyToken(Records):
    """The first app with a token that has the scope to read the business, and no other."""

    role = "a1.business_only"


def _marks(operation: Any) -> list[str]:
    """The suite's external ids in an operation of a batch that can make a record."""
    given = operation if isinstance(operation, dict) else {}
    named_by = [given["external_id"]] if isinstance(given.get("external_id"), dict) else []
    entries = [*named_by, *bodies.external_ids(given.get("body"))]
    return [str(entry.get("id")) for entry in entries if entry.get("app") == SUITE_APP]


def _content(value: Any) -> frozenset[str]:
    """Members of a body of which the answer that holds the whole record has at least one."""
    given = value if isinstance(value, dict) else {}
    other = {"id", "type", "meta", "external_ids"}
    return frozenset(name for name, member in given.items() if member and name not in other)


def _id(record: Record | str) -> str:
    return record.id if isinstance(record, Record) else record


__all__ = [
    "CURRENT",
    "STANDS_ON",
    "BusinessOnlyToken",
    "OtherApp",
    "OtherTenant",
    "ReadOnlyToken",
    "Record",
    "Records",
    "ids",
    "named",
]
