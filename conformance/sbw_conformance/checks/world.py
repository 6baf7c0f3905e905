"""The records of one program, written by whatever request, each compared with its model."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer, shown
from sbw_conformance.checks.batches import results_of
from sbw_conformance.checks.model import Life
from sbw_conformance.checks.records import OtherApp, Record, Records, ids
from sbw_conformance.checks.reply import Reply
from sbw_validator.validation import validate
from sbw_validator.values import differences, same

BATCH, UPSERT, OTHER, STAR = "batch", "upsert", "other app", "*"
"""Ways to write beside the plain one."""

PLAIN: Mapping[str, str] = {"create": "CORE-070", "update": "CORE-076", "delete": "CORE-072"}
"""The requirement that says how a write succeeds."""

BY_NAME: Mapping[str, str] = {"create": "CORE-121", "update": "CORE-122"}
"""The same for an upsert."""

SHUT_OUT = frozenset({401, 403, 404, 410})
UNMET = frozenset({412, 428})


def blamed(operation: str, way: str, status: Any) -> str:
    """The requirement that is broken where a write done in some way has an unexpected status.

    What goes wrong in a batch or for another app as it does alone is no fault of theirs.
    """
    if way == UPSERT:
        return BY_NAME[operation]
    if way == OTHER and status in SHUT_OUT:
        return "CORE-015"
    if way == STAR and status in UNMET:
        return "CORE-048"
    return PLAIN[operation]


Operation = dict[str, Any]
"""An operation as a batch writes it."""


class World:
    """The records that a program makes, all with an external id of an app of their own."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.app = records.own_app() if records.marks else None
        self.lives: list[Life] = []

    def alive(self, target: int) -> Life:
        """One of the records that are there; a new one where there is none."""
        living = [life for life in self.lives if not life.deleted]
        return living[target % len(living)] if living else self.create(self.records.fit.minimal)

    def record(self, life: Life) -> Record:
        """A life as checks know a record, with its changes."""
        return self.records._record(dict(life.record))  # noqa: SLF001  # of this package

    def seen_by(self, kind: type[Records]) -> Records:
        """The same resource through another client."""
        return kind(self.records.trial, self.records.resource)

    def carry(self, operation: Operation, way: str = "") -> Reply:
        """Send one write, by a request of its own or in a batch."""
        if way == BATCH:
            [reply] = self.batch([operation])
            return reply
        client = self.client(way)
        kind, body, tag = operation["operation"], operation.get("body"), operation.get("if_match")
        if kind == "create":
            answer = client.post(body)
        elif kind == "update":
            answer = client.patch(operation["id"], body, if_match=tag)
        elif kind == "upsert":
            answer = client.upsert(operation["external_id"], body)
        else:
            answer = client.delete(operation["id"], if_match=tag)
        return Reply.alone(answer)

    def batch(self, operations: list[Operation]) -> list[Reply]:
        """Send writes in one batch; that each has a result is what BULK-001 says."""
        answer = self.records.batch(operations)
        results = results_of(answer, len(operations))
        return [Reply.within(answer, index) for index in range(len(results))]

    def client(self, way: str) -> Records:
        """The resource through the client that a way is done by."""
        return self.seen_by(OtherApp) if way == OTHER else self.records

    # Writing

    def body(self, members: Mapping[str, Any], way: str = "") -> dict[str, Any]:
        """The body of a create that fits, marked, and with the external id of this program."""
        return self.client(way).body(members, self.app)

    @staticmethod
    def kept(life: Life) -> dict[str, Any]:
        """What an update leaves as it is: the names of a record, and what belongs to apps."""
        apart = ("external_ids", "extensions")
        return {name: life.content[name] for name in apart if name in life.content}

    def create(self, members: Mapping[str, Any], way: str = "") -> Life:
        """Make a record and see that it is what was sent."""
        sent = self.body(members, way)
        if way == UPSERT:
            mark = sent["external_ids"][0]
            operation = {"operation": "upsert", "external_id": mark, "body": sent}
        else:
            operation = {"operation": "create", "body": sent}
        reply = self.carry(operation, way)
        under = blamed("create", way, reply.status)
        reply.verify(reply.status == 201, "status 201", under=under)
        return self.begun(reply, sent, under)

    def begun(self, reply: Reply, sent: dict[str, Any], under: str) -> Life:
        """The life of a record that a reply shows as new."""
        record = self._shown(reply, sent, "CORE-040")
        known = {life.id for life in self.lives}
        new, wanted = record["id"] not in known, "an id of its own"
        reply.verify(new, wanted, f"{record['id']} again", under=under, pointer="/id")
        address = self.records.url(record["id"])
        got = urljoin(reply.answer.exchange.request.url, str(reply.location or ""))
        led = reply.location is not None and got == address
        reply.verify(led, f"Location: {address}", f"Location: {reply.location}", under=under)
        life = Life(sent, record, [record["meta"]["version"]])
        self.lives.append(life)
        return life

    def update(self, life: Life, patch: Mapping[str, Any], way: str = "") -> Reply:
        """Change a record as a patch says, or see it refused where the outcome would be invalid."""
        standard, kind = self.records.trial.run.standard, self.records.resource.type
        wanted = bodies.merged(life.content, patch)
        findings = validate(wanted, type=kind, variant="create", standard=standard)
        operation: Operation = {"operation": "update", "id": life.id, "body": patch}
        if way == UPSERT:
            operation = {"operation": "upsert", "external_id": life.mark, "body": patch}
        else:
            operation["if_match"] = "*" if way == STAR else life.version
        reply = self.carry(operation, way)
        if findings:
            places = {place for finding in findings for place in finding.pointers}
            reply.must_be_problem(422, "validation", places, under="CORE-052")
            self.show(life, under="CORE-052")
            return reply
        under = blamed("update", way, reply.status)
        reply.verify(reply.status == 200, "status 200", under=under)
        self.changed(life, reply, wanted)
        return reply

    def changed(self, life: Life, reply: Reply, wanted: dict[str, Any]) -> None:
        """See that a record is what a write made of it, and no other one."""
        record = self._shown(reply, {n: wanted.get(n) for n in {**life.content, **wanted}})
        got = record["id"]
        reply.verify(got == life.id, f"id {life.id}", f"id {got}", under="CORE-047", pointer="/id")
        self._versioned(life, reply, record, wanted)
        life.past.append(life.content)
        life.content, life.record = wanted, record
        life.versions.append(record["meta"]["version"])

    def _versioned(
        self, life: Life, reply: Reply, record: dict[str, Any], wanted: dict[str, Any]
    ) -> None:
        meta, old, place = record["meta"], life.record["meta"], "/meta/version"
        version = meta["version"]
        if same(life.content, wanted, self.records.schema):
            kept = version == life.version
            reply.verify(kept, life.version, version, under="CORE-045", pointer=place)
        else:
            new = version not in life.versions
            again = f"{version} again"
            reply.verify(new, "a new version", again, under="CORE-044", pointer=place)
        instant = bodies.instant
        made = instant(meta["created_at"]) == instant(old["created_at"])
        wanted_at, got_at = f"{old['created_at']}", f"{meta['created_at']}"
        reply.verify(made, wanted_at, got_at, under="CORE-033", pointer="/meta/created_at")
        place, got = "/meta/updated_at", f"{meta['updated_at']}"
        before, after = instant(old["updated_at"]), instant(meta["updated_at"])
        if version == old["version"]:
            told = f"{old['updated_at']} again"
            reply.verify(after == before, told, got, under="CORE-045", pointer=place)
        else:
            told = f"later than {old['updated_at']}"
            reply.verify(after > before, told, got, under="CORE-034", pointer=place)

    def _shown(
        self, reply: Reply, sent: Mapping[str, Any], under: str = "CORE-047"
    ) -> dict[str, Any]:
        """The record of a reply, which holds the Same value for each member that was sent."""
        why = bodies.unsound(reply.value)
        self.records.trial.control(
            why is None, self._schema_requirement, "the record", f"{why}", reply.answer.exchange
        )
        record: dict[str, Any] = reply.value
        got = {name: record.get(name) for name in sent}
        found = differences(dict(sent), got, self.records.schema)
        first = found[0] if found else None
        expected = f"{shown(first.sent)} at {first.pointer}" if first else "the Same value"
        told, place = (shown(first.got), first.pointer) if first else ("the Same value", "")
        reply.verify(first is None, expected, told, under=under, pointer=place)
        tag = f'"{record["meta"]["version"]}"'
        rule = "BULK-002" if reply.place else "CORE-043"
        reply.verify(reply.etag == tag, f"etag {tag}", f"etag {reply.etag}", under=rule)
        return record

    @property
    def _schema_requirement(self) -> str:
        run = self.records.trial.run
        return run.standard.classes[self.records.resource.class_name].schema_requirement

    def delete(self, life: Life, way: str = "", *, if_match: str | None = None) -> None:
        """Remove a record and see that it is gone."""
        operation = {"operation": "delete", "id": life.id, "if_match": if_match}
        given = {name: value for name, value in operation.items() if value is not None}
        reply = self.carry(given, way)
        under = blamed("delete", way, reply.status)
        reply.verify(reply.status == 204, "status 204", under=under)
        life.deleted = True
        self.records.trial.run.journal.gone(self.records.resource, life.id)
        self.show(life, under="CORE-072")

    # Looking

    def show(self, life: Life, *, under: str = "CORE-071") -> None:
        """See that reading shows a record as it has to be, or that it is gone."""
        if "read" not in self.records.operations:
            return
        answer = self.records.get(life.id)
        if life.deleted:
            answer.must_be_gone(under="CORE-072")
        else:
            answer.must_have_status(200, under=under).must_show(life.record, under=under)

    def show_all(self) -> None:
        """See that each record is as it has to be, and that there is no other one."""
        for life in self.lives:
            self.show(life)
        self.list()

    def list(self, **query: Any) -> None:
        """See that the list of this program's records shows each of them as it is, and no other."""
        records = self.records
        offers = records.trial.run.offers(records.resource)
        if self.app is None or not {"list", "external_id"} <= offers:
            return
        living = {life.id: life for life in self.lives if not life.deleted}

        def complete(items: list[dict[str, Any]]) -> bool:
            now = {item.get("id"): item.get("meta") for item in items}
            return now == {life.id: life.record["meta"] for life in living.values()}

        items = records.eventually(complete, external_id=self.app, **query)
        answer = Answer(records.trial, records.trial.exchanges[-1], records.resource)
        got = ids(items)
        missing = [one for one in living if one not in got]
        answer.verify(not missing, f"{len(living)} records", f"without {missing}", under="CORE-075")
        twice = [one for one in living if got.count(one) > 1]
        answer.verify(not twice, "each record once", f"{twice} more often", under="CORE-075")
        odd = [one for one in got if one not in living]
        answer.verify(not odd, "these records only", f"{odd} too", under="CORE-064")
        for item in items:
            schema = records.schema
            one, other = (
                bodies.known(v, schema, schema) for v in (living[item["id"]].record, item)
            )
            found = differences(one, other, schema, ignore_unknown=False)
            first = found[0] if found else None
            told = f"{shown(first.got)} at {first.pointer}" if first else ""
            expected = f"{shown(first.sent)}" if first else "the record as it is read"
            answer.verify(not found, expected, told, under="CORE-046")
