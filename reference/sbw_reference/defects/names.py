"""Mistakes with the names that other apps have for records, and with references by them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.decisions import WRITTEN
from sbw_reference.defects.commits import rewritten
from sbw_reference.defects.defect import WRITTEN as STORED
from sbw_reference.defects.defect import Defect, kept
from sbw_reference.entries import Held
from sbw_reference.records import ExternalKey, Row, marked
from sbw_reference.store import Change
from sbw_validator.findings import Finding, parts_of

Body = dict[str, Any]
NAMES = "external_ids"
ADDRESSED = ("read?app", "upsert")


def _changes(change: Callable[[Change], Change]) -> Any:
    """Write something else than each change that was decided."""
    return rewritten(lambda decided: [change(item) for item in decided])


def _still_taken(item: Change) -> Change:
    """Keep the external ids that an update takes away in the index."""
    if item.before is None or not item.keep:
        return item
    keys = tuple(dict.fromkeys((*item.held.keys, *item.had.keys)))
    return replace(item, held=replace(item.held, keys=keys))


def _one_freed(item: Change) -> Change:
    """Leave what is deleted in a bin, with all its external ids but the first."""
    others = item.had.keys[1:]
    if item.keep or not others:
        return item
    row = marked(item.row, readable=False, listed=False)
    return replace(item, row=row, held=Held(others), keep=True)


def _each(change: Callable[[dict[str, str]], dict[str, str]]) -> Any:
    """Change the external ids that are stored."""
    return kept(lambda body: {**body, NAMES: [change(one) for one in body.get(NAMES, [])]})


def _addressed(change: Callable[[str], str]) -> Any:
    """Change the id that an address names."""

    def make(original: Any) -> Any:
        def external_key(given: Mapping[str, str]) -> ExternalKey:
            key: ExternalKey = original(given)
            return replace(key, id=change(key.id))

        return external_key

    return make


def _both(original: Any) -> Any:
    """Leave the external id beside the id that it was turned into."""

    def reference(written: Mapping[str, Any], id_: str | None) -> Body | None:
        found: Body | None = original(written, id_)
        return found if found is None else {**found, WRITTEN: written[WRITTEN]}

    return reference


def _first_released(original: Any) -> Any:
    def released(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        found: tuple[Row, ...] = original(rows)
        return found[:1]

    return released


def _first_looked_at(original: Any) -> Any:
    """Look no further than the first reference of an array."""

    def dangling(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(
            finding
            for finding in original(findings)
            if all(part == "0" or not part.isdecimal() for part in parts_of(finding.pointer))
        )

    return dangling


DEFECTS = (
    Defect(
        "external-ids-never-freed",
        "An external id that an update takes from a record stays taken",
        ("CORE-063",),
        ("update=200",),
        "commit",
        _changes(_still_taken),
    ),
    Defect(
        "deletion-frees-one-external-id",
        "Of several external ids a deletion frees the first",
        ("CORE-063",),
        ("delete=204",),
        "commit",
        _changes(_one_freed),
    ),
    Defect(
        "external-ids-in-lower-case",
        "External ids are stored in lower case",
        ("CORE-040", "CORE-060", "CORE-064", "CORE-120"),
        STORED,
        "keep",
        _each(lambda one: {**one, "id": one["id"].lower()}),
        reason="What is asked for by the id that was sent is not found",
    ),
    Defect(
        "accounts-not-stored",
        "External ids are stored without their account",
        ("CORE-040", "CORE-060", "CORE-061", "CORE-070", "BULK-004"),
        STORED,
        "keep",
        _each(lambda one: {name: value for name, value in one.items() if name != "account"}),
        reason="Two external ids that differ in their account are one, and no two records have it",
    ),
    Defect(
        "address-cut-at-slash",
        "What stands behind a slash in the external id of an address is lost",
        ("CORE-120",),
        ADDRESSED,
        "external_key",
        _addressed(lambda id_: id_.partition("/")[0] or id_),
    ),
    Defect(
        "address-in-latin-1",
        "The external id of an address is decoded as Latin-1",
        ("CORE-120",),
        ADDRESSED,
        "external_key",
        _addressed(lambda id_: id_.encode("utf-8", "surrogatepass").decode("latin-1")),
    ),
    Defect(
        "references-keep-external-ids",
        "A reference by external id is answered with both ids",
        ("CORE-141",),
        STORED,
        "reference",
        _both,
        types=("contact", "organization"),
    ),
    Defect(
        "deletion-releases-one-record",
        "Of several records that refer to a deleted one the first is released",
        ("CORE-142",),
        ("delete=204",),
        "released",
        _first_released,
    ),
    Defect(
        "references-behind-the-first-stored",
        "Of several references in an array the first is looked at",
        ("CORE-140",),
        ("create=422", "update=422", "upsert=422"),
        "dangling",
        _first_looked_at,
        types=("contact",),
    ),
)
