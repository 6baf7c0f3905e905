"""What is drawn: programs by seed alone and without I/O, bodies that are valid and reach all."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.conformance.support import Asked, Passed, Providers, Proxy, run

from sbw_conformance import programs
from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.model import Program, Step, named
from sbw_conformance.checks.moves import moves, ordering, retrying
from sbw_conformance.checks.run import parameters
from sbw_conformance.programs import SHRINKING_RUNS, Programs
from sbw_conformance.results import Outcome, Verdict
from sbw_conformance.strategies import bodies_of, patches_of
from sbw_validator.schemas import load_schemas
from sbw_validator.shape import facets, places
from sbw_validator.standard import Resource, load_standard
from sbw_validator.validation import validate

STANDARD = load_standard()
WRITABLE = [r for r in STANDARD.resources.values() if "create" in r.operations]
CONTACT = STANDARD.resources["contact"]


CLIENTS = frozenset({"a1", "a2", "b1", "a1.read_only", "a1.business_only"})


def offers(resource: Resource) -> frozenset[str]:
    """All that a provider can offer of a resource."""
    return (
        frozenset(resource.operations)
        | parameters(resource)
        | CLIENTS
        | {"batch", "control:move_clock"}
    )


def of(resource: Resource, number: int | None = 12, from_seed: int = 0) -> Programs:
    """The programs of a resource."""
    return Programs(STANDARD, resource, offers(resource), number, from_seed)


def drawn_anew(number: int = 12, from_seed: int = 0) -> list[str]:
    """Programs of contacts, drawn again though they were drawn before."""
    programs._draw.cache_clear()
    return [named(program) for program in of(CONTACT, number, from_seed).draw()]


@pytest.mark.no_cover
def test_the_same_seed_draws_the_same_programs() -> None:
    """Drawn twice they are the same, and another seed gives others."""
    first = drawn_anew()
    assert drawn_anew() == first
    assert drawn_anew(from_seed=1) != first
    assert len(first) == len(set(first)) == 12


@pytest.mark.no_cover
def test_another_process_elsewhere_draws_the_same_programs(tmp_path: Path) -> None:
    """Neither the folder, nor what is imported, nor hash randomization has a say."""
    script = (
        "from sbw_conformance.programs import Programs; from sbw_conformance.checks.model import "
        "named; from sbw_validator.standard import load_standard; s = load_standard(); "
        "r = s.resources['contact']; import json; print(json.dumps([named(p) for p in "
        f"Programs(s, r, frozenset({sorted(offers(CONTACT))}), 12, 0).draw()]))"
    )
    env = {**os.environ, "PYTHONHASHSEED": "42"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=env)
    assert json.loads(done.stdout) == drawn_anew()


def test_drawing_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are drawn up front, without any I/O over a network."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection while drawing")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert len(drawn_anew(from_seed=2)) == 12


@pytest.mark.no_cover
def test_programs_begin_with_a_create_and_deal_every_card_once() -> None:
    """All programs play each move in each way; the first ones play each move once."""
    found = of(CONTACT, None).draw()
    assert all(program[0].operation == "create" for program in found)
    dealt = [(s.operation, s.way, json.dumps(s.value)) for p in found for s in p[1:]]
    cards = [
        (move.name, way, json.dumps(value))
        for move in moves().values()
        for way, value in move.cards(of(CONTACT))
        if move.needs <= offers(CONTACT) and not move.alone
    ]
    assert sorted(dealt) == sorted(cards)
    names = [step.operation for step in of(CONTACT).deck()]
    assert set(names[: len(set(names))]) == set(names)
    alone = {move.name for move in moves().values() if move.alone}
    assert set(moves()) - set(names) == {"take what is unique"} | alone


def test_programs_play_only_what_is_offered() -> None:
    """Without updates, batches and other clients no move needs them."""
    few = Programs(STANDARD, CONTACT, frozenset({"create", "read"}), None, 0).draw()
    played = {step.operation for program in few for step in program}
    assert "head" in played
    assert all(moves()[name].needs <= {"create", "read"} for name in played)
    assert not {step.way for program in few for step in program} - {""}


def test_a_program_is_told_apart_by_its_steps() -> None:
    """Its name lists operation, target and what is sent."""
    made, gone = Step("create", 0, {"a": "ü"}), Step("delete", 2, way="batch")
    program = (made, Step("update", 1, {"a": None}), gone)
    assert named(program) == 'create {"a": "ü"}; update #1 {"a": null}; delete (batch) #2'


@pytest.mark.parametrize(
    ("operation", "steps"), [("create", 1), ("update", 2), ("delete", 2), ("head", 2)]
)
def test_shrinking_leaves_what_matters(operation: str, steps: int) -> None:
    """A failure that hangs on one operation shrinks to a create and that operation."""

    def fails(program: Program) -> bool:
        return any(step.operation == operation for step in program)

    first = max(filter(fails, of(CONTACT, None).draw()), key=len)
    best = of(CONTACT).shrink(first, fails)
    assert [step.operation for step in best] == ["create", operation][:steps]
    assert len(named(best)) <= len(named(first))
    assert not validate(best[0].value, type="contact", variant="create", standard=STANDARD)


def test_shrinking_leaves_the_member_that_matters() -> None:
    """A failure that hangs on one member keeps that member, and bodies stay valid."""

    def fails(program: Program) -> bool:
        valid = not validate(program[0].value, type="contact", variant="create", standard=STANDARD)
        assert valid
        return any("emails" in step.value for step in program if step.operation == "create")

    first = next(filter(fails, of(CONTACT, 40).draw()))
    best = of(CONTACT).shrink(first, fails)
    assert len(best) == 1
    assert "emails" in best[0].value
    assert len(json.dumps(best[0].value)) <= len(json.dumps(first[0].value))


def test_shrinking_is_bounded_and_the_same_each_time() -> None:
    """No more runs than allowed, none of a program twice, and one result."""
    asked: list[str] = []

    def fails(program: Program) -> bool:
        asked.append(named(program))
        return len(program) > 1

    first = max(of(CONTACT, 40).draw(), key=lambda program: len(named(program)))
    found = [of(CONTACT).shrink(first, fails) for _ in range(2)]
    assert found[0] == found[1]
    assert len(asked) <= 2 * SHRINKING_RUNS
    assert len(set(asked)) * 2 == len(asked)
    assert of(CONTACT).shrink(first, lambda _: False) == first


def test_a_defective_provider_gets_its_shortest_program(provider: Providers) -> None:
    """Updates that keep the version are found and shown with what reproduces them."""

    def after(asked: Asked, passed: Passed) -> None:
        if asked.method == "PATCH" and passed.status == 200:
            old = asked.headers["if-match"].strip('"')
            value = passed.json
            passed.json = {**value, "meta": {**value["meta"], "version": old}}

    with Proxy(provider(), after=after) as proxy:
        report = run(proxy.seen, "core.record_life", programs=12)
    assert report.verdict is Verdict.NOT_CONFORMANT
    failed = [r for r in report.results if r.kind == "program" and r.outcome is Outcome.FAIL]
    assert failed
    for result in failed:
        shortest = (result.reason or "").partition("shortest program that fails: ")[2]
        assert shortest.startswith("create {")
        assert shortest.count("; ") <= 2
        assert report.exchanges[result.exchange or ""]["trial"].startswith("core.record_life")


def drawn(strategy: Any, number: int) -> list[Any]:
    """So many values of a strategy, the same each time."""
    found: list[Any] = []

    @seed(0)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.no_cover
@pytest.mark.parametrize("resource", WRITABLE, ids=lambda resource: resource.type)
def test_drawn_bodies_are_valid_and_reach_everything(resource: Resource) -> None:
    """600 bodies: each allowed by the standard, and together each member and branch of it."""
    found = drawn(bodies_of(STANDARD, resource), 600)
    wrong = [b for b in found if validate(b, type=resource.type, variant="create")]
    assert wrong == []
    bundle = load_schemas(STANDARD).bundle(resource.type, "create")
    known = ["/" + "/".join(path) for path, _ in places(bundle) if path]
    leaves = {place for place in known if not any(one.startswith(f"{place}/") for one in known)}
    wanted = {place for place in leaves if not elsewhere(resource, place.split("/")[1])}
    reached = {pointers.kind_of(place) for body in found for place, _ in pointers.leaves(body)}
    assert wanted
    assert reached == wanted
    assert branches_missed(resource, bundle, found) == []


def branches_missed(
    resource: Resource, bundle: dict[str, Any], found: list[Any]
) -> list[tuple[str, int]]:
    """Branches of a oneOf, anyOf or if that no value takes which fits no other branch."""
    missing = []
    for path, schema in places(bundle):
        if path and elsewhere(resource, path[0]):
            continue
        values = [v for body in found for v in at_path(body, path)]
        for branches in alternatives(bundle, schema):
            fits = [fitting(bundle, branch) for branch in branches]
            taken = {tuple(fit(value) for fit in fits) for value in values}
            for number in range(len(branches)):
                alone = tuple(number == other for other in range(len(branches)))
                if alone not in taken:
                    missing.append(("/".join(path), number))
    return missing


def at_path(body: Any, path: tuple[str, ...]) -> list[Any]:
    """All values at a path of member names and `*`."""
    pattern = "".join(f"/{pointers.escape(part)}" for part in path)
    return [pointers.at(body, place) for place in pointers.places(body, pattern)]


def alternatives(bundle: dict[str, Any], schema: Any) -> Iterator[list[Any]]:
    """The branches of everything that a schema lets one choose."""
    for facet in facets(bundle, schema):
        yield from (facet[keyword] for keyword in ("oneOf", "anyOf") if keyword in facet)
        if "if" in facet:
            yield [facet["if"], {"not": facet["if"]}]


def fitting(bundle: dict[str, Any], branch: Any) -> Callable[[Any], bool]:
    """What tells whether a value fits a branch."""
    schema = {**branch, "$defs": bundle.get("$defs", {})}
    return jsonschema_rs.Draft202012Validator(schema).is_valid


def elsewhere(resource: Resource, name: str) -> bool:
    """Whether other records, other apps or the business decide what a member can hold."""
    shared = {"external_ids", "type", "custom_fields", "extensions"}
    references = {place.split("/")[1] for place in resource.refs}
    return name in shared | references or name.startswith("native_")


@pytest.mark.no_cover
@pytest.mark.parametrize("resource", WRITABLE, ids=lambda resource: resource.type)
def test_drawn_patches_clear_and_change(resource: Resource) -> None:
    """Patches remove members, set others, and some do nothing at all."""
    found = drawn(patches_of(STANDARD, resource), 200)
    values = [value for patch in found for value in patch.values()]
    assert any(value is None for value in values)
    assert any(value is not None for value in values)
    assert not any({"external_ids", "type", "id", "meta"} & patch.keys() for patch in found)
    record = pointers.copy(resource.minimal)
    merged = [bodies.merged(record, patch) for patch in found]
    valid = [m for m in merged if not validate(m, type=resource.type, variant="create")]
    assert 0 < len(valid) <= len(merged)


def test_what_is_wrong_twice_can_be_wrong_at_once_and_has_an_order() -> None:
    """Each pair of faults stands in the order of the standard, and every fault is in some pair."""
    pairs = [value for _, value in ordering.err_twice.cards(of(CONTACT))]
    assert all(ordering.FAULTS[one] < ordering.FAULTS[other] for one, other in pairs)
    assert not [pair for pair in pairs if set(pair) in ordering.APART]
    assert {name for pair in pairs for name in pair} == set(ordering.FAULTS)
    few = Programs(STANDARD, CONTACT, offers(CONTACT) - {"a1.read_only"}, None, 0)
    left = {name for _, pair in ordering.err_twice.cards(few) for name in pair}
    assert left == set(ordering.FAULTS) - {"a narrow token"}


def test_a_key_is_never_used_twice_where_it_is_the_same_key() -> None:
    """Pairs of writes under one key differ in address or method; a create has no second create."""
    pairs = [tuple(value) for _, value in retrying.key_at_two_addresses.cards(of(CONTACT))]
    assert ("update", "update") in pairs
    assert ("create", "batch") in pairs
    assert not {("create", "create"), ("batch", "batch")} & set(pairs)
