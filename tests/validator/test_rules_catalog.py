"""Rules of class catalog."""

from typing import Any

import pytest

from sbw_validator.findings import Finding
from sbw_validator.rules import rules_for

RATE = {"category": "S", "percent": "19"}


def findings(value: dict[str, Any], type_: str = "tax_rate") -> list[Finding]:
    """Return what the rules find in a record."""
    return [finding for rule in rules_for(type_) for finding in rule.check(value)]


def broken(value: dict[str, Any], type_: str = "tax_rate") -> list[tuple[str, str]]:
    """Return requirement and pointer of each rule that a record breaks."""
    return [(finding.requirement, finding.pointer) for finding in findings(value, type_)]


def parts(*percents: str | tuple[str, bool]) -> list[dict[str, Any]]:
    """Return components by their percent, in a pair with whether they are compound."""
    pairs = [percent if isinstance(percent, tuple) else (percent, None) for percent in percents]
    return [
        {"name": str(number), "percent": percent} | ({} if flag is None else {"compound": flag})
        for number, (percent, flag) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("percent", "components"),
    [
        ("14.975", parts("5", "9.975")),
        ("14.9750", parts("5.00", ("9.975", False))),
        ("14.975", parts("5", ("9.5", True))),
        ("12.1", parts(("2", True), ("5", True), "5")),
        ("0.3", parts("0.1", "0.2")),
        ("10.0000000001", parts("10", ("0.0000000001", True))),
        ("1000000000000000", [*parts("999999999999999"), *parts("1")]),
        ("99", []),
        ("99", None),
        ("99", [*parts("1"), "1"]),
        ("99", [*parts("1"), {"name": "GST"}]),
        ("99", [*parts("1"), {"percent": 19}]),
        (99, parts("1")),
        ("99", parts(*(["1"] * 21))),
        ("99", {"percent": "1"}),
    ],
)
def test_t1_is_kept_by_a_sum_and_by_what_the_schema_refuses(percent: Any, components: Any) -> None:
    """T1 adds components exactly, and passes over what is no list of them."""
    found = broken({"category": "S", "percent": percent, "components": components})
    assert [one for one in found if one[0] == "T1"] == []


@pytest.mark.parametrize(
    ("percent", "components", "expected"),
    [
        ("15", parts("5", "9.975"), "percent = 5 + 9.975 = 14.975"),
        ("14.5", parts("5", ("9.5", True)), "percent = 5 + 9.5 x (100 + 5) / 100 = 14.975"),
        ("16.0000000000", parts("19.50"), "percent = 19.5 = 19.5"),
        ("0.1", parts("0"), "percent = 0 = 0"),
        (
            "0.0000000001",
            parts("1", ("0.0000000049", True)),
            "percent = 1 + 0.0000000049 x (100 + 1) / 100 = 1.0000000049, to ten decimals",
        ),
        (
            "0.0000000001",
            parts("50", ("0.0000000003", True)),
            "percent = 50 + 0.0000000003 x (100 + 50) / 100 = 50.0000000005, to ten decimals",
        ),
    ],
)
def test_t1_prints_the_equation(
    percent: str, components: list[dict[str, Any]], expected: str
) -> None:
    """T1 puts the numbers into the equation, and says where it rounds half up."""
    [found] = findings({"category": "S", "percent": percent, "components": components})
    assert (found.requirement, found.pointer, found.expected) == ("T1", "/percent", expected)
    assert {"", "/components", "/components/0/percent", "/components/0/compound"} <= set(
        found.pointers
    )


@pytest.mark.parametrize(
    ("category", "percent", "kept"),
    [
        ("S", "0.01", True),
        ("S", "0", False),
        ("S", None, False),
        *((category, "0.00", True) for category in ("Z", "E", "AE", "K", "G", "L", "M")),
        *((category, "19", False) for category in ("Z", "E", "AE", "K", "G", "O")),
        *((category, None, False) for category in ("Z", "E", "AE", "K", "G", "L", "M")),
        ("L", "7", True),
        ("M", "0.5", True),
        ("O", None, True),
        ("O", "0", False),
        ("B", "19", True),
        (None, "19", True),
        ("Z", 19, True),
        ("Z", "19 %", True),
    ],
)
def test_t2_holds_the_percent_against_the_category(
    category: Any, percent: Any, *, kept: bool
) -> None:
    """T2 knows what each category takes; what the schema refuses is the schema's matter."""
    value = {"category": category} | ({} if percent is None else {"percent": percent})
    assert broken(value) == ([] if kept else [("T2", "/percent")])


def test_t2_leaves_nothing_to_add_up_where_nothing_is_taxed() -> None:
    """T2 refuses components in category O, and says what it expects."""
    [found] = findings({"category": "O", "components": parts("0")})
    assert (found.pointer, found.expected) == ("/components", "no components in category O")
    assert broken({"category": "O", "components": []}) == []
    [found] = findings({"category": "S", "percent": "0"})
    assert str(found).startswith('T2 /percent: expected a percent above 0 in category S, got "0".')


@pytest.mark.parametrize("type_", ["product", "price_list", "tax_rate"])
@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        ("2026-01-01", "2026-01-01", True),
        ("2025-12-31", "2026-01-01", True),
        ("2026-01-01", "2025-12-31", False),
        ("2026-01-01", None, True),
        (None, "2025-12-31", True),
        ("9", "2025-12-31", True),
        (2, 1, True),
    ],
)
def test_t3_takes_days_in_their_order(type_: str, first: Any, last: Any, *, kept: bool) -> None:
    """T3 holds for records and for prices; one day is enough."""
    times = {"valid_from": first, "valid_through": last}
    value: dict[str, Any] = {**RATE, **times, "prices": [None, {}, times]}
    wanted = [] if kept else [("T3", "/valid_through"), ("T3", "/prices/2/valid_through")]
    assert broken(value, type_) == wanted


@pytest.mark.parametrize(
    ("category", "percent", "kept"),
    [*((c, "1", False) for c in "SLM"), ("Z", "0", False), *((c, "0", True) for c in "EKG")],
)
def test_t4_keeps_reasons_to_what_is_exempt(category: str, percent: str, *, kept: bool) -> None:
    """T4 refuses a reason where tax is due."""
    value = {"category": category, "percent": percent, "exemption_reason": {"text": "x"}}
    assert broken(value) == ([] if kept else [("T4", "/exemption_reason")])
    assert broken({**value, "exemption_reason": None}) == []


def test_t5_tells_components_apart() -> None:
    """T5 compares names as Same value does."""
    components = [{"name": "Zoe\u0308"}, {"name": "zoë"}, {}, {"name": "Zoë"}]
    assert broken({**RATE, "components": components}) == [("T5", "/components/3/name")]


@pytest.mark.parametrize(
    ("array", "leaf"), [("prices", "id"), ("variants", "id"), ("options", "name")]
)
def test_prod1_tells_parts_apart(array: str, leaf: str) -> None:
    """PROD1 is broken by a name that stands twice in one array, not by one in two."""
    value = {array: [{leaf: "a"}, {leaf: "b"}, {}, {leaf: "a"}, 1], "others": [{leaf: "b"}]}
    assert broken(value, "product") == [("PROD1", f"/{array}/3/{leaf}")]
    value = {name: [{"id": "a", "name": "a"}] for name in ("prices", "variants", "options")}
    assert broken(value, "product") == []


SIZE = {"name": "Gro\u0308ße", "values": ["S", "M"]}
COLOUR = {"name": "Colour", "values": ["red"]}


@pytest.mark.parametrize(
    ("chosen", "pointers"),
    [
        ([("Größe", "S"), ("Colour", "red")], []),
        ([("Größe", "red")], ["0/value"]),
        ([("größe", "S")], ["0/option"]),
        ([("Größe", "S"), ("Größe", "M")], ["1/option"]),
        ([("Größe", 1), ("", "S")], ["1/option"]),
        ([], []),
    ],
)
def test_prod2_looks_for_what_is_chosen(chosen: list[tuple[Any, Any]], pointers: list[str]) -> None:
    """PROD2 is broken by an option or a value that the product does not have."""
    values = [{"option": option, "value": value} for option, value in chosen]
    variant = {"option_values": values}
    for options, wanted in (
        ([SIZE, COLOUR, None], pointers),
        (None, [f"{i}/option" for i, (o, v) in enumerate(chosen) if isinstance(v, str)]),
    ):
        found = broken({"options": options, "variants": [variant]}, "product")
        assert found == [("PROD2", f"/variants/0/option_values/{place}") for place in wanted]


def test_prod3_takes_the_same_choice_once() -> None:
    """PROD3 does not care for the order of the choice, nor for what else a variant says."""
    small, red = {"option": "Größe", "value": "S"}, {"option": "Colour", "value": "red"}
    variants = [
        {"option_values": [small, red], "sku": "1"},
        {"option_values": [small]},
        {"option_values": []},
        {},
        {"option_values": [red, small], "sku": "2"},
    ]
    found = broken({"options": [SIZE, COLOUR], "variants": variants}, "product")
    assert found == [("PROD3", "/variants/4/option_values")]
