"""Requests that come at the same time: none is lost, none carried out twice, none mixed up.

Whatever order the provider takes them in, its answers have to fit one in which they came one after
the other. What it refuses because another one is at work, it refuses with 409.
"""

from collections.abc import Collection
from functools import partial
from operator import methodcaller
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.racing import LANES, all_at_once, at_once, race
from sbw_conformance.checks.records import OtherTenant, Record, Records, ids
from sbw_conformance.checks.trial import NotClaimed

LATE = frozenset({404, 409, 410, 412})
"""How a write is refused whose record was changed or deleted by another one."""

BUSY = frozenset({409})

OVERTAKEN = 2
"""Records that are read while they are written."""

SERIES = 12
"""Records of a walk among writes, of which some stay to its end."""

PAGE = 3

TURNS = 3
"""Pages beside which others write."""


@race("CORE-150", needs=["create", "update", "read"])
def of_updates_at_once_one_is_carried_out(records: Records) -> None:
    """Of writers that all have read the same version one wins, and the others are told."""
    record = _changeable(records)
    changes = [record.change(1)] * LANES
    answers = all_at_once(records, lambda lane, change: lane.patch(record, change), changes)
    winner = _only_winner(answers, LATE)
    records.get(record).must_show(winner.value)


def _changeable(records: Records) -> Record:
    """A record that a change of the registry alters."""
    if records.fit.change is None:
        raise NotClaimed(f"nothing of {records.resource.type} can be changed alone")
    return records.create()


@race("CORE-150", needs=["create", "delete", "read"])
def of_deletions_at_once_one_is_carried_out(records: Records) -> None:
    """Who deletes what somebody else deletes just then is told that it is gone."""
    record = records.create()
    versions = [record.version] * LANES
    answers = all_at_once(records, lambda lane, one: lane.delete(record, if_match=one), versions)
    _only_winner(answers, LATE)
    records.get(record).must_be_gone()


@race("CORE-151", needs=["create", "update", "read"])
def updates_at_once_keep_each_others_members(records: Records) -> None:
    """Who fills in one member does not empty the one that somebody else fills in just then."""
    record = records.create()
    patches = _apart(records, record)
    answers = all_at_once(records, lambda lane, one: lane.patch(record, one, if_match="*"), patches)
    done = [one for one, answer in zip(patches, answers, strict=True) if _done(answer, BUSY)]
    answers[0].verify(bool(done), "one update at least that is carried out")
    after = records.read(record)
    for patch in done:
        after.must_hold(patch)


def _apart(records: Records, record: Record) -> list[dict[str, Any]]:
    """Merge patches that each give the record one member that it lacks, in whatever order."""
    found: dict[str, Any] = {}
    content = bodies.written(record.value, records.schema)
    for name, value in records.richest().items():
        if name == "external_ids" or name in record.value or len(found) == LANES:
            continue
        several = ({name: value}, {**found, name: value})
        if all(records.fit.accepts(bodies.merged(content, some)) for some in several):
            found[name] = value
    if len(found) < 2:
        raise NotClaimed(f"{records.resource.type} has no two members that it can do without")
    return [records.fit.distinct({name: value}) for name, value in found.items()]


@race("CORE-152", needs=["create", "external_id"])
def creates_at_once_make_one_record(records: Records) -> None:
    """Two imports of the same customer make one record, and the slower one learns of it."""
    mark = records.external_id()
    drafts = [{**_minimal(records), "external_ids": [mark]} for _ in range(LANES)]
    answers = all_at_once(records, lambda lane, draft: lane.post(draft), drafts)
    _only_winner(answers, BUSY)


@race("CORE-153", needs=["upsert", "read", "external_id"])
def upserts_at_once_make_one_record(records: Records) -> None:
    """Whoever comes first creates, and all others change what there is."""
    mark = records.external_id()
    drafts = [_minimal(records) for _ in range(LANES)]
    answers = all_at_once(records, lambda lane, draft: lane.upsert(mark, draft), drafts)
    done = [answer for answer in answers if _done(answer, BUSY)]
    made = [answer for answer in done if answer.status == 201]
    answers[0].verify(len(made) == 1, "one record created", f"{len(made)} records created")
    wanted = made[0].value["id"]
    for answer in [*done, records.find(mark).must_be_accepted("the record")]:
        got = answer.value["id"]
        answer.verify(got == wanted, f"id {wanted}", f"id {got}", pointer="/id")


@race("CORE-154", needs=["create"])
def retries_at_once_make_one_record(records: Records) -> None:
    """A retry that overtakes its first try is not carried out beside it.

    The record has no external id, which would keep a second one out already.
    """
    key = {"Idempotency-Key": f"sbw-{records.trial.run.token_of_its_own()}"}
    tries = [_minimal(records)] * LANES
    answers = all_at_once(records, lambda lane, draft: lane.post(draft, headers=key), tries)
    done = [answer for answer in answers if _done(answer, BUSY)]
    first = [answer for answer in done if not _is_replay(answer)]
    got = f"{len(first)} of them without Idempotency-Replayed"
    answers[0].verify(len(first) == 1, "one answer that is no replay", got)
    wanted = _told(first[0])
    for answer in done:
        told = _told(answer)
        answer.verify(told == wanted, f"{wanted} again", f"{told}")


def _minimal(records: Records) -> dict[str, Any]:
    value: dict[str, Any] = records.fit(records.fit.minimal)
    return value


def _is_replay(answer: Answer) -> bool:
    said = answer.exchange.header("idempotency-replayed") or ""
    return said.strip().lower() in {"true", "?1"}


def _told(answer: Answer) -> str:
    """What a retry is told as the first try was."""
    location = answer.exchange.header("location")
    return f"status {answer.status}, id {answer.value['id']}, Location: {location}"


@race("CORE-071", needs=["create", "update", "read"])
def reads_at_once_leave_nothing_stale(records: Records) -> None:
    """A read that a write overtakes shows one state or the other, and nobody the old one later."""
    for _ in range(OVERTAKEN):
        _overtake(records, _changeable(records))


def _overtake(records: Records, record: Record) -> None:
    """Write a record while it is read, and look at what all are told, then and afterwards."""

    def read(lane: Records) -> Answer:
        return lane.get(record)

    def write(lane: Records) -> Answer:
        return lane.patch(record, record.change(1))

    *reads, written = at_once([(records, send) for send in [read] * (LANES - 1) + [write]])
    changed = written.value
    for answer in reads:
        answer.must_have_status(200)
        whole = not answer.unlike(record.value) or not answer.unlike(changed)
        answer.verify(whole, "the record before the write or after it", "neither")
    records.get(record).must_show(changed)


@race("CORE-075", needs=["create", "delete", "list", "external_id"])
def walk_survives_writes_at_once(records: Records) -> None:
    """Records that stay appear once though others come and go while a page is put together."""
    app = records.own_app()
    made = [one.id for one in records.many([records.body(app=app) for _ in range(SERIES)])]
    records.settle()
    page = records.page(limit=PAGE, external_id=app).must_succeed()
    seen: list[Any] = ids(page.exchange.items or [])
    gone: set[str] = set()
    urls: set[str] = set()
    while (url := records.next_of(page, urls)) is not None:
        going = _going(_as_listed(made, seen), seen, gone) if len(urls) <= TURNS else []
        writes = [methodcaller("delete", one) for one in going]
        if len(urls) % 2:  # whichever comes first is the one more likely to be in the way
            writes.reverse()
        if going:
            writes.append(methodcaller("post", records.body(app=app)))
        page, *others = at_once([(records, send) for send in (methodcaller("page", url), *writes)])
        for answer in others:
            answer.must_succeed()
        gone |= set(going)
        seen += ids(page.must_succeed().exchange.items or [])
    _each_once(page, [one for one in made if one not in gone], seen)


def _as_listed(made: list[str], seen: list[Any]) -> list[str]:
    """Records in the order of the list, as far as what it showed so far tells whether it is one."""
    shown = [made.index(one) for one in seen if one in made]
    return made[::-1] if shown and shown[0] > shown[-1] else made


def _going(made: list[str], seen: list[Any], gone: set[str]) -> list[str]:
    """What is deleted beside a page: a record that was shown, and one that the page may show.

    It is not the first of those, which may be one that the page before has left out.
    """
    past = [one for one in made if one in seen and one not in gone]
    ahead = [one for one in made if one not in seen and one not in gone]
    return [past[0], ahead[1]] if len(past) > 1 and len(ahead) > 2 else []


def _each_once(page: Answer, stayed: list[str], seen: list[Any]) -> None:
    missing = [one for one in stayed if one not in seen]
    page.verify(not missing, f"each of {len(stayed)} records", f"{len(missing)} missing")
    twice = {one for one in seen if seen.count(one) > 1}
    page.verify(not twice, "each record once", f"{len(twice)} of them more than once")


@race("CORE-155", needs=["create", "update", "read"])
def businesses_at_once_do_not_mix(records: Records, stranger: OtherTenant) -> None:
    """What two businesses write and read at the same moment stays with each of them."""
    whose = [(each, each.create()) for each in (records, stranger)]
    for each, record in whose:
        each.mark(record)  # one record for everybody mixes nothing either
    starts = [(each, partial(send, record)) for send in (_changed, _read) for each, record in whose]
    for answer, (_, record) in zip(at_once(starts), whose * 2, strict=True):
        answer.must_have_status(200)
        got = answer.value["id"]
        answer.verify(got == record.id, f"id {record.id}", f"id {got}", pointer="/id")


def _changed(record: Record, lane: Records) -> Answer:
    return lane.patch(record, record.change(1))


def _read(record: Record, lane: Records) -> Answer:
    return lane.get(record)


def _done(answer: Answer, refusals: Collection[int]) -> bool:
    """Whether a request of a race was carried out; if not, it was refused in one of these ways."""
    done = 200 <= answer.status < 300
    wanted = f"a success, or status {' or '.join(map(str, sorted(refusals)))}"
    answer.verify(done or answer.status in refusals, wanted)
    return done


def _only_winner(answers: list[Answer], refusals: Collection[int]) -> Answer:
    """Assert that one request of a race was carried out and no other; gives its answer."""
    done = [answer for answer in answers if _done(answer, refusals)]
    shown, got = (done or answers)[-1], f"{len(done)} of {len(answers)}"
    shown.verify(len(done) == 1, f"one of {len(answers)} that is carried out", got)
    return done[0]
