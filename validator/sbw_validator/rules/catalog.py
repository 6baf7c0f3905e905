"""Rules of class catalog: tax rates add up, validity has a direction, variants have options."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.rules import rule
from sbw_validator.rules.arrays import members, of_elements

MOST_COMPONENTS = 20
EXACT = Context(prec=1000, rounding=ROUND_HALF_UP)
"""Digits for so many components of 25 digits each, all of them compound."""
FINEST = Decimal("1E-10")
PERCENT = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TAXED = {"S": "a percent above 0", "L": "a percent of 0 or more", "M": "a percent of 0 or more"}
UNTAXED = ("Z", "E", "AE", "K", "G")
OUTSIDE = "O"
WITHOUT_REASON = ("S", "Z", "L", "M")
TIMED = ("product", "price_list", "tax_rate")
ONCE = (("prices", "id"), ("variants", "id"), ("options", "name"))
Choice = tuple[str, str]


@rule("T1", types=("tax_rate",), on_patch=True)
def percent_is_the_sum_of_the_components(record: dict[str, Any]) -> Iterator[Finding]:
    """The percent of a tax rate is what its components come to, one levied after the other."""
    percent, parts = _percent(record.get("percent")), _components(record.get("components"))
    if percent is None or not parts:
        return
    total, terms = Decimal(0), []
    for part, compound in parts:
        if compound and total:
            terms.append(f"{_plain(part)} x (100 + {_plain(total)}) / 100")
            part = EXACT.multiply(part, EXACT.add(100, total)).scaleb(-2, EXACT)  # noqa: PLW2901
        else:
            terms.append(_plain(part))
        total = EXACT.add(total, part)
    expected = total.quantize(FINEST, context=EXACT)
    if percent == expected:
        return
    cut = "" if expected == total else ", to ten decimals"
    place = pointer_to("components")
    yield Finding(
        requirement="T1",
        pointer="/percent",
        expected=f"percent = {' + '.join(terms)} = {_plain(expected)}{cut}",
        got=shown(record["percent"]),
        hint="Mend the percent, or the component that is wrong.",
        keyword="rule",
        pointers=(
            "",
            place,
            *(f"{place}/{i}{leaf}" for i in range(len(parts)) for leaf in PART_LEAVES),
        ),
    )


PART_LEAVES = ("", "/percent", "/compound")


@rule("T2", types=("tax_rate",))
def percent_goes_with_the_category(record: dict[str, Any]) -> Iterator[Finding]:
    """A category of tax says whether there is a percent, and whether it is 0.

    Source: EN 16931, BR-S-05, BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05, BR-G-05, BR-O-05, BR-AF-05
    and BR-AG-05.
    """
    category, percent = record.get("category"), record.get("percent")
    number = _percent(percent)
    if percent is not None and number is None:
        return
    if category == OUTSIDE:
        astray = [name for name in ("percent", "components") if record.get(name)]
        for name in astray:
            hint = f"Remove `{name}`, or choose another category."
            yield _of_category(f"no {name} in category O", shown(record[name]), hint, name)
        return
    if category in TAXED:
        expected, good = TAXED[category], number is not None and (number > 0 or category != "S")
    elif category in UNTAXED:
        expected, good = "percent = 0", number == 0
    else:
        return
    if not good:
        got = "nothing" if percent is None else shown(percent)
        hint = "Mend the percent, or choose another category."
        yield _of_category(f"{expected} in category {category}", got, hint, "percent")


def _of_category(expected: str, got: str, hint: str, name: str) -> Finding:
    pointers = ("", f"/{name}", "/category")
    return Finding("T2", f"/{name}", expected, got, hint, "rule", pointers=pointers)


@rule("T3", types=TIMED, on_patch=True)
def validity_does_not_end_before_it_begins(record: dict[str, Any]) -> Iterator[Finding]:
    """What holds from a day through a day holds for one day at least."""
    parts = (((), record), *((("prices", i), p) for i, p in members(record.get("prices"))))
    for path, part in parts:
        first, last = _day(part.get("valid_from")), _day(part.get("valid_through"))
        if first is None or last is None or first <= last:
            continue
        element, leaf = pointer_to(*path), pointer_to(*path, "valid_through")
        yield Finding(
            requirement="T3",
            pointer=leaf,
            expected=f"{first} or a later day",
            got=shown(last),
            hint="Mend one of the two days.",
            keyword="rule",
            pointers=(element, pointer_to(*path, "valid_from"), leaf),
        )


@rule("T4", types=("tax_rate",), on_patch=True)
def what_is_taxed_has_no_reason_for_an_exemption(record: dict[str, Any]) -> Iterator[Finding]:
    """Where tax is due, even if it is 0 %, nothing is exempt (EN 16931, BR-S-10, BR-Z-10...)."""
    category, reason = record.get("category"), record.get("exemption_reason")
    if category in WITHOUT_REASON and reason is not None:
        yield Finding(
            requirement="T4",
            pointer="/exemption_reason",
            expected=f"no exemption_reason in category {category}",
            got=shown(reason),
            hint="Remove the reason, or choose the category of the exemption.",
            keyword="rule",
            pointers=("", "/exemption_reason", "/category"),
        )


@rule("T5", types=("tax_rate",), on_patch=True)
def each_component_has_a_name_of_its_own(record: dict[str, Any]) -> Iterator[Finding]:
    """A document tells the components of a rate apart by their names."""
    yield from _each_once("T5", record, "components", "name")


@rule("PROD1", types=("product",), on_patch=True)
def each_part_of_a_product_has_a_name_of_its_own(record: dict[str, Any]) -> Iterator[Finding]:
    """Prices, variants and options are found again by id or name."""
    for array, leaf in ONCE:
        yield from _each_once("PROD1", record, array, leaf)


@rule("PROD2", types=("product",))
def variants_choose_among_the_options(record: dict[str, Any]) -> Iterator[Finding]:
    """A variant takes values that the options of the product have, of each option one at most."""
    options = {_text(o.get("name")): _texts(o) for _, o in members(record.get("options"))}
    for index, variant in members(record.get("variants")):
        taken: set[str] = set()
        for place, (option, value) in _choices(variant):
            element = pointer_to("variants", index, "option_values", place)
            if option not in options:
                leaf, expected, got = "option", "the name of an option of the product", option
            elif option in taken:
                leaf, expected, got = "option", "each option once in a variant", option
            elif value not in options[option]:
                leaf, expected, got = "value", f"a value of the option {shown(option)}", value
            else:
                taken.add(option)
                continue
            yield Finding(
                requirement="PROD2",
                pointer=f"{element}/{leaf}",
                expected=expected,
                got=shown(got),
                hint="Mend it, or add it to `options`.",
                keyword="rule",
                pointers=(element, f"{element}/option", f"{element}/value", "/options"),
            )


@rule("PROD3", types=("product",), on_patch=True)
def each_variant_is_another_choice(record: dict[str, Any]) -> Iterator[Finding]:
    """No two variants of a product choose the same."""
    found: dict[frozenset[Choice], list[int]] = {}
    for index, variant in members(record.get("variants")):
        chosen = frozenset(choice for _, choice in _choices(variant))
        found.setdefault(chosen, []).append(index)
    for chosen, indexes in found.items():
        if chosen and len(indexes) > 1:
            hint = "Keep one of them, or let it choose something else."
            place = ("variants", indexes, "option_values")
            yield of_elements("PROD3", place, "each choice of option values once", hint)


def _each_once(id_: str, record: dict[str, Any], array: str, leaf: str) -> Iterator[Finding]:
    """Yield what stands twice as the same member of the elements of an array."""
    places: dict[str, list[int]] = {}
    for index, element in members(record.get(array)):
        name = element.get(leaf)
        if isinstance(name, str):
            places.setdefault(_text(name), []).append(index)
    for found in places.values():
        if len(found) > 1:
            hint = "Give each of them another one."
            yield of_elements(id_, (array, found, leaf), f"each `{leaf}` in `{array}` once", hint)


def _choices(variant: dict[str, Any]) -> Iterator[tuple[int, Choice]]:
    for index, choice in members(variant.get("option_values")):
        option, value = choice.get("option"), choice.get("value")
        if isinstance(option, str) and isinstance(value, str):
            yield index, (_text(option), _text(value))


def _texts(option: dict[str, Any]) -> set[str]:
    values = option.get("values")
    return {_text(value) for value in values} if isinstance(values, list) else set()


def _text(value: Any) -> str:
    """Return a text as Same value compares it; nothing for anything else."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else ""


def _components(array: Any) -> list[tuple[Decimal, bool]]:
    """Return percent and whether it is compound of each component; none if one is not sound."""
    if not isinstance(array, list) or len(array) > MOST_COMPONENTS:
        return []
    parts = [
        (percent, part.get("compound") is True)
        for _, part in members(array)
        if (percent := _percent(part.get("percent"))) is not None
    ]
    return parts if len(parts) == len(array) else []


def _percent(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) and PERCENT.fullmatch(value) else None


def _plain(number: Decimal) -> str:
    """Return a number without an exponent and without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(value: Any) -> str | None:
    """Return a day as text, which is in order as days are."""
    return value if isinstance(value, str) and DAY.fullmatch(value) else None
