"""The seeded defects as data, and how they take the place of a seam."""

import ast
import re
from collections import Counter as Tally
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from tests.reference.support import Api, serving, texts

from sbw_reference.behaviour import Behaviour
from sbw_reference.defects import behave, defects
from sbw_reference.defects.defect import OPERATIONS, Counter, Defect, apply
from sbw_reference.errors import UsageError
from sbw_validator.requirements import Requirement, load_requirements
from sbw_validator.standard import load_standard

FOLDER = Path(__file__).parents[2] / "reference" / "sbw_reference" / "defects"
MARK = re.compile(r"([a-z]+)(=[2-5][0-9][0-9]|\+HEAD|\+[a-z-]+|\?[a-z_]+|(?:/[a-z_]+){1,2})?")
SEAMS = {field.name for field in fields(Behaviour)}
ALL = tuple(defects().values())


@cache
def requirements() -> dict[str, Requirement]:
    """The requirements that bind a provider and that the suite checks, by id."""
    return {
        entry.id: entry
        for entry in load_requirements(load_standard())
        if entry.role == "provider" and entry.kind == "checked"
    }


@pytest.mark.parametrize("defect", ALL, ids=lambda defect: defect.id)
def test_a_defect_is_complete(defect: Defect) -> None:
    """It expects requirements that are checked, acts on operations, and sits in a seam."""
    assert defect.expects
    assert set(defect.expects) <= set(requirements())
    assert len(set(defect.expects)) == len(defect.expects)
    assert len(defect.expects) <= 3 or defect.reason
    assert defect.operations
    assert len(set(defect.operations)) == len(defect.operations)
    for mark in set(defect.operations) - {"*"}:
        found = MARK.fullmatch(mark)
        assert found is not None, mark
        assert found[1] in OPERATIONS
    assert set(defect.types) <= set(load_standard().resources)
    assert defect.seam in SEAMS
    assert defect.title
    assert not defect.title.endswith(".")


def test_ids_are_unique() -> None:
    """No defect hides another one."""
    assert len(ALL) > 100
    listed = Tally(defect.id for defect in ALL)
    assert set(listed.values()) == {1}
    assert len({defect.title for defect in ALL}) == len(ALL)


def test_each_requirement_is_broken_by_two_defects() -> None:
    """Each checked requirement is expected first by two different mistakes at least."""
    first = Tally(defect.expects[0] for defect in ALL)
    assert {name: first[name] for name in requirements() if first[name] < 2} == {}


def test_families_come_from_the_standard() -> None:
    """Members are lost in each array and in the name, and each rule is let pass."""
    ids = {defect.id for defect in ALL}
    lost = {one.partition(":")[2].split("/")[1] for one in ids if one.startswith("drops-member:")}
    assert lost >= {"name", "emails", "phones", "addresses"}
    assert {"accepts-violation:C1", "accepts-violation:C2"} <= ids


def test_no_defect_looks_at_who_asks() -> None:
    """No string in the defects' code names the suite, its runs or a header that tells them."""
    told = ("conformance", "user-agent", "hypothesis", "run_id", "pytest")
    for file in sorted(FOLDER.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found = [text for text in texts(tree) if any(word in text.lower() for word in told)]
        assert found == [], file.name


def test_a_defect_counts_where_it_differs() -> None:
    """The seam runs as replaced; only a result or an exception that differs is a firing."""
    defect = Defect("x", "X", ("CORE-074",), ("list",), "limit", _fragile)
    counter = Counter()
    behaviour = apply(defect, Behaviour(), counter)
    assert [behaviour.limit(text) for text in ("7", "8")] == [7, 9]
    assert counter.count == 1
    with pytest.raises(ValueError, match="nine"):
        behaviour.limit("9")
    assert counter.count == 2
    assert Behaviour().limit("8") == 8


def _fragile(original: object) -> object:
    def limit(text: str) -> int:
        if text == "9":
            raise ValueError("nine")
        return int(original(text)) + (text == "8")  # type: ignore[operator]

    return limit


def test_an_unknown_defect_is_told() -> None:
    """The nearest ids are named."""
    with pytest.raises(UsageError, match=r"near to it are .*landing-redirects"):
        behave("landing-redirect", None)


@pytest.mark.parametrize(
    ("defect", "status"), [("landing-redirects", 302), ("landing-needs-token", 401), (None, 200)]
)
def test_middleware_stands_in_front(defect: str | None, status: int) -> None:
    """A defect of the gateway answers in place of the app, and counts itself."""
    composed = behave(defect, None)
    with serving(behaviour=composed.behaviour) as running:
        assert Api(running, None)("GET", "/").status == status
    assert composed.counter.count == (defect is not None)
