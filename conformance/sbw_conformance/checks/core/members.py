"""Members with a life of their own: read-only ones, extensions, custom fields, native codes."""

from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.drafts import CUSTOM_FIELDS
from sbw_conformance.checks.records import OtherApp, Record, Records
from sbw_conformance.checks.trial import CouldNotRun, NotClaimed
from sbw_validator.values import differences

LONG = 15_000
"""Characters of a text in an extension: with its frame, less than 16 KiB."""

FIELDS: tuple[tuple[dict[str, Any], Any, tuple[Any, ...]], ...] = (
    ({"type": "string", "maxLength": 300}, "Zoë’s " * 50, ("a" * 301, 5, True, ["a"])),  # noqa: RUF001
    ({"type": "string", "enum": ["gold", "silver"]}, "gold", ("bronze", "Gold")),
    ({"type": "string", "format": "date"}, "2024-02-29", ("2023-02-29", "yesterday")),
    ({"type": "integer", "minimum": 0, "maximum": 10}, 10, (11, -1, 1.5, "1")),
    ({"type": "number"}, -12.375, ("-12.375",)),
    ({"type": "boolean"}, False, ("false", 0)),
    ({"type": "array", "items": {"type": "string"}}, ["b", "a"], ("a", ["a", 1])),
)
"""Schemas of custom fields, each with a value that it allows and some that it forbids."""


NOTHING: dict[int, Any] = {0: "", 3: 0, 4: 0, 5: False}
"""Values of the fields in this order that a careless program takes for none."""

DROPPED = 1
"""The field that an update removes."""


@check("CORE-035", needs=["update"])
def unchanged_read_only_members_are_accepted(records: Records) -> None:
    """A consumer sends back what it has read, the provider's own members included."""
    record = records.create()
    meta = record.value["meta"]
    own = {"id": record.id, "type": record.value.get("type"), "meta": dict(meta)}
    answer = records.patch(record, {**own, **record.change(1)})
    answer.must_be_accepted("an update with id, type and meta as they are")
    changed = Record(answer.value, record.first, record.second)
    part = {"meta": {"created_at": changed.value["meta"]["created_at"]}}
    answer = records.patch(changed, {**part, **record.change(2)})
    answer.must_be_accepted("an update with meta.created_at as it is")


@check("CORE-036", needs=["create"])
def read_only_members_cannot_be_set(records: Records) -> None:
    """What the provider says of a record, a consumer cannot."""
    app = records.own_app()
    past = "2001-02-03T04:05:06.000Z"
    wrong: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({"id": "sbw-chosen-id"}, {"/id"}),
        ({"meta": {"created_at": past}}, {"/meta/created_at", "/meta"}),
        ({"meta": {"version": "sbw-chosen"}}, {"/meta/version", "/meta"}),
    )
    for members, places in wrong:
        answer = records.post({**records.body(app=app), **members})
        answer.must_be_problem(422, "read-only", places)
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        record = records.create()
        records.confirm(record)
        for members, places in wrong:
            answer = records.patch(record, {**record.change(1), **members})
            answer.must_be_problem(422, "read-only", places)
        records.read(record).must_show(record.value)


def _stores(records: Records, member: str) -> bool:
    """Whether records of this resource have a member that the app stores."""
    known = member in records.schema.get("properties", {})
    return known and f"/{member}" not in records.fit.limits.unsupported


def _two_apps(records: Records, other: OtherApp) -> tuple[str, str]:
    """The app ids of two clients, once each has made a record."""
    if not _stores(records, "extensions"):
        raise NotClaimed(f"{records.resource.type} stores no extensions")
    record = records.create()
    other.create()
    _can_write(other, record)
    if records.app is None or other.app is None:
        raise CouldNotRun("no record says in meta.origin which apps the tokens are of")
    if records.app == other.app:
        raise CouldNotRun(f"clients a1 and a2 are the same app, {records.app}")
    return records.app, other.app


def _can_write(other: OtherApp, record: Record) -> None:
    """Positive control: an app changes what another one made."""
    answer = other.patch(record, record.change(1))
    done = 200 <= answer.status < 300
    got, exchange = answer.exchange.got, answer.exchange
    answer.trial.control(done, "CORE-015", "an update by the other app", got, exchange)


def _extended(app: str, value: Any) -> dict[str, Any]:
    return {"extensions": {app: value}}


@check("CORE-038", needs=["create", "update", "read"])
def extensions_of_all_apps_are_kept(records: Records, other: OtherApp) -> None:
    """Each app has an object of its own, which others' writes leave alone."""
    mine, theirs = _two_apps(records, other)
    own = {"text": "x" * LONG, "list": [{"a": 1.5}, {"b": [True, "ü"]}], "deep": {"er": {"n": 0}}}
    answer = records.post({**records.body(), **_extended(mine, own)})
    answer.must_be_accepted("an extension of less than 16 KiB")
    _holds(answer.value, mine, own, answer)
    answer = other.patch(records.record(answer), _extended(theirs, {"since": "2020"}))
    answer.must_be_accepted("an extension of another app")
    changed = records.record(answer)
    new = {**own, "list": ["new"]}
    answer = records.patch(changed, {**changed.change(1), **_extended(mine, new)})
    answer.must_be_accepted("a change of the own extension")
    for shown in (answer, records.get(changed)):
        _holds(shown.value, theirs, {"since": "2020"}, shown)
        _holds(shown.value, mine, new, shown)


def _holds(value: dict[str, Any], app: str, wanted: Any, answer: Any) -> None:
    found = value.get("extensions")
    got = found.get(app) if isinstance(found, dict) else None
    place = f"/extensions/{app}"
    answer.verify(got == wanted, f"{str(wanted)[:60]}", f"{str(got)[:60]}", pointer=place)


@check("CORE-039", needs=["create", "update", "read"])
def extensions_of_others_cannot_be_written(records: Records, other: OtherApp) -> None:
    """Nobody writes in another app's name."""
    mine, _ = _two_apps(records, other)
    answer = records.post({**records.body(), **_extended(mine, {"rank": 1})})
    record = records.record(answer.must_succeed())
    records.confirm(record)
    for wrong in ({"rank": 2}, {"more": True}, None):
        answer = other.patch(record, {**record.change(1), **_extended(mine, wrong)})
        answer.must_be_problem(403, "forbidden")
    app = records.own_app()
    answer = other.post({**other.body(app=app), **_extended(mine, {"rank": 3})})
    answer.must_be_problem(403, "forbidden")
    records.must_not_exist(app)
    records.read(record).must_show(record.value)


def _definitions(records: Records) -> Records:
    """Where the business defines its own fields."""
    if not _stores(records, "custom_fields"):
        raise NotClaimed(f"{records.resource.type} stores no custom fields")
    if records.definition(needed=True) is None:
        raise NotClaimed("definitions of custom fields cannot be created")
    found: Records = records.sibling(CUSTOM_FIELDS)
    return found


def _defined(definitions: Records, kind: str, schema: dict[str, Any]) -> str:
    members = {**definitions.fit.minimal, "applies_to": [kind], "schema": schema}
    sent = definitions.body(members)
    definitions.post(sent).must_keep({"schema": sent["schema"]})
    return str(sent["key"])


@check("CORE-130", needs=["create"])
def undefined_custom_field_is_refused(records: Records) -> None:
    """A field that nobody defined for this type would be lost."""
    definitions = _definitions(records)
    known = (records.definition() or {})["key"]
    records.post({**records.body(), "custom_fields": {known: "a"}}).must_succeed()
    elsewhere = _defined(definitions, "sbw_other_type", {"type": "string"})
    app = records.own_app()
    for key in ("sbw_conformance_undefined", elsewhere):
        answer = records.post({**records.body(app=app), "custom_fields": {known: "a", key: "a"}})
        answer.must_be_problem(422, "not-stored", {f"/custom_fields/{key}"})
    records.must_not_exist(app)


@check("CORE-131", "CORE-132", needs=["create"])
def custom_fields_are_as_defined(records: Records) -> None:
    """A field takes the values that its definition allows, those that say nothing too, no other."""
    definitions = _definitions(records)
    kind, app = records.resource.type, records.own_app()
    keys = [_defined(definitions, kind, schema) for schema, _, _ in FIELDS]
    right = {key: value for key, (_, value, _) in zip(keys, FIELDS, strict=True)}
    answer = records.post({**records.body(), "custom_fields": right})
    answer.must_be_accepted("custom fields as they are defined", under="CORE-132")
    answer.must_hold({"custom_fields": right}, under="CORE-132")
    record = records.record(answer)
    nothing = {keys[number]: value for number, value in NOTHING.items()}
    answer = records.post({**records.body(), "custom_fields": nothing})
    answer.must_be_accepted("custom fields that are empty, 0 and false", under="CORE-132")
    answer.must_hold({"custom_fields": nothing}, under="CORE-132")
    for key, (_, _, forbidden) in zip(keys, FIELDS, strict=True):
        for value in forbidden:
            answer = records.post({**records.body(app=app), "custom_fields": {key: value}})
            places = {f"/custom_fields/{key}", *_inside(key, value)}
            answer.must_be_problem(422, "validation", places, under="CORE-131")
    records.must_not_exist(app, under="CORE-131")
    if "update" in records.operations:
        change = {**nothing, keys[DROPPED]: None}
        answer = records.patch(record, {"custom_fields": change}).must_succeed()
        wanted, got = bodies.merged(right, change), answer.value.get("custom_fields")
        same = not differences({"custom_fields": wanted}, {"custom_fields": got}, records.schema)
        records.trial.control(same, "CORE-047", f"{wanted}"[:200], f"{got}"[:200], answer.exchange)


def _inside(key: str, value: Any) -> set[str]:
    return {f"/custom_fields/{key}{place}" for place, _ in pointers.leaves(value)}


@check("CORE-133", needs=["create", "read"])
def origin_is_the_app_that_made_it(records: Records, other: OtherApp) -> None:
    """A record says which app it comes from, whoever changes it later."""
    record, theirs = records.create(), other.create()
    mine = pointers.at(record.value, "/meta/origin/app")
    if mine is None:
        raise NotClaimed("records do not say which app they come from")
    last = records.get(record)
    if "update" in records.operations:
        _can_write(other, record)
        last = records.read(record)
    place = "/meta/origin/app"
    found = pointers.at(last.value, place)
    last.verify(found == mine, f"{mine}", f"{found}", pointer=place)
    shown = other.get(record)
    seen, control = 200 <= shown.status < 300, shown.trial.control
    control(seen, "CORE-015", "the record for the other app", shown.exchange.got, shown.exchange)
    found = pointers.at(shown.value, place)
    shown.verify(found == mine, f"{mine}", f"{found}", pointer=place)
    answer = other.get(theirs)
    app = pointers.at(answer.value, "/meta/origin/app")
    answer.verify(app not in (mine, None), f"another app than {mine}", f"{app}")


def _codes(records: Records) -> list[tuple[str, str, str]]:
    """Member, code and canonical value of each native code that the landing page declares."""
    declared = records.fit.limits.native.items()
    found = [(name, code, meant) for name, codes in declared for code, meant in codes.items()]
    if not found:
        raise NotClaimed(f"{records.resource.type} declares no native codes")
    return found


@check("CORE-143", needs=["create", "read"])
def native_code_gives_the_canonical_value(records: Records) -> None:
    """Whoever writes the app's own code gets it back, with what it means."""
    for name, code, meant in _codes(records):
        native = {"code": code}
        answer = records.post({**records.body(), f"native_{name}": native})
        answer.must_be_accepted(f"the native code {code}")
        for shown in (answer, records.get(answer.value["id"])):
            got = shown.value.get(name)
            shown.verify(got == meant, f"{meant}", f"{got}", pointer=f"/{name}")
            kept = pointers.at(shown.value, f"/native_{name}/code")
            shown.verify(kept == code, code, f"{kept}", pointer=f"/native_{name}/code")


@check("CORE-144", needs=["create"])
def native_code_that_disagrees_is_refused(records: Records) -> None:
    """Two members that say different things of one status are no status."""
    app = records.own_app()
    for name, code, meant in _codes(records):
        choice = bodies.values_of(records.schema, f"/{name}")
        other = next((value for value in choice if value != meant), None)
        body = {**records.body(app=app), f"native_{name}": {"code": code}}
        records.post(
            {**records.body(), f"native_{name}": {"code": code}, name: meant}
        ).must_succeed()
        answer = records.post({**body, name: other})
        places = {"", f"/{name}", f"/native_{name}", f"/native_{name}/code"}
        answer.must_be_problem(422, "validation", places)
    records.must_not_exist(app)
