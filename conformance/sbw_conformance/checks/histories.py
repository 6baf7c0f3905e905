"""What requests at the same moment may be told: some order of them foretells every answer.

An order is tried with a model in memory, one request after the other, and what is read afterwards
comes last. Nothing here talks to a provider.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from sbw_conformance.checks import bodies

CREATE, UPDATE, DELETE, UPSERT, RETRY = "create", "update", "delete", "upsert", "retry"
READ, FIND, PAGE = "read", "find", "page"

WRITES = frozenset({CREATE, UPDATE, DELETE, UPSERT, RETRY})
BUSY = 409
GONE = frozenset({404, 410})
UNMET = GONE | {412}
"""How a write is refused whose record is gone or has another version."""


@dataclass(frozen=True)
class Ask:
    """A request: `target` is the id of a record, or the name or key that one is made under.

    `body` is what it writes, external ids aside, `version` the one that it names, None for any.
    """

    kind: str
    target: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    business: str = "a"


@dataclass(frozen=True)
class Told:
    """What came back: the record where there is a usable one, or the ids of a page."""

    status: int
    record: Mapping[str, Any] | None = None
    replayed: bool = False
    ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Id of its record, empty without one."""
        return str(self.record["id"]) if self.record else ""

    @property
    def version(self) -> str:
        """Version of its record, empty without one."""
        return str(self.record["meta"]["version"]) if self.record else ""


Said = tuple[Ask, Told]
"""A request and its answer."""

Place = tuple[str, str]
"""A business, and what something is called in it."""


@dataclass(frozen=True)
class State:
    """All that there is: content and version of each record, whose each name is, used keys."""

    records: Mapping[Place, tuple[Mapping[str, Any], str]] = field(default_factory=dict)
    names: Mapping[Place, str] = field(default_factory=dict)
    keys: Mapping[Place, Told] = field(default_factory=dict)

    def holding(self, place: Place, content: Mapping[str, Any], version: str) -> "State":
        """The state with a record that is so."""
        return replace(self, records={**self.records, place: (content, version)})

    def naming(self, place: Place, record_id: str) -> "State":
        """The state with a name for a record."""
        return replace(self, names={**self.names, place: record_id})

    def without(self, place: Place) -> "State":
        """The state without a record and its names."""
        records = {known: held for known, held in self.records.items() if known != place}
        named = {n: i for n, i in self.names.items() if (n[0], i) != place}
        return replace(self, records=records, names=named)


@dataclass(frozen=True)
class Oracle:
    """Says whether answers fit; `same` says whether two contents are the Same value."""

    same: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]

    def fits(self, state: State, asked: Sequence[Said], after: Sequence[Said] = ()) -> bool:
        """Whether an order of what was asked at once, from a state on, foretells all answers.

        What was refused because another one was at work changed nothing. Not all that want the
        same can have been refused so.
        """
        done = [said for said in asked if not _is_busy(said)]
        if _all_refused(asked):
            return False
        return any(self._foretold(state, (*order, *after)) for order in permutations(done))

    def blamed(self, state: State, asked: Sequence[Said]) -> str:
        """The requirement that is broken where no order fits.

        Where there are two businesses, one was mixed up with the other unless all of them were told
        of what is theirs. What reads is to blame where the writes fit, what fails where something
        does, and the versions that were named where all fits without them.
        """
        if len({ask.business for ask, _ in asked}) > 1 and not all(map(_is_own, asked)):
            return "CORE-155"
        writes = [said for said in asked if said[0].kind in WRITES]
        if len(writes) < len(asked) and self.fits(state, writes):
            return "CORE-071" if any(ask.kind == READ for ask, _ in asked) else "CORE-075"
        failed = {ask.kind for ask, told in writes if told.status >= 500}
        kinds = failed or {ask.kind for ask, _ in writes}
        for kind, requirement in MADE.items():
            if kind in kinds:
                return requirement
        naming = [bool(ask.version) for ask, _ in writes]
        free = [(replace(ask, version=None), told) for ask, told in writes]
        named = all(naming) or (any(naming) and self.fits(state, free))
        return "CORE-150" if DELETE in kinds or named else "CORE-151"

    def _foretold(self, state: State, order: Sequence[Said]) -> bool:
        now: State | None = state
        for ask, told in order:
            now = _STEPS[ask.kind](self, now, ask, told) if now is not None else None
        return now is not None

    def shows(self, content: Mapping[str, Any], told: Told) -> bool:
        """Whether an answer shows a record with this content."""
        record = told.record
        return record is not None and self.same(content, {n: record.get(n) for n in content})

    def _created(self, state: State, ask: Ask, told: Told) -> State | None:
        """The state after a record was made; None where the answer says something else."""
        place = (ask.business, told.id)
        new = told.status == 201 and place not in state.records
        if not new or not self.shows(ask.body, told):
            return None
        return state.holding(place, ask.body, told.version)

    def _create(self, state: State, ask: Ask, told: Told) -> State | None:
        name = (ask.business, ask.target)
        made = None if name in state.names else self._created(state, ask, told)
        return made and made.naming(name, told.id)

    def _update(self, state: State, ask: Ask, told: Told) -> State | None:
        place = (ask.business, ask.target)
        held = state.records.get(place)
        if held is None or ask.version not in {None, held[1]}:
            return state if told.status in UNMET else None
        wanted = bodies.merged(held[0], ask.body)
        kept = self.same(held[0], wanted) and self.same(wanted, held[0])
        right = told.status == 200 and told.id == ask.target and self.shows(wanted, told)
        if not right or (told.version == held[1]) != kept:
            return None
        return state.holding(place, wanted, told.version)

    def _delete(self, state: State, ask: Ask, told: Told) -> State | None:
        place = (ask.business, ask.target)
        held = state.records.get(place)
        if held is None or ask.version not in {None, held[1]}:
            return state if told.status in UNMET else None
        return state.without(place) if told.status == 204 else None

    def _upsert(self, state: State, ask: Ask, told: Told) -> State | None:
        known = state.names.get((ask.business, ask.target))
        if known is None:
            return self._create(state, ask, told)
        return self._update(state, replace(ask, target=known), told)

    def _retry(self, state: State, ask: Ask, told: Told) -> State | None:
        key = (ask.business, ask.target)
        first = state.keys.get(key)
        if first is None:
            made = None if told.replayed else self._created(state, ask, told)
            return made and replace(made, keys={**made.keys, key: told})
        again = told.replayed and (told.status, told.id) == (first.status, first.id)
        return state if again else None

    def _read(self, state: State, ask: Ask, told: Told) -> State | None:
        held = state.records.get((ask.business, ask.target))
        if held is None:
            return state if told.status in GONE else None
        right = told.status == 200 and (told.id, told.version) == (ask.target, held[1])
        return state if right and self.shows(held[0], told) else None

    def _find(self, state: State, ask: Ask, told: Told) -> State | None:
        known = state.names.get((ask.business, ask.target))
        return self._read(state, replace(ask, target=known or ask.target), told)

    def _page(self, state: State, _ask: Ask, told: Told) -> State | None:
        once = len(set(told.ids)) == len(told.ids)
        return state if told.status == 200 and once else None


MADE: Mapping[str, str] = {RETRY: "CORE-154", UPSERT: "CORE-153", CREATE: "CORE-152"}
"""The requirement that is broken where writes that can make a record fit no order."""

_STEPS: Mapping[str, Callable[[Oracle, State, Ask, Told], State | None]] = {
    CREATE: Oracle._create,  # noqa: SLF001  # of this module
    UPDATE: Oracle._update,  # noqa: SLF001
    DELETE: Oracle._delete,  # noqa: SLF001
    UPSERT: Oracle._upsert,  # noqa: SLF001
    RETRY: Oracle._retry,  # noqa: SLF001
    READ: Oracle._read,  # noqa: SLF001
    FIND: Oracle._find,  # noqa: SLF001
    PAGE: Oracle._page,  # noqa: SLF001
}


def _is_own(said: Said) -> bool:
    """Whether an answer is a success, with the record that was asked for by its id."""
    ask, told = said
    other = ask.kind in {READ, UPDATE} and told.id != ask.target
    return 200 <= told.status < 300 and not other


def _is_busy(said: Said) -> bool:
    ask, told = said
    return ask.kind in WRITES and told.status == BUSY


def _all_refused(asked: Sequence[Said]) -> bool:
    """Whether there is something that several wanted to write and none could."""
    wanted: dict[Place, list[bool]] = {}
    for said in asked:
        if said[0].kind in WRITES:
            wanted.setdefault((said[0].business, said[0].target), []).append(_is_busy(said))
    return any(len(busy) > 1 and all(busy) for busy in wanted.values())
