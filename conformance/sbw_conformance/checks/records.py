"""The records of one resource, seen through one client: how checks create, read, change, list."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import STANDS_ON, Answer
from sbw_conformance.checks.run import SUITE_APP
from sbw_conformance.checks.trial import ANONYMOUS, Blocked, CouldNotRun, Trial
from sbw_conformance.target import origin_of
from sbw_validator.standard import Resource

CURRENT = object()
"""Stands for the version that the record is known to have."""

MOST_PAGES = 5000


@dataclass
class Record:
    """A record as an answer showed it."""

    value: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.value["id"])

    @property
    def version(self) -> str:
        """The version that the answer showed."""
        return str(self.value["meta"]["version"])

    def change(self, number: int) -> dict[str, Any]:
        """The first or second change of the registry as a merge patch; each alters the record."""
        return self.first if number % 2 else self.second


class Records:
    """The records of a resource through client a1."""

    role: ClassVar[str] = "a1"

    def __init__(self, trial: Trial, resource: Resource) -> None:
        self.trial = trial
        self.resource = resource

    @property
    def marks(self) -> bool:
        """Whether records of this resource can carry the suite's external id."""
        return "external_ids" in self.schema.get("properties", {})

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of the full record."""
        return self.trial.run.schemas.bundle(self.resource.type)

    @property
    def operations(self) -> frozenset[str]:
        """Operations that the provider declares."""
        return self.trial.run.operations(self.resource)

    def url(self, record_id: str | None = None) -> str:
        """Address of the resource or of a record."""
        return self.trial.run.address(self.resource, record_id)

    # Bodies

    def external_id(self) -> dict[str, str]:
        """An external id of the suite that no record has yet."""
        self.trial.made += 1
        run, check = self.trial.run.id, self.trial.check
        return {"app": SUITE_APP, "id": f"{run}.{check}.{self.trial.made}"}

    def mark(self, record: Record) -> Mapping[str, Any]:
        """The suite's external id in a record; that it was kept is a control."""
        given = bodies.external_ids(record.value)
        ours = [entry for entry in given if entry.get("app") == SUITE_APP]
        last = self.trial.exchanges[-1]
        self.trial.control(bool(ours), "CORE-040", "our external id", f"{given}", last)
        return ours[0]

    def own_app(self) -> str:
        """An app id that only this check of this run uses."""
        self.trial.made += 1
        check = self.trial.check.replace(".", "-").replace("_", "-")[:50].strip("-").lower()
        return f"{SUITE_APP}.{self.trial.run.id}.{check}-{self.trial.made}"

    def body(
        self, members: Mapping[str, Any] | None = None, app: str | None = None
    ) -> dict[str, Any]:
        """The body of a create: these members, the minimal ones where None, marked as ours.

        External ids that it has already are made unique by the mark, which stands first; with
        `app` it gets one of that app too, which stands last.
        """
        value: dict[str, Any] = bodies.copy(self.resource.minimal if members is None else members)
        if self.marks:
            mark = self.external_id()
            others = [
                {**entry, "id": f"{entry['id']} {mark['id']}"}
                if entry.keys() >= {"app", "id"}
                else entry
                for entry in bodies.external_ids(value)
            ]
            extra = [{"app": app, "id": mark["id"]}] if app else []
            value["external_ids"] = [mark, *others, *extra]
        return value

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
                self.trial.run.journal.changed(self.resource, self.role, old)
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
        journal, run = self.trial.run.journal, self.trial.run
        ours = [e for e in bodies.external_ids(value) if e.get("app") == SUITE_APP]
        for entry in ours:
            journal.planned(self.resource, self.role, str(entry.get("id")))
        answer = self._send("create", "POST", self.url(), value=value, body=body, headers=headers)
        answer = replace(answer, content=_content(value))
        record = answer.exchange.record
        if record and isinstance(record.get("id"), str):
            run.own.add((self.resource.type, record["id"]))
            journal.made(self.resource, self.role, record["id"], *(str(e.get("id")) for e in ours))
        return answer

    def get(self, record: Record | str = "", *, headers: Mapping[str, str] | None = None) -> Answer:
        """Read a record."""
        return self._send("read", "GET", self.url(_id(record)), headers=headers)

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

    # Lists

    def page(self, url: str | None = None, **query: Any) -> Answer:
        """One page of the list; parameters whose value is None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        if url is None:
            given = bodies.required_parameters(self.resource) | given
        return self._send("list", "GET", url or self.url(), query=given)

    def pages(self, **query: Any) -> list[Answer]:
        """All pages from the first to the one without `next`."""
        answers = [self.page(**query).must_succeed()]
        seen: set[str] = set()
        while (following := self.following(answers[-1], seen)) is not None:
            answers.append(following)
        return answers

    def following(self, answer: Answer, seen: set[str]) -> Answer | None:
        """The page that `next` leads to, None after the last; `seen` collects where it led."""
        url = answer.value.get("next")
        if not isinstance(url, str):
            return None
        control, last = self.trial.control, answer.exchange
        control(url not in seen, "CORE-075", "a next that leads on", f"{url} again", last)
        control(len(seen) < MOST_PAGES, "CORE-075", "an end", f"{MOST_PAGES} pages", last)
        if not self._leads_home(url):
            raise Blocked("CORE-077", f"next leads to another origin: {url}")
        seen.add(url)
        return self.page(url).must_succeed()

    def _leads_home(self, url: str) -> bool:
        try:
            return origin_of(url) == self.trial.run.target.origin
        except ValueError:
            return False

    def walk(self, **query: Any) -> list[dict[str, Any]]:
        """All items of a list that changed since the run began, unless a filter says which."""
        if "external_id" not in query and "updated_since" in self.resource.filters:
            query.setdefault("updated_since", self.trial.run.start)
        found = [item for page in self.pages(**query) for item in page.exchange.items or ()]
        return [item for item in found if isinstance(item, dict)]

    def eventually(
        self, holds: Callable[[list[dict[str, Any]]], bool], **query: Any
    ) -> list[dict[str, Any]]:
        """Walk until a condition holds or lists had their time to settle; gives the last walk."""
        run = self.trial.run
        started, waited = time.monotonic(), 0.0
        while True:
            items = self.walk(**query)
            if holds(items):
                run.settled = max(run.settled, waited)
                return items
            waited = time.monotonic() - started
            if waited >= run.settle:
                return items
            time.sleep(min(0.1, run.settle / 10))

    def settle(self) -> None:
        """Wait until lists show a record that is created now."""
        if self.trial.run.settle and self.marks and {"create", "list"} <= self.operations:
            mark = self.external_id()
            body = {**bodies.copy(self.resource.minimal), "external_ids": [mark]}
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

    def _send(self, operation: str, method: str, url: str, **arguments: Any) -> Answer:
        return self.trial.send(
            operation, method, url, client=self.role, resource=self.resource, **arguments
        )

    def record(self, answer: Answer) -> Record:
        """The record that a successful answer shows."""
        return self._record(answer.value)

    def _record(self, value: dict[str, Any]) -> Record:
        if self.resource.change is None:
            return Record(value, {}, {})
        pointer, (one, two) = self.resource.change.pointer, self.resource.change.values
        if bodies.at(value, pointer) == one:
            one, two = two, one
        return Record(value, bodies.nested(pointer, one), bodies.nested(pointer, two))

    def _restored(self, value: dict[str, Any]) -> dict[str, Any]:
        if self.resource.change is None:
            return {}
        top = self.resource.change.pointer.split("/")[1]
        return {top: value.get(top)}


class OtherApp(Records):
    """The same business through another app."""

    role = "a2"


class OtherTenant(Records):
    """Another business."""

    role = "b1"


def ids(items: list[dict[str, Any]]) -> list[Any]:
    """The ids of list items in their order."""
    return [item.get("id") for item in items]


def named(external_id: Mapping[str, Any]) -> str:
    """An external id as the value of the list filter."""
    return f"{external_id['app']}:{external_id['id']}"


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
    "OtherApp",
    "OtherTenant",
    "Record",
    "Records",
    "ids",
    "named",
]
