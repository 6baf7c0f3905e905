"""Moves in which requests meet: whatever order they are taken in, the model foretells it.

Each meeting has records of its own, which the program leaves alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from operator import methodcaller
from typing import Any

from sbw_conformance.checks import bodies, histories
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.histories import Ask, Oracle, Said, State, Told
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.racing import LANES, at_once
from sbw_conformance.checks.record import Record
from sbw_conformance.checks.records import OtherTenant, Records, ids
from sbw_conformance.checks.world import World
from sbw_validator.values import differences

Send = Callable[[Any], Answer]
Planned = tuple[Ask, Records, Send]
"""A request of a meeting, whose it is, and how it is sent."""

TIMES = 2
"""How often as many as can meet do so in one card, each time over records of their own."""

MEMBERS = 4
"""Members that patches of their own fill in."""

WALKS = 14
"""How many walks there are: each is a few requests, of which few meet in the right moment."""

SERIES, PAGE, TURNS = 10, 2, 3
"""Records of a walk in company, how many a page has, and beside how many pages others write."""

THEIRS = "their "
"""What stands before the kind of a request of the other business."""


@dataclass
class Scene:
    """What a meeting is about in one business: a record, a name, a key that nobody else has."""

    records: Records
    record: Record
    content: dict[str, Any]
    name: dict[str, str]
    key: str
    apart: list[dict[str, Any]] = field(default_factory=list)

    @property
    def business(self) -> str:
        """The business: a or b."""
        return self.records.business


def _scene(records: Records) -> Scene:
    sent = records.body()
    record = records.record(records.post(sent))
    name = records.external_id() if records.marks else {}
    key = f"sbw-{records.trial.run.token_of_its_own()}"
    return Scene(records, record, _content(sent), name, key, _apart(records, _content(sent)))


def _content(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "external_ids"}


def _apart(records: Records, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Merge patches that each fill in one member that is not there, in whatever order."""
    found: dict[str, Any] = {}
    for name, value in records.richest().items():
        if name == "external_ids" or name in content or len(found) == MEMBERS:
            continue
        several = ({name: value}, {**found, name: value})
        if all(records.fit.accepts(bodies.merged(content, some)) for some in several):
            found[name] = value
    return [records.fit.distinct({name: value}) for name, value in found.items()]


# The kinds of requests: `number` tells those of one kind apart


def _update(scene: Scene, _: int) -> Planned:
    change, version = scene.record.change(1), scene.record.version
    ask = Ask(histories.UPDATE, scene.record.id, change, version, scene.business)
    return ask, scene.records, lambda lane: lane.patch(scene.record.id, change, if_match=version)


def _star(scene: Scene, number: int) -> Planned:
    change = scene.record.change(number)
    ask = Ask(histories.UPDATE, scene.record.id, change, None, scene.business)
    return ask, scene.records, lambda lane: lane.patch(scene.record.id, change, if_match="*")


def _patch(scene: Scene, number: int) -> Planned:
    if not scene.apart:
        return _star(scene, number)
    change = scene.apart[number % len(scene.apart)]
    ask = Ask(histories.UPDATE, scene.record.id, change, None, scene.business)
    return ask, scene.records, lambda lane: lane.patch(scene.record.id, change, if_match="*")


def _delete(scene: Scene, _: int) -> Planned:
    version = scene.record.version
    ask = Ask(histories.DELETE, scene.record.id, {}, version, scene.business)
    return ask, scene.records, lambda lane: lane.delete(scene.record.id, if_match=version)


def _draft(scene: Scene, number: int) -> dict[str, Any]:
    body = scene.records.fit(scene.records.fit.minimal)
    made: dict[str, Any] = bodies.merged(_content(body), scene.record.change(number))
    return made


def _create(scene: Scene, number: int) -> Planned:
    body, business = _draft(scene, number), scene.business
    ask = Ask(histories.CREATE, scene.name["id"], body, None, business)
    sent = {**body, "external_ids": [scene.name]}
    return ask, scene.records, lambda lane: lane.post(sent)


def _upsert(scene: Scene, number: int) -> Planned:
    body, business = _draft(scene, number), scene.business
    ask = Ask(histories.UPSERT, scene.name["id"], body, None, business)
    return ask, scene.records, lambda lane: lane.upsert(scene.name, body)


def _retry(scene: Scene, _: int) -> Planned:
    """The same create under the same key; no external id keeps a second one out."""
    body, key = _content(scene.content), {"Idempotency-Key": scene.key}
    ask = Ask(histories.RETRY, scene.key, body, None, scene.business)
    return ask, scene.records, lambda lane: lane.post(body, headers=key)


def _read(scene: Scene, _: int) -> Planned:
    ask = Ask(histories.READ, scene.record.id, business=scene.business)
    return ask, scene.records, lambda lane: lane.get(scene.record.id)


def _page(scene: Scene, _: int) -> Planned:
    ask = Ask(histories.PAGE, business=scene.business)
    since = scene.records.trial.run.start
    return ask, scene.records, lambda lane: lane.page(limit=100, updated_since=since)


KINDS: dict[str, tuple[Callable[[Scene, int], Planned], frozenset[str]]] = {
    "update": (_update, frozenset({"update"})),
    "update of any version": (_star, frozenset({"update"})),
    "patch of another member": (_patch, frozenset({"update"})),
    "delete": (_delete, frozenset({"delete"})),
    "create of one name": (_create, frozenset({"external_id"})),
    "upsert of one name": (_upsert, frozenset({"upsert", "external_id"})),
    "retry": (_retry, frozenset({"create"})),
    "read": (_read, frozenset({"read"})),
    "page": (_page, frozenset({"list", "updated_since"})),
}
"""What can meet, and what it takes to ask it."""

LOOKS = frozenset({"read", "page"})
"""Kinds that write nothing."""


def _meetings(source: Source) -> Iterable[Card]:
    """Every two kinds, each four times, one write among reads, and two businesses."""
    kinds = [kind for kind, (_, needs) in KINDS.items() if needs <= source.offers]
    writes = [kind for kind in kinds if kind not in LOOKS]
    found = [list(pair) for pair in combinations_with_replacement(kinds, 2)]
    found += [[kind] * LANES for kind in writes]
    found += [["read", "read", "read", kind] for kind in writes]
    if "b1" in source.offers:
        found += [[kind, THEIRS + kind, "read", f"{THEIRS}read"] for kind in writes]
    return [("", meeting) for meeting in found if not set(meeting) <= LOOKS]


@move(
    "CORE-071",
    "CORE-075",
    "CORE-150",
    "CORE-151",
    "CORE-152",
    "CORE-153",
    "CORE-154",
    "CORE-155",
    needs=["create", "read", "update"],
    cards=_meetings,
    alone=True,
)
def meet(world: World, step: Step) -> None:
    """Send requests at the same moment, and see that an order of them foretells all answers."""
    for _ in range(TIMES if len(step.value) >= LANES else 1):
        _once(world, lambda: _met(world, step.value))


Verdict = tuple[bool, str, str, Answer]
"""Whether it is right, the requirement that is at stake, what came back, and an answer."""


def _once(world: World, held: Callable[[], Verdict]) -> None:
    """Let requests meet; what goes wrong in the same way one after the other is no meeting's."""
    right, under, got, answer = held()
    if not right:
        world.records.trial.apart = True
        try:
            apart, *_ = held()
        finally:
            world.records.trial.apart = False
        if not apart:
            return
    answer.verify(right, "answers that fit an order of the requests", got, under=under)


def _met(world: World, kinds: Sequence[str]) -> Verdict:
    scenes = {"": _scene(world.records)}
    if any(kind.startswith(THEIRS) for kind in kinds):
        scenes[THEIRS] = _scene(world.seen_by(OtherTenant))
    planned = []
    for number, kind in enumerate(kinds):
        whose = THEIRS if kind.startswith(THEIRS) else ""
        planned.append(KINDS[kind.removeprefix(THEIRS)][0](scenes[whose], number))
    answers = at_once([(records, send) for _, records, send in planned])
    asked = [(plan[0], _told(answer)) for plan, answer in zip(planned, answers, strict=True)]
    before = State()
    for scene in scenes.values():
        place = (scene.business, scene.record.id)
        before = before.holding(place, scene.content, scene.record.version)
    after = [said for scene in scenes.values() for said in _seen_after(scene, asked)]
    schema = world.records.schema
    oracle = Oracle(lambda one, other: not differences(dict(one), dict(other), schema))
    right = oracle.fits(before, asked, after)
    under = oracle.blamed(before, asked)
    said = [f"{ask.kind} {told.status}" for ask, told in asked]
    seen = [f"{ask.kind} {told.status}" for ask, told in after]
    return right, under, f"{', '.join(said)}; afterwards {', '.join(seen)}", answers[0]


def _seen_after(scene: Scene, asked: Sequence[Said]) -> list[Said]:
    """What reading shows afterwards of each record, and by the name if one was to have it."""
    own = [(ask, told) for ask, told in asked if ask.business == scene.business]
    made = [told.id for ask, told in own if told.status == 201]
    found = [
        (Ask(histories.READ, one, business=scene.business), scene.records.get(one))
        for one in dict.fromkeys([scene.record.id, *made])
    ]
    kinds = {ask.kind for ask, _ in own}
    if histories.UPSERT in kinds:
        ask = Ask(histories.FIND, scene.name["id"], business=scene.business)
        found.append((ask, scene.records.find(scene.name)))
    return [(ask, _told(answer)) for ask, answer in found]


def _told(answer: Answer) -> Told:
    record = answer.exchange.record
    usable = record if bodies.unsound(record) is None else None
    replayed = (answer.exchange.header("idempotency-replayed") or "").strip().lower()
    items = [item for item in answer.exchange.items or () if isinstance(item, dict)]
    return Told(answer.status, usable, replayed in {"true", "?1"}, tuple(map(str, ids(items))))


@move(
    "CORE-075",
    needs=["create", "delete", "list", "external_id"],
    cards=each(*range(WALKS)),
    alone=True,
)
def walk_in_company(world: World, step: Step) -> None:
    """Walk while others come and go: what was there all the time is shown once."""
    _once(world, lambda: _walked(world, step.value))


def _walked(world: World, turn: int) -> Verdict:
    records, app = world.records, world.records.own_app()
    made = [one.id for one in records.many([records.body(app=app) for _ in range(SERIES)])]
    records.settle()
    page = records.page(limit=PAGE, external_id=app).must_succeed()
    got, gone, urls = ids(page.exchange.items or []), set[str](), set[str]()
    while (url := records.next_of(page, urls)) is not None:
        writes: list[Send] = []
        if len(urls) <= TURNS:
            going = _going([one for one in made if one not in gone], got)
            gone |= set(going)
            writes = [methodcaller("delete", one) for one in going]
            writes.append(methodcaller("post", records.body(app=app)))
        # Whichever comes first is the one more likely to be in the way.
        first = (turn + len(urls)) % 2 * len(writes)
        writes.insert(first, methodcaller("page", url))
        answers = [answer.must_succeed() for answer in at_once([(records, s) for s in writes])]
        page = answers[first]
        got += ids(page.exchange.items or [])
    missing = [one for one in made if one not in gone and one not in got]
    twice = {one for one in got if got.count(one) > 1}
    told = f"{len(missing)} of {len(made) - len(gone)} missing, {len(twice)} more than once"
    return not missing and not twice, "CORE-075", told, page


def _going(there: list[str], shown: list[Any]) -> list[str]:
    """What is deleted beside a page: a record that was shown, and the second that it may show."""
    past = [one for one in there if one in shown]
    ahead = [one for one in there if one not in shown]
    if past and there.index(past[0]) > there.index((ahead or past)[0]):
        ahead.reverse()
    return [*past[:1], *(ahead[1:2] if len(ahead) > PAGE else [])]
