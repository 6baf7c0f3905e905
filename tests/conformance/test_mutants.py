"""Mechanical mutants: the same for a seed, sound, and found by the suite where they are seen."""

import ast
from collections.abc import Iterable
from dataclasses import replace

import pytest

from sbw_conformance.checks import catalog
from sbw_conformance.measuring import mutants
from sbw_conformance.measuring.equivalents import reasons, stale
from sbw_conformance.measuring.mutants import End, Measure, sources
from sbw_conformance.measuring.mutation import Mutant, mutants_of, sample

SOURCE = '''
"""A docstring."""

LIMIT = 3
NAME = "name"
SAID = "It is said in words."


def page(rows: list[int], limit: int = 5, *, last: bool = False) -> list[int] | None:
    """Another docstring."""
    if not rows and last:
        raise ValueError("It is empty, and so is the last.")
    found = [row for row in rows if row < limit]
    found.sort(key=abs, reverse=True)
    return found or None
'''
ACCESS = "sbw_reference.access"
SEEING = ("core.landing_page_is_served_to_anyone", "core.request_without_token_is_refused")


def changes(operator: str) -> set[str]:
    """What an operator does to the source."""
    return {m.change for m in mutants_of("sample", SOURCE) if m.operator == operator}


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("comparison", {"row < limit -> row <= limit", "row < limit -> row >= limit"}),
        (
            "condition",
            {"not rows and last -> not (not rows and last)", "not rows -> (rows)"},
        ),
        (
            "connective",
            {"not rows and last -> (not rows or last)", "found or None -> (found and None)"},
        ),
        (
            "operand",
            {
                "not rows and last -> (last)",
                "not rows and last -> (not rows)",
                "found or None -> (None)",
                "found or None -> (found)",
            },
        ),
        (
            "constant",
            {
                "3 -> 4",
                "3 -> 2",
                "\"name\" -> 'nameX'",
                "5 -> 6",
                "5 -> 4",
                "False -> True",
                "True -> False",
            },
        ),
        ("arithmetic", set()),
        (
            "statement",
            {
                'raise ValueError("It is empty, and so is the last.") -> pass',
                "found.sort(key=abs, reverse=True) -> pass",
            },
        ),
        ("result", {"found or None -> None"}),
        (
            "argument",
            {"key=abs, reverse=True -> key=abs", "key=abs, reverse=True -> reverse=True"},
        ),
    ],
)
def test_an_operator_changes_what_it_is_for_and_nothing_else(
    operator: str, expected: set[str]
) -> None:
    """Docstrings, annotations and words for people stay as they are."""
    assert changes(operator) == expected


def test_arithmetic_is_turned_round_but_the_union_of_a_type_and_none_is_not() -> None:
    """What looks like `or` of bits may be a type."""
    source = "Text = str | bytes | None\nsize = a + b - 1\nflags = one | other\n"
    found = {m.change for m in mutants_of("sample", source) if m.operator == "arithmetic"}
    assert found == {
        "a + b - 1 -> (a + b) + (1)",
        "a + b -> (a) - (b)",
        "one | other -> (one) & (other)",
    }


def test_the_same_seed_draws_the_same_mutants() -> None:
    """Another seed draws others, and what is drawn is sound: a program, and another one."""
    texts = {name: text for name, text in sources().items() if name.endswith(("query", "auth"))}
    assert len(texts) == 2
    first = sample(texts, 20, 1)
    assert first == sample(texts, 20, 1)
    assert {m.key for m in first} != {m.key for m in sample(texts, 20, 2)}
    assert len({m.key for m in first}) == 20
    for mutant in first:
        text = texts[mutant.module]
        assert ast.dump(ast.parse(mutant.text(text))) != ast.dump(ast.parse(text))


def test_an_edit_elsewhere_draws_the_same_mutants() -> None:
    """A line more moves what follows, and neither the draw nor what finds a mutant again."""
    moved = sample({"sample": "\n\n" + SOURCE}, 5, 3)
    assert [m.key for m in moved] == [m.key for m in sample({"sample": SOURCE}, 5, 3)]


def test_what_is_excluded_is_not_drawn() -> None:
    """Neither a module nor a function of one, but what stands beside it."""
    texts = sources()
    assert {"sbw_reference.fleet", "sbw_reference.defects"}.isdisjoint(texts)
    assert {m.within for m in sample({"sample": SOURCE}, 50, 1)} == {"", "page"}
    assert {m.within for m in sample({"sample": SOURCE}, 50, 1, {"sample:page"})} == {""}


def test_a_package_that_is_not_there_is_named() -> None:
    """Nothing is measured of nothing."""
    with pytest.raises(ModuleNotFoundError, match="sbw_nowhere is not installed"):
        sources("sbw_nowhere")


def access(change: str) -> Mutant:
    """The mutant of the module `access` with a change."""
    [found] = [m for m in mutants_of(ACCESS, sources()[ACCESS]) if m.change == change]
    return found


def measured(*found: Mutant, start: float = 20.0, judged: float = 60.0) -> list[End]:
    """What became of mutants, judged by two checks."""
    checks = tuple(check for check in catalog() if check.id in SEEING)
    assert len(checks) == len(SEEING)
    measure = Measure(
        sources(), settings=({},), checks=checks, start_seconds=start, judge_seconds=judged
    )
    return list(measure.run(found))


def edited(line: str, after: str) -> Mutant:
    """A mutant of the module `access` that nobody draws: a line becomes another."""
    text = sources()[ACCESS].encode()
    start = text.index(line.encode())
    return Mutant(ACCESS, "", "", 0, line, line, after, start, start + len(line.encode()))


def kinds(ends: Iterable[End]) -> list[str]:
    """How mutants ended."""
    return [end.kind for end in ends]


GUARD = 'raise Refusal(unauthorized(provider, None, "Send a bearer token."))'


def test_a_mutant_that_lets_anyone_in_is_found_and_another_word_is_not() -> None:
    """A check names what it saw; what the standard leaves free is no fault."""
    killed = access(f"{GUARD} -> pass")
    free = edited('"Send a bearer token."', '"Please send a bearer token."')
    unborn = edited("def authorized(", "raise SystemExit(3)\ndef authorized(")
    ends = measured(killed, free, unborn)
    assert kinds(ends) == ["failed", "survived", "not started"]
    assert ends[0].by[0][0] == "core.request_without_token_is_refused"
    assert mutants.by_kind(ends)["survived"] == 1
    assert [end.mutant for end in mutants.alive(ends)] == [free]


@pytest.mark.full
def test_a_mutant_that_hangs_or_falls_over_ends_in_bounded_time() -> None:
    """Before it listens, while it answers, and with the whole process."""
    ends = measured(
        edited("def authorized(", "while True: pass\ndef authorized("),
        edited(GUARD, "import os; os._exit(3)"),
        edited(GUARD, "import time; time.sleep(60)"),
        start=5.0,
        judged=5.0,
    )
    assert kinds(ends) == ["not started", "crashed", "timed out"]
    assert all(end.seconds < 25 for end in ends)
    assert [end.killed for end in ends] == [True, True, False]


@pytest.mark.full
def test_a_provider_that_is_broken_as_it_is_proves_nothing() -> None:
    """Where the suite finds something without any mutant, the measure says so."""
    texts = sources()
    broken = access(f"{GUARD} -> pass").text(texts[ACCESS])
    first = {ACCESS: broken, **{name: text for name, text in texts.items() if name != ACCESS}}
    with pytest.raises(RuntimeError, match="the provider as it is does not pass: failed"):
        Measure(first, settings=({},)).run([])


@pytest.mark.full
def test_each_reason_is_for_a_mutant_that_is_there() -> None:
    """A reason whose line has changed is stale, and one that is made up would be too."""
    assert stale(reasons(), sources(), ()) == []
    key = (ACCESS, "no such line", "a -> b", 0)
    assert stale([key], sources(), ()) == [
        f"{ACCESS} | no such line | a -> b: there is no such mutant"
    ]
    killed = End(replace(access(f"{GUARD} -> pass")), "failed")
    assert stale([killed.mutant.key], sources(), (killed,)) == [
        f"{' | '.join(killed.mutant.key[:3])}: it is found"
    ]
