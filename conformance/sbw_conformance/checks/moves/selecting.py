"""Moves that list some of the records: those that a filter selects, and no others."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Source, each, move
from sbw_conformance.checks.records import ids
from sbw_conformance.checks.world import World
from sbw_validator.values import same

NOBODY = "sbw-no-such-record"
MANY = 12
"""Records that are asked for by their ids at once."""


def _selected(world: World, under: str, wanted: set[str], **query: Any) -> None:
    """See that a filter selects these of the program's records, and none of its others."""
    items = world.records.eventually(lambda items: wanted <= set(ids(items)), **query)
    answer = Answer(world.records.trial, world.records.trial.exchanges[-1], world.records.resource)
    got = set(ids(items))
    said = ", ".join(f"{name}={value}" for name, value in query.items())
    missing, ours = wanted - got, {life.id for life in world.lives if not life.deleted}
    answer.verify(not missing, f"{len(wanted)} records for {said}", f"no {missing}", under=under)
    odd = (got & ours) - wanted
    answer.verify(not odd, f"{len(wanted)} records for {said}", f"{odd} too", under=under)


def _declares(world: World, name: str) -> bool:
    said = world.records.trial.run.said(world.records.resource)
    return name in (said.get("filters") or ())


# By instant


@move(
    "CORE-065",
    needs=["create", "list", "updated_since", "external_id"],
    cards=each("at", "after", "second", "day", "nanoseconds", "changed", "later"),
)
def list_what_changed(world: World, step: Step) -> None:
    """Ask for what changed at an instant or later, however the instant is written."""
    records = world.records
    first = world.alive(0)
    life = world.create(records.fit.minimal)
    limit = None
    if step.value == "changed" and "update" in records.operations:
        world.update(first, world.record(first).change(1))
        life, limit = first, 1
    at = bodies.instant(life.record["meta"]["updated_at"])
    since = {
        "after": at + timedelta(milliseconds=1),
        "second": at.replace(microsecond=0),
        "day": at.replace(hour=0, minute=0, second=0, microsecond=0),
        "later": at + timedelta(days=1),
    }.get(step.value, at)
    wanted = {
        one.id
        for one in world.lives
        if not one.deleted and bodies.instant(one.record["meta"]["updated_at"]) >= since
    }
    whole = step.value in {"second", "day"}
    text = since.isoformat(timespec="seconds" if whole else "microseconds")
    text = text.replace("+00:00", "000Z" if step.value == "nanoseconds" else "Z")
    query = {"external_id": world.app or "", "updated_since": text, "limit": limit}
    _selected(world, "CORE-065", wanted, **query)


# By name


@move(
    "CORE-064", needs=["create", "list", "external_id"], cards=each("", "x", "/%2F", ":", "+ü", "A")
)
def list_by_name(world: World, step: Step) -> None:
    """Ask for one external id; those that are much like it are others."""
    app, number, found = f"{world.app}-n", len(world.lives), []
    like = f"n{number}.{step.value}"
    near = [(app, like), (app, f"{like}1"), (app, like.swapcase()), (f"{app}x", like)]
    for name, text in near:
        body = world.body(world.records.fit.minimal)
        body["external_ids"].append({"app": name, "id": text})
        reply = world.carry({"operation": "create", "body": body})
        reply.verify(reply.status == 201, "status 201", under="CORE-070")
        found.append((world.begun(reply, body, "CORE-070"), f"{name}:{text}"))
    for life, named in found:
        _selected(world, "CORE-064", {life.id}, external_id=named)


@move("CORE-146", "CORE-064", needs=["create", "list", "external_id"], cards=each("app", "id"))
def list_nothing(world: World, step: Step) -> None:
    """Ask for a name that no record has: the walk ends at once, without a record."""
    life = world.alive(0)
    named = f"{world.app}.nobody" if step.value == "app" else f"{world.app}:{life.id}.nobody"
    _selected(world, "CORE-064", set(), external_id=named)


# By id


@move("CORE-066", needs=["create", "list"], cards=each(1, 2, "unknown", "reversed", "many"))
def list_by_ids(world: World, step: Step) -> None:
    """Ask for records by their ids, some of which nobody has."""
    if not _declares(world, "ids"):
        return
    records, many = world.records, step.value == "many"
    if many and "batch" in records.trial.run.extras:
        sent = [world.body(records.fit.minimal) for _ in range(MANY)]
        replies = world.batch([{"operation": "create", "body": body} for body in sent])
        pairs = zip(replies, sent, strict=True)
        made = [world.begun(reply, body, "CORE-070").id for reply, body in pairs]
    else:
        made = [world.create(records.fit.minimal).id for _ in range(3)]
    asked = made[: step.value] if isinstance(step.value, int) else made
    others = {"unknown": [asked[0], NOBODY, *asked[1:]], "reversed": asked[::-1]}
    _selected(world, "CORE-066", set(asked), ids=",".join(others.get(step.value, asked)))


# By member


def _selectors(source: Source) -> list[tuple[str, str]]:
    return [("", name) for name in source.resource.selectors]


@move("CORE-067", needs=["create", "list"], cards=_selectors)
def list_by_member(world: World, step: Step) -> None:
    """Ask for records by what stands in a member; what is much like it stands in others."""
    if not _declares(world, step.value):
        return
    records = world.records
    pattern = records.resource.selectors[step.value]
    life = world.create(records.richest())
    world.create(records.fit.minimal)
    for near in _nearly(world, pattern, life.content):
        world.create(near)
    for place in pointers.places(life.record, pattern):
        value = pointers.at(life.record, place)
        for number, spelled in enumerate(dict.fromkeys([value, _respelled(value)])):
            _has(world, pattern, step.value, spelled, limit=1 if number else None)


def _nearly(world: World, pattern: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies with values that begin alike, or are written in another case."""
    records = world.records
    if any(pattern.startswith(reference) for reference in records.resource.refs):
        return
    content = {name: value for name, value in body.items() if name != "external_ids"}
    for place in pointers.places(content, pattern)[:1]:
        value = str(pointers.at(content, place))
        local, at_sign, domain = value.rpartition("@")
        for other in (
            f"{local.swapcase()}{at_sign}{domain}" if at_sign else value.swapcase(),
            f"{local}@{domain.lower()}.example" if at_sign else f"{value}x",
            f"x{value}",
        ):
            changed = pointers.put(content, place, other)
            if other != value and records.valid(changed) and records.fit.accepts(changed):
                yield changed


def _respelled(value: Any) -> Any:
    """The same e-mail address in another spelling; anything else as it is."""
    local, at_sign, domain = str(value).rpartition("@")
    return f"{local}@{domain.swapcase()}" if at_sign else value


def _has(world: World, pattern: str, name: str, value: Any, *, limit: int | None) -> None:
    schema = world.records.schema
    known = [dict(one) for one in bodies.schemas_at(schema, pattern)]
    leaf = {"$defs": schema.get("$defs", {}), "allOf": known}
    wanted = {
        life.id
        for life in world.lives
        if not life.deleted
        and any(str(one) == str(value) or same(one, value, leaf) for one in _values(life, pattern))
    }
    start = world.records.trial.run.start
    _selected(world, "CORE-067", wanted, **{name: str(value)}, updated_since=start, limit=limit)


def _values(life: Life, pattern: str) -> list[Any]:
    return [pointers.at(life.record, place) for place in pointers.places(life.record, pattern)]
