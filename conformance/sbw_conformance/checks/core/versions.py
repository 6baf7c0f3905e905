"""Same value and versions: what a write keeps, and how two writers do not overwrite each other."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies, check, observer
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.observing import Found, View
from sbw_conformance.checks.patches import merge_patches
from sbw_conformance.checks.records import Record, Records, ids, named
from sbw_conformance.checks.spelling import same_but_different, with_empty_arrays
from sbw_conformance.checks.trial import NotClaimed
from sbw_conformance.checks.variation import varied, without_an_array
from sbw_conformance.exchanges import Exchange

Body = dict[str, Any]

ANSWERS_WITH_RECORD = frozenset({"create", "read", "update", "upsert"})


@check("CORE-040", "CORE-086", needs=["create"])
def answer_holds_what_was_sent(records: Records) -> None:
    """Each valid example is taken and comes back as it was sent, created or written over."""
    for example in records.examples():
        body = records.body(example.value)
        answer = records.post(body)
        answer.must_be_accepted(f"the example {example.name}", under="CORE-086").must_hold(body)
        if "update" in records.operations:
            record = records.create()
            answer = records.patch(record, patch := _written_over(records, record, example.value))
            answer.must_be_accepted(f"the example {example.name} as an update", under="CORE-086")
            answer.must_hold(patch)
    usual = records.richest()
    if (other := varied(usual, records.fit.accepts)) != usual:
        body = records.marked(other)
        answer = records.post(body)
        answer.must_be_accepted("a body with elements that are nearly the same", under="CORE-086")
        answer.must_hold(body)


def _written_over(records: Records, record: Record, wanted: Body) -> Body:
    """A merge patch with an example, without what the record has besides if that is in its way."""
    over = _replacing_all(record.value, wanted)
    smallest: Body = records.fit.minimal
    patch: Body = records.fit.patch(over)
    if not records.valid(bodies.merged(smallest, patch)):
        cleared = {name: None for name in smallest if name not in over}
        patch = records.fit.patch({**cleared, **over})
    return patch


def _replacing_all(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The members of an example that a merge patch replaces as a whole, external ids aside."""

    def replaces(name: str, value: Any) -> bool:
        old = current.get(name)
        kept = isinstance(value, dict) and isinstance(old, dict) and old.keys() - value.keys()
        return name != "external_ids" and not kept

    return {name: value for name, value in wanted.items() if replaces(name, value)}


@check("CORE-041", needs=["update", "read"])
def stale_version_is_refused(records: Records) -> None:
    """A write against an old version changes nothing."""
    record = records.create()
    changed = records.update(record, record.change(1))
    records.confirm(changed)
    unlike = ", ".join(f'"{version}"' for version in _unlike(changed.version))
    for header in (f'"{record.version}"', unlike):
        answer = _patched(records, record, header)
        answer.must_be_problem(412, "version-conflict")
    answer = _patched(records, record, "sbw-no-such-version")
    answer.verify(400 <= answer.status < 500, "a refusal of an If-Match that names no version")
    records.read(record).must_show(changed.value)


def _patched(records: Records, record: Record, if_match: str) -> Answer:
    return records.patch(record, record.change(2), if_match=None, headers={"If-Match": if_match})


def _unlike(version: str) -> list[str]:
    """Versions that are another one, however close they look: longer, shorter, greater."""
    found = ["sbw-no-such-version", f"{version}x"]
    if len(version) > 1:
        found.append(version[:-1])
    if version.isdecimal():
        found.append(f"{int(version) + 1000}")
    return found


@check("CORE-042", needs=["update", "read"])
def update_without_version_is_refused(records: Records) -> None:
    """A write that does not say what it changes changes nothing."""
    record = records.create()
    records.confirm(record)
    answer = records.patch(record, record.change(1), if_match=None)
    answer.must_be_problem(428, "precondition-required")
    records.read(record).must_show(record.value)


@observer("CORE-043")
def etag_is_the_version(exchange: Exchange, _: View) -> list[Found] | None:
    """Wherever one record is answered, ETag is its quoted version."""
    record = exchange.record
    if exchange.request.operation not in ANSWERS_WITH_RECORD or record is None:
        return None
    meta = record.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    etag = exchange.header("etag")
    if not isinstance(version, str):
        return None
    allowed = {f'"{version}"'}
    if coding := exchange.header("content-encoding"):  # a proxy that compresses alters the tag
        allowed |= {f'W/"{version}"', f'"{version}-{coding}"', f'W/"{version}-{coding}"'}
    if etag in allowed:
        return []
    return [Found("CORE-043", "/meta/version", f'ETag: "{version}"', f"ETag: {etag}")]


@check("CORE-044", needs=["update"])
def versions_are_never_reused(records: Records) -> None:
    """Every change has a version of its own, also one that brings an old state back."""
    record = records.create()
    versions = [record.version]
    for number in (1, 2, 1, 2):
        change = record.change(number)
        record = Record(records.patch(record, change).value, record.first, record.second)
        _is_new(records, record, versions)
    if "create" in records.operations:
        for patch in _one_by_one(records, record.second):
            record = Record(records.patch(record, patch).must_keep(patch).value, {}, {})
            _is_new(records, record, versions)
    if records.marks:
        more = [*bodies.external_ids(record.value), records.external_id()]
        record = Record(records.patch(record, {"external_ids": more}).value, {}, {})
        _is_new(records, record, versions)


def _one_by_one(records: Records, change: Body) -> Iterator[Body]:
    """Patches that make the richest example of a small record, a member at a time.

    Members that make no sense without one that follows are sent together with that.
    """
    value, waiting = bodies.merged(records.fit.minimal, change), dict[str, Any]()
    for name, member in records.richest().items():
        if name == "external_ids" or value.get(name) == member:
            continue
        waiting = {**waiting, **records.fit.patch({name: member})}
        after = bodies.merged(value, waiting)
        if records.valid(after):
            yield waiting
            value, waiting = after, {}


def _is_new(records: Records, record: Record, versions: list[str]) -> None:
    exchange = records.trial.exchanges[-1]
    records.trial.verify(
        record.version not in versions,
        "a version that the record never had",
        f"{record.version} again",
        exchange,
        pointer="/meta/version",
    )
    versions.append(record.version)


@check("CORE-045", needs=["update"])
def write_without_change_changes_nothing(records: Records) -> None:
    """Writing the Same value, however it is spelled, leaves version and updated_at alone."""
    if "create" in records.operations:
        record = records.create(without_an_array(records.richest(), records.fit.accepts))
        sent = bodies.written(record.value, records.schema)
    else:
        record = records.create()
        sent = {}
        record = records.update(record, record.change(1))
        sent |= record.change(1) if record.change(1) != record.first else record.second
        sent = {name: record.value[name] for name in sent}
    spelled = [("no member", {}), *same_but_different(sent, records.schema)]
    empty = records.fit.part(with_empty_arrays(sent, records.schema))
    empty.pop("external_ids", None)
    spelled += [("empty arrays where there are none", empty)] if empty != sent else []
    for name, value in spelled:
        answer = records.patch(record, value)
        answer.verify(200 <= answer.status < 300, f"a write of {name} that is accepted")
        meta, before = answer.value["meta"], record.value["meta"]
        for member in ("version", "updated_at"):
            answer.verify(
                meta[member] == before[member],
                f"{before[member]} after a write of {name}",
                meta[member],
                pointer=f"/meta/{member}",
            )


@check("CORE-046", needs=["list", "read"])
def list_shows_records_as_read(records: Records) -> None:
    """A list item is the record, its version included, before and after an update."""
    record = records.create(records.richest())
    _is_listed(records, record)
    if "update" in records.operations:
        _is_listed(records, records.update(record, record.change(1)))


def _is_listed(records: Records, record: Record) -> None:
    mark = records.marks and "create" in records.operations and named(records.mark(record))
    filters = {"external_id": mark} if mark else {}
    records.confirm(record)
    current = records.read(record)

    def shown(items: list[dict[str, Any]]) -> bool:
        return any(i.get("id") == record.id and _version(i) == record.version for i in items)

    items = records.eventually(shown, **filters)
    found = [item for item in items if item.get("id") == record.id]
    current.verify(bool(found), "the record in the list", f"only {ids(items)[:5]}")
    version = _version(found[0])
    current.verify(
        version == record.version,
        f"version {record.version} in the list",
        f"{version}",
        pointer="/meta/version",
    )
    current.must_show(found[0])


def _version(item: dict[str, Any]) -> Any:
    meta = item.get("meta")
    return meta.get("version") if isinstance(meta, dict) else None


@check("CORE-047", needs=["create", "update", "read"])
def update_is_a_merge_patch(records: Records) -> None:
    """Absent stays, null removes, an object is merged, anything else replaces."""
    example = records.richest()
    record = records.create(example)
    if not merge_patches(records.fit, example):
        raise NotClaimed(f"nothing of {records.resource.type} can be changed alone")
    patches = merge_patches(records.fit, _kept(records, record, example))
    last = records.trial.exchanges[-1]
    records.trial.control(bool(patches), "CORE-040", "what was sent", "nothing of it", last)
    for patch in map(records.fit.distinct, patches):
        content = _kept(records, record, example)
        wanted = bodies.merged(content, patch)
        if wanted == content:  # to change nothing is another requirement's matter
            continue
        answer = records.patch(record, patch)
        answer.verify(200 <= answer.status < 300, "a merge patch that is accepted")
        records.confirm(records.record(answer))
        answer.must_hold({name: wanted.get(name) for name in content})
        record = records.create(example)


def _kept(records: Records, record: Record, sent: dict[str, Any]) -> dict[str, Any]:
    """What the provider kept of a body; that it keeps all is another requirement's matter.

    What it has to say of its own, in members that were not sent or for other apps, is not in it.
    """
    content = bodies.written(record.value, records.schema)
    open_: tuple[str, ...] = ("custom_fields", "extensions")
    shared = {name: sent[name] for name in open_ if name in sent}
    return {name: shared.get(name, value) for name, value in content.items() if name in sent}


@check("CORE-048", needs=["update", "read"])
def asterisk_overwrites(records: Records) -> None:
    """`If-Match: *` says that any version is to be overwritten."""
    record = records.create()
    records.update(record, record.change(1))
    answer = records.patch(record, record.change(2), if_match="*")
    answer.verify(200 <= answer.status < 300, "an update with If-Match: *")
    for shown in (answer, records.read(record)):
        shown.must_reflect(record.change(2))


@check("CORE-049", needs=["create", "update", "read", "delete"])
def deletion_of_stale_version_is_refused(records: Records) -> None:
    """A deletion that means an old version deletes nothing; one that means the current one does."""
    record = records.create()
    changed = records.update(record, record.change(1))
    records.confirm(changed)
    answer = records.delete(record, if_match=record.version)
    answer.must_be_problem(412, "version-conflict")
    records.read(record).must_show(changed.value)
    answer = records.delete(changed, if_match=changed.version)
    answer.verify(200 <= answer.status < 300, "the deletion of the current version")
