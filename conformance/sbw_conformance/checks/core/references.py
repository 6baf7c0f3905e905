"""References between records: to what is there, by either name, and what becomes of them."""

from typing import Any

from sbw_conformance.checks import check, pointers
from sbw_conformance.checks.records import OtherTenant, Record, Records
from sbw_conformance.checks.referred import dangling, references_to
from sbw_conformance.checks.trial import NotClaimed


def _references(records: Records) -> list[tuple[str, str, dict[str, Any]]]:
    """Place, type and a body that fits for each kind of reference that the app stores."""
    found = []
    for pattern, reference in records.resource.refs.items():
        absent = (f"{one}/" for one in records.fit.limits.unsupported)
        if not f"{pattern}/".startswith(tuple(absent)):
            for kind in reference.types:
                records.referent(kind, needed=True)
        body = records.fit(records.richest())
        kinds = [kind for kind in reference.types if records.referent(kind) is not None]
        places = pointers.places(body, pattern)[:1]
        found += [(place, kind, body) for place in places for kind in kinds]
    if not found:
        raise NotClaimed(f"{records.resource.type} stores no references to what can be created")
    return found


def _last(body: dict[str, Any], place: str) -> str:
    """The last place in a body that is of the same kind as another one."""
    kind = pointers.kind_of(place)
    return next(p for p in reversed(list(pointers.objects(body))) if pointers.kind_of(p) == kind)


def _referring(records: Records, body: dict[str, Any], place: str, to: Any) -> dict[str, Any]:
    """The body of a record with one reference, marked."""
    return records.marked(pointers.put(records.fit(body), place, to))


@check("CORE-140", needs=["create"])
def reference_to_nothing_is_refused(records: Records, stranger: OtherTenant) -> None:
    """A reference leads to a record of the business, or is none."""
    for first, kind, body in _references(records):
        records.post(records.body(body)).must_succeed()
        app, place = records.own_app(), _last(body, first)
        foreign = stranger.sibling(kind).create()
        wrong: tuple[dict[str, Any], ...] = (
            {"id": "sbw-no-such-record"},
            {"id": foreign.id},
            {"external_id": {"app": app, "id": "nobody"}},
        )
        for to in wrong:
            sent = _referring(records, body, place, {"type": kind, **to})
            sent["external_ids"].append({"app": app, "id": str(len(sent))})
            answer = records.post(sent)
            places = {place, f"{place}/id", f"{place}/external_id", f"{place}/external_id/id"}
            answer.must_be_problem(422, "unknown-reference", places)
        records.must_not_exist(app)


@check("CORE-141", needs=["create", "read"])
def reference_by_external_id_is_resolved(records: Records) -> None:
    """Who knows only its own name for a record can refer to it."""
    for place, kind, body in _references(records):
        targets = records.sibling(kind)
        target = targets.create()
        mark = dict(targets.mark(target))
        answer = records.post(_referring(records, body, place, {"type": kind, "external_id": mark}))
        answer.must_be_accepted("a reference by external id")
        wanted = {"type": kind, "id": target.id}
        for shown in (answer, records.get(answer.value["id"])):
            found = references_to(target.id, shown.value, records.resource)
            same = any(wanted.items() <= one.items() and "external_id" not in one for one in found)
            got = found or pointers.at(shown.value, place)
            shown.verify(same, f"{wanted}", f"{got}", pointer=place)


@check("CORE-142", needs=["create", "read"])
def deletion_leaves_no_dangling_reference(records: Records) -> None:
    """A record that others refer to stays, or nobody refers to it any more."""
    done = 0
    for place, kind, body in _references(records):
        targets = records.sibling(kind)
        if "delete" not in targets.operations:
            continue
        target = targets.create()
        to = {"type": kind, "id": target.id}
        referring = records.many([_referring(records, body, place, to) for _ in range(2)])
        free = targets.create()
        targets.delete(free).must_succeed()
        _stays_or_is_released(records, referring, targets, target, place)
        done += 1
    if not done:
        raise NotClaimed("nothing that is referred to can be deleted")


def _stays_or_is_released(
    records: Records, referring: list[Record], targets: Records, target: Record, place: str
) -> None:
    answer = targets.delete(target)
    if not 200 <= answer.status < 300:
        answer.must_be_problem(409, "in-use")
        targets.get(target).must_be_accepted("the record that others refer to")
        records.get(referring[0]).must_show(referring[0].value)
        return
    for record in referring:
        _is_released(records, record, target, place)


def _is_released(records: Records, record: Record, target: Record, place: str) -> None:
    after = records.get(record)
    after.must_be_accepted("the record that referred to it")
    shown = references_to(target.id, after.value, records.resource)
    left = dangling(shown)
    after.verify(not left, "no reference to the deleted record", f"{left}", pointer=place)
    if not shown:
        was, now = (pointers.at(value, "/meta/version") for value in (record.value, after.value))
        got, spot = f"{now} as before", "/meta/version"
        after.verify(now != was, "a new version", got, under="CORE-044", pointer=spot)
