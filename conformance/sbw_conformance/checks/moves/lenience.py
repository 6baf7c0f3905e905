"""Moves that send what is not stored: it is refused, or dropped for those who prefer that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, move
from sbw_conformance.checks.moves.breaking import Wrong
from sbw_conformance.checks.reply import Reply
from sbw_conformance.checks.world import UPSERT, World
from sbw_conformance.negatives import UNKNOWN, negatives_of

LENIENT = (
    "handling=lenient",
    "return=representation, handling=lenient",
    "handling=lenient, return=representation",
    'handling="lenient"',
    "Handling=lenient",
)
"""Ways to ask for lenient handling (RFC 7240, section 2)."""

STRICT = (
    "handling=strict",
    "handling",
    'handling=""',
    "lenient",
    "lenient=handling",
    "handling=lenient-not",
    "return=representation",
    "return=lenient",
    "x-handling=lenient",
)
"""Preferences that are none for lenient handling."""

NAMES = (bodies.UNKNOWN_MEMBER, "a/b", "~", "~1", "m~n/o", "%2F", "Ü \"'", "0")
"""Names of members that no schema has; some are written otherwise in a pointer (RFC 6901)."""

EACH_KEYWORD = 3
"""Bodies that break a keyword of the schema and are sent leniently, each by a card."""


@dataclass(frozen=True)
class Sending:
    """A write with more than is stored: of `life`, or of a record that is not there yet."""

    life: Life | None
    sent: dict[str, Any]
    kept: dict[str, Any]

    @classmethod
    def of(cls, world: World, way: str, target: int) -> "Sending":
        """A write in some way, without anything unknown so far."""
        records = world.records
        if way == "update":
            life = world.alive(target)
            change = world.record(life).change(1)
            return cls(life, change, bodies.merged(life.content, change))
        body = world.body(records.richest() if way != UPSERT else records.fit.minimal)
        return cls(None, body, body)

    def send(self, world: World, way: str, more: dict[str, Any], preference: str) -> Answer:
        """Send it with something unknown."""
        records, headers = world.records, {"Prefer": preference} if preference else {}
        sent = {**self.sent, **more}
        if self.life is not None:
            return records.patch(self.life.id, sent, if_match=self.life.version, headers=headers)
        if way == UPSERT:
            return records.upsert(dict(self.sent["external_ids"][0]), sent, headers=headers)
        return records.post(sent, headers=headers)

    def done(self, world: World, answer: Answer, under: str) -> Life:
        """See that it was done as if nothing unknown had been in it."""
        answer.must_have_status(201 if self.life is None else 200, under=under)
        value, header = answer.value, answer.exchange.header
        shown = {name: member for name, member in value.items() if name != "not_stored"}
        reply = Reply(answer, answer.status, shown, header("etag"), header("location"))
        if self.life is None:
            return world.begun(reply, self.kept, under)
        world.changed(self.life, reply, self.kept)
        return self.life


def _writes(source: Source) -> list[str]:
    return ["", *(name for name in ("update", UPSERT) if name in source.offers)]


def _in_turn(source: Source, values: tuple[str, ...]) -> Iterator[Card]:
    """A card for each value, with the ways to write in turn, twice over."""
    ways = _writes(source)
    for start in range(min(2, len(ways))):
        yield from ((ways[n % len(ways)], value) for n, value in enumerate(values, start))


@move(
    "CORE-057", "CORE-058", needs=["create", "read"], cards=lambda source: _in_turn(source, LENIENT)
)
def write_leniently(world: World, step: Step) -> None:
    """Let what is unknown be dropped, which is told once."""
    sending, spot = Sending.of(world, step.way, step.target), f"/{bodies.UNKNOWN_MEMBER}"
    answer = sending.send(world, step.way, {spot[1:]: {"lost": [1]}}, step.value)
    life = sending.done(world, answer, "CORE-057")
    _names(answer, spot)
    later = [world.records.get(life.id)]
    if "update" in world.records.operations:
        change = world.record(life).change(1)
        later.append(world.records.patch(life.id, change, if_match=life.version))
        world.changed(life, Reply.alone(later[-1]), bodies.merged(life.content, change))
    nothing = Sending.of(world, "", 0)
    later.append(nothing.send(world, "", {}, step.value))
    nothing.done(world, later[-1], "CORE-057")
    for one in later:
        none = "not_stored" not in one.value
        one.verify(none, "no not_stored", "not_stored", under="CORE-058", pointer="/not_stored")


def _names(answer: Answer, *spots: str) -> None:
    """See that an answer lists what was dropped, and says that it was."""
    listed = answer.value.get("not_stored")
    lost = [one for one in spots if not (isinstance(listed, list) and one in listed)]
    told = f"not_stored with {lost}"
    answer.verify(not lost, told, f"{listed}", under="CORE-057", pointer="/not_stored")
    applied = answer.exchange.header("preference-applied") or "none"
    said = "handling=lenient" in applied.replace(" ", "").replace('"', "").lower()
    told = "Preference-Applied: handling=lenient"
    answer.verify(said, told, applied, under="CORE-057")


@move("CORE-055", needs=["create"], cards=lambda source: _in_turn(source, STRICT))
def write_with_another_preference(world: World, step: Step) -> None:
    """Prefer something else: what is unknown is refused as ever."""
    sending, spot = Sending.of(world, step.way, step.target), f"/{bodies.UNKNOWN_MEMBER}"
    answer = sending.send(world, step.way, {spot[1:]: "lost"}, step.value)
    told = f"status 422 with Prefer: {step.value}"
    answer.verify(answer.status == 422, told, under="CORE-055")
    answer.must_be_problem(422, "not-stored", {spot}, under="CORE-055")
    if sending.life is not None:
        world.show(sending.life, under="CORE-055")


@move("CORE-055", "CORE-057", needs=["create"], cards=lambda source: [*_in_turn(source, NAMES)])
def write_what_has_a_strange_name(world: World, step: Step) -> None:
    """Send unknown members at the top and further in: both are pointed at."""
    sending = Sending.of(world, step.way, step.target)
    inner = [p for p in bodies.one_of_each(sending.sent, world.records.schema) if p]
    inner = [p for p in inner if not p.startswith(("/external_ids", "/extensions"))]
    places = ["", *inner[-1:]]
    sent = sending.sent
    for place in places:
        sent = pointers.put(sent, f"{place}/{pointers.escape(step.value)}", "lost")
    more = {name: value for name, value in sent.items() if value != sending.sent.get(name)}
    spots = [f"{place}/{pointers.escape(step.value)}" for place in places]
    refused = sending.send(world, step.way, more, "")
    refused.must_be_problem(422, "not-stored", set(spots), under="CORE-055")
    answer = sending.send(world, step.way, more, LENIENT[0])
    life = sending.done(world, answer, "CORE-057")
    _names(answer, *spots)
    world.show(life, under="CORE-057")


def _invalid(source: Source) -> Iterator[Card]:
    """Some of the bodies that break a keyword, of each keyword."""
    counts: dict[str, int] = {}
    ways = _writes(source)
    for number, one in enumerate(negatives_of(source.standard, source.resource)):
        if one.keyword not in {UNKNOWN, "propertyNames"}:
            seen = counts[one.keyword] = counts.get(one.keyword, 0) + 1
            if seen <= EACH_KEYWORD:
                yield ways[len(counts) % len(ways)], number


@move("CORE-059", needs=["create"], cards=_invalid)
def break_the_standard_leniently(world: World, step: Step) -> None:
    """Let what is invalid not be dropped, however lenient."""
    records = world.records
    negative = negatives_of(records.trial.run.standard, records.resource)[step.value]
    wrong = Wrong.of(world, negative.body)
    if wrong is None or any(map(bodies.refused_unknown, wrong.findings)):
        return
    headers, sent = {"Prefer": LENIENT[0]}, wrong.named(world)
    if step.way == UPSERT and wrong.nameable:
        answer = records.upsert(dict(bodies.external_ids(sent)[0]), sent, headers=headers)
    else:
        answer = records.post(sent, headers=headers)
    answer.must_be_problem(422, "validation", under="CORE-059")
