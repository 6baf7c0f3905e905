"""Rules of class contacts."""

import re
from collections.abc import Iterator
from typing import Any

from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.rules import rule
from sbw_validator.rules.arrays import each_address_once, members, of_elements, one_preferred

NAME = ("full", "given", "family")
CHANNELS = ("emails", "phones")
VAT = re.compile(r"[A-Z]{2}[0-9A-Za-z]{2,13}")
# Where the prefix is not the ISO 3166-1 code, or not only (EN 16931, BR-CO-09).
VAT_PREFIXES = {"GR": ("EL",), "GB": ("GB", "XI")}


@rule("C1", types=("contact",))
def somebody_can_be_told_apart(record: dict[str, Any]) -> Iterator[Finding]:
    """A contact has a name, an e-mail address or a phone."""
    name = record.get("name")
    if isinstance(name, dict) and any(name.get(part) for part in NAME):
        return
    if any(record.get(channel) for channel in CHANNELS):
        return
    places = [("name", part) for part in NAME] + [(channel,) for channel in CHANNELS]
    yield Finding(
        requirement="C1",
        pointer="",
        expected="a name (full, given or family), an e-mail address or a phone",
        got="none of them",
        hint="Add a name, an e-mail address or a phone.",
        keyword="rule",
        pointers=("", "/name", *(pointer_to(*place) for place in places)),
    )


rule("C2", types=("contact",), on_patch=True)(one_preferred("C2"))
rule("O3", types=("organization",), on_patch=True)(one_preferred("O3"))
rule("C6", types=("contact",), on_patch=True)(each_address_once("C6"))
rule("O4", types=("organization",), on_patch=True)(each_address_once("O4"))


@rule("C7", types=("contact",), on_patch=True)
def one_organization_is_primary(record: dict[str, Any]) -> Iterator[Finding]:
    """A contact has at most one primary organization."""
    found = [i for i, item in members(record.get("organizations")) if item.get("primary") is True]
    if len(found) > 1:
        expected = "one element at most that is `primary`"
        hint = "Keep `true` for the main one."
        yield of_elements("C7", ("organizations", found, "primary"), expected, hint)


@rule("O2", types=("organization",), on_patch=True)
def a_vat_number_begins_with_its_country(record: dict[str, Any]) -> Iterator[Finding]:
    """An identifier with the scheme `vat` begins with the prefix of its country."""
    for index, item in members(record.get("identifiers")):
        value, country = item.get("value"), item.get("country")
        if item.get("scheme") != "vat" or not isinstance(value, str):
            continue
        prefixes = VAT_PREFIXES.get(country, (country,)) if isinstance(country, str) else ()
        if VAT.fullmatch(value) and (not prefixes or value[:2] in prefixes):
            continue
        element = pointer_to("identifiers", index)
        begin = " or ".join(prefixes) or "two capital letters"
        yield Finding(
            requirement="O2",
            pointer=f"{element}/value",
            expected=f"{begin}, then 2 to 13 letters or digits",
            got=shown(value),
            hint="Write the number with the prefix of its country and without spaces.",
            keyword="rule",
            pointers=(element, f"{element}/value", f"{element}/country", f"{element}/scheme"),
        )
