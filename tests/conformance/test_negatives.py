"""Bodies that break one constraint each: all constraints, alone, and by their own place."""

from collections import Counter

import pytest

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.negatives import BREAKING, UNKNOWN, Negative, negatives_of
from sbw_validator.rules import rules_for
from sbw_validator.schemas import load_schemas
from sbw_validator.shape import facets, places
from sbw_validator.standard import Resource, load_standard

STANDARD = load_standard()
WRITABLE = [r for r in STANDARD.resources.values() if "create" in r.operations]
UNBROKEN = {
    "/type": "no example writes its type",
    **{
        f"{reference}/{member}": why
        for resource in WRITABLE
        for reference in resource.refs
        for member, why in (
            ("external_id", "examples refer by id"),
            ("id", "what `not` forbids there, its pattern forbids too"),
        )
    },
}
"""Places with a constraint that no body breaks, with what lies below them, and why."""


def excused(place: str) -> bool:
    """Whether a constraint is not broken, for the reason in UNBROKEN."""
    return any(place == one or place.startswith(f"{one}/") for one in UNBROKEN)


@pytest.mark.parametrize("resource", WRITABLE, ids=lambda resource: resource.type)
def test_each_constraint_is_broken_by_a_body(resource: Resource) -> None:
    """Whatever keyword stands at whatever place, some body breaks it."""
    found = {(one.pattern, one.keyword) for one in negatives_of(STANDARD, resource)}
    bundle = load_schemas(STANDARD).bundle(resource.type, "create")
    missing = []
    for path, schema in places(bundle):
        place = "".join(f"/{pointers.escape(part)}" for part in path)
        said = {keyword for facet in facets(bundle, schema) for keyword in facet}
        closed = {UNKNOWN} if place and "properties" in said and UNKNOWN in said else set()
        wanted = (said & BREAKING.keys()) | closed
        missing += [(place, one) for one in sorted(wanted) if (place, one) not in found]
    assert [row for row in missing if not excused(row[0])] == []


@pytest.mark.parametrize("resource", WRITABLE, ids=lambda resource: resource.type)
def test_each_rule_is_broken_by_bodies(resource: Resource) -> None:
    """A rule is broken where the schema is kept, and by nothing that another rule forbids alone."""
    count = Counter(one.keyword for one in negatives_of(STANDARD, resource))
    assert all(count[rule.id] for rule in rules_for(resource.type))


@pytest.mark.parametrize("resource", WRITABLE, ids=lambda resource: resource.type)
def test_bodies_are_wrong_in_one_place(resource: Resource) -> None:
    """What the validator says of each is about the place that was broken, or what is around it."""
    odd = []
    for one in negatives_of(STANDARD, resource):
        findings = bodies.findings(STANDARD, resource, one.body)
        assert findings
        if one.keyword in BREAKING and not all(near(one, f.pointers) for f in findings):
            odd.append((one.name, [f.pointer for f in findings]))
    assert odd == []


def near(negative: Negative, places: tuple[str, ...]) -> bool:
    """Whether a finding leads to a place, into it, or to what holds it."""
    kinds = {pointers.kind_of(place) for place in places}
    above = negative.pattern.rpartition("/")[0]
    own = {negative.pattern, above, above.rpartition("/")[0]}
    return bool(kinds & own) or any(kind.startswith(negative.pattern) for kind in kinds)
