"""Seeded defects: the provider as tired vendors really build it, one mistake at a time.

A defect acts wherever it can. What a request says of its sender, such as its User-Agent or the
app ids in its external ids, makes no difference to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import TypeVar

from sbw_reference.behaviour import Behaviour
from sbw_reference.defects import (
    authorization,
    batches,
    bodies,
    catalog,
    conditional,
    contacts,
    controls,
    declared,
    discovery,
    external_ids,
    families,
    faults,
    fields,
    filters,
    gates,
    identities,
    instants,
    keys,
    lenience,
    links,
    lists,
    looks,
    memories,
    merges,
    mutants_access,
    mutants_answers,
    mutants_neighbours,
    names,
    own,
    parts,
    problems,
    protocol,
    races,
    records,
    representation,
    retries,
    stamps,
    texts,
    updates,
    upserts,
    variants,
    variants_http,
    variants_ids,
    variants_lists,
    variants_values,
    versions,
    walks,
)
from sbw_reference.defects.defect import Counter, Defect, apply
from sbw_reference.defects.variants import Variant
from sbw_reference.errors import UsageError

T = TypeVar("T")

__all__ = ["Counter", "Defect", "Variant", "apply", "behave", "defects", "variants_by_id"]


@cache
def defects() -> dict[str, Defect]:
    """Return all defects by id, in the order of the text."""
    modules = (
        discovery,
        declared,
        authorization,
        representation,
        own,
        fields,
        versions,
        updates,
        retries,
        conditional,
        problems,
        protocol,
        bodies,
        lenience,
        links,
        external_ids,
        filters,
        upserts,
        records,
        lists,
        looks,
        memories,
        races,
        instants,
        contacts,
        catalog,
        identities,
        batches,
        controls,
        texts,
        merges,
        stamps,
        walks,
        keys,
        names,
        faults,
        gates,
        parts,
        mutants_access,
        mutants_answers,
        mutants_neighbours,
    )
    listed = [defect for module in modules for defect in module.DEFECTS]
    return {defect.id: defect for defect in (*listed, *families.generated())}


def variants_by_id() -> dict[str, Variant]:
    """Return all variants by id."""
    modules = (variants, variants_http, variants_ids, variants_lists, variants_values)
    return {variant.id: variant for module in modules for variant in module.VARIANTS}


@dataclass(frozen=True, slots=True)
class Composed:
    """A behaviour, and the counter of its defect's firings; zero for ever without a defect."""

    behaviour: Behaviour
    counter: Counter


def behave(defect: str | None, variant: str | None) -> Composed:
    """Return the behaviour of a variant with a defect; UsageError for an id that there is not.

    A defect of a variant brings it along where no other one is asked for.
    """
    behaviour, counter = Behaviour(), Counter()
    mistake = known(defect, defects(), "defect") if defect is not None else None
    variant = variant or (mistake.variant if mistake is not None else None)
    if variant is not None:
        behaviour = known(variant, variants_by_id(), "variant").apply(behaviour)
    if mistake is not None:
        behaviour = apply(mistake, behaviour, counter)
    return Composed(behaviour, counter)


def known(id_: str, there: Mapping[str, T], kind: str) -> T:
    """Return what an id names; UsageError with the nearest ids if it names nothing."""
    if id_ not in there:
        near = get_close_matches(id_, there, 3) or sorted(there)[:3]
        raise UsageError(f"There is no {kind} {id_!r}; near to it are {', '.join(near)}.")
    return there[id_]


def to_json(found: Iterable[Defect]) -> list[dict[str, object]]:
    """Return what the command `defects --json` prints."""
    return [
        {
            "id": defect.id,
            "title": defect.title,
            "expects": list(defect.expects),
            "operations": list(defect.operations),
            "seam": defect.seam,
            "reason": defect.reason,
            "types": list(defect.types),
            "variant": defect.variant,
            "parallel": defect.parallel,
        }
        for defect in found
    ]
