"""Records by external id: found by it, and created or updated under it, whichever it takes."""

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.core.external_ids import SPECIAL
from sbw_conformance.checks.records import Records

NEW = {"If-None-Match": "*"}


@check("CORE-120", needs=["create", "read", "upsert", "external_id"])
def record_is_found_by_external_id(records: Records) -> None:
    """Each external id of a record leads to it, whatever characters it is made of."""
    app = records.own_app()
    given = [
        {"app": app, "id": SPECIAL},
        {"app": app, "id": "../x;y"},
        {"app": app, "account": "ü/1", "id": SPECIAL},
        {"app": app, "account": "2", "id": SPECIAL},
    ]
    made = []
    for entry in given:
        body = records.body()
        body["external_ids"].append(entry)
        made.append(records.record(records.post(body)))
    for entry, record in zip(given, made, strict=True):
        answer = records.find(entry)
        answer.must_be_accepted("the record").must_show(record.value)
    for unknown in ({"app": app, "id": "nobody"}, {"app": app, "account": "3", "id": SPECIAL}):
        records.find(unknown).must_have_status(404)


@check("CORE-120", needs=["create", "read", "upsert", "external_id"])
def external_id_finds_the_last_write(records: Records) -> None:
    """What was just written is what the external id leads to, and what is gone is gone."""
    record = records.create()
    mark = dict(records.mark(record))
    if "update" in records.operations:
        record = records.update(record, record.change(1))
        records.find(mark).must_be_accepted("the record").must_show(record.value)
        other = records.external_id()
        ids = [*bodies.external_ids(record.value), other]
        record = records.update(record, {"external_ids": ids})
        records.find(other).must_be_accepted("the record").must_show(record.value)
    else:
        records.find(mark).must_be_accepted("the record").must_show(record.value)
    if "delete" in records.operations:
        records.delete(record).must_succeed()
        records.find(mark).must_be_gone()


@check("CORE-053", "CORE-056", needs=["create", "read", "upsert", "external_id"])
def wrong_parameters_by_external_id_are_refused(records: Records) -> None:
    """An external id is an app and an id, and an address takes what it knows."""
    mark = dict(records.mark(records.create()))
    found = records.find(mark)
    there = 200 <= found.status < 300
    found.trial.control(there, "CORE-120", "the record", found.exchange.got, found.exchange)
    for query in ({"app": mark["app"]}, {"id": mark["id"]}):
        answer = records.find(query)
        answer.must_be_problem(400, "invalid-parameter", under="CORE-056")
    answer = records.find(mark, sbw_no_such_parameter="1")
    answer.must_be_problem(400, "unknown-parameter", under="CORE-053")


@check("CORE-121", needs=["upsert", "read", "external_id"])
def upsert_creates_what_is_not_there(records: Records) -> None:
    """An external id that nobody has makes a record that has it."""
    mark = records.external_id()
    body = records.fit(records.fit.minimal)
    answer = records.upsert(mark, body)
    answer.must_have_status(201)
    answer.must_hold(body)
    named = mark in bodies.external_ids(answer.value)
    answer.verify(named, f"external id {mark}", f"{bodies.external_ids(answer.value)}")
    single = records.post(records.body()).must_succeed()
    usual, got = single.exchange.header("location") or "", answer.exchange.header("location") or ""
    wanted = usual.replace(str(single.value["id"]), str(answer.value["id"]))
    single.trial.control(bool(usual), "CORE-070", "Location", "none", single.exchange)
    answer.verify(got == wanted, f"Location: {wanted}", f"Location: {got}")
    records.get(answer.value["id"]).must_show(answer.value)
    records.find(mark).must_be_accepted("the record").must_show(answer.value)


@check("CORE-122", "CORE-045", needs=["upsert", "create", "read", "external_id"])
def upsert_updates_what_is_there(records: Records) -> None:
    """An external id that a record has leads to a merge, and to no second record."""
    record = records.create(records.richest())
    mark = dict(records.mark(record))
    content = bodies.written(record.value, records.schema)
    changed = records.upsert(mark, record.change(1))
    changed.must_have_status(200)
    got = changed.value["id"]
    changed.verify(got == record.id, f"id {record.id}", f"id {got}", pointer="/id")
    changed.must_hold(bodies.merged(content, record.change(1)))
    ids = bodies.external_ids(changed.value)
    kept = all(entry in ids for entry in bodies.external_ids(record.value))
    changed.verify(kept, "the external ids that it had", f"{ids}", pointer="/external_ids")
    records.confirm(records.record(changed))
    again = records.upsert(mark, record.change(1))
    again.must_have_status(200)
    version = pointers.at(again.value, "/meta/version")
    same = version == changed.value["meta"]["version"]
    again.verify(same, "the version that it had", f"{version}", under="CORE-045")


@check("CORE-123", needs=["upsert", "create", "read", "external_id"])
def upsert_that_only_creates(records: Records) -> None:
    """Who means to create does not overwrite."""
    record = records.create()
    records.confirm(record)
    answer = records.upsert(dict(records.mark(record)), record.change(1), headers=NEW)
    answer.must_be_problem(412, "version-conflict")
    records.get(record).must_show(record.value)
    body = records.fit(records.fit.minimal)
    created = records.upsert(records.external_id(), body, headers=NEW)
    created.verify(created.status == 201, "status 201 for a new external id")


@check("CORE-124", needs=["upsert", "create", "update", "read", "external_id"])
def upsert_that_only_updates(records: Records) -> None:
    """Who means to update does not create, nor overwrite what is newer."""
    unknown = records.external_id()
    body = records.fit(records.fit.minimal)
    for tag in ('"sbw-no-such-version"', "*"):
        answer = records.upsert(unknown, body, headers={"If-Match": tag})
        answer.must_be_problem(412, "version-conflict")
    record = records.create()
    changed = records.update(record, record.change(1))
    mark = dict(records.mark(changed))
    answer = records.upsert(mark, record.change(2), headers={"If-Match": f'"{record.version}"'})
    answer.must_be_problem(412, "version-conflict")
    records.get(record).must_show(changed.value)
    answer = records.upsert(mark, record.change(2), headers={"If-Match": f'"{changed.version}"'})
    answer.verify(answer.status == 200, "status 200 for the current version")
    missing = records.find(unknown)
    missing.verify(missing.status in {404, 410}, "nothing under the unknown external id")


@check("CORE-052", "CORE-055", needs=["upsert", "read", "external_id"])
def invalid_upsert_is_refused(records: Records) -> None:
    """What no create may hold, no upsert may either, and the external id stays unknown."""
    good = records.external_id()
    made = records.upsert(good, records.fit(records.fit.minimal))
    done = made.status == 201
    made.trial.control(done, "CORE-121", "status 201", made.exchange.got, made.exchange)
    known = [
        example
        for example in records.invalid()
        if not any(map(bodies.refused_unknown, example.findings))
        and not _about_external_ids(example)
    ]
    rules = [example for example in known if _breaks_a_rule(example)]
    schema = [example for example in known if not _breaks_a_rule(example)]
    mark = records.external_id()
    for example in [*rules[:1], *schema][:3]:
        body = {name: value for name, value in example.value.items() if name != "external_ids"}
        answer = records.upsert(mark, body)
        answer.must_be_problem(422, "validation", example.pointers, under="CORE-052")
    body = {**records.fit(records.fit.minimal), bodies.UNKNOWN_MEMBER: "kept?"}
    answer = records.upsert(mark, body)
    places = {f"/{bodies.UNKNOWN_MEMBER}"}
    answer.must_be_problem(422, "not-stored", places, under="CORE-055")
    found = records.find(mark)
    found.verify(found.status in {404, 410}, "nothing stored", under="CORE-052")


def _breaks_a_rule(example: bodies.Example) -> bool:
    return any(finding.keyword == "rule" for finding in example.findings)


def _about_external_ids(example: bodies.Example) -> bool:
    return any(pointer.startswith("/external_ids") for pointer in example.pointers)
