"""Rules that several types share: what the elements of one array owe each other."""

from collections.abc import Iterator
from typing import Any

from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.rules import Check
from sbw_validator.values import mailbox


def one_preferred(id_: str) -> Check:
    """Return the rule that an array holds at most one element whose `pref` is 1."""

    def check(record: dict[str, Any]) -> Iterator[Finding]:
        for name, array in record.items():
            first = [index for index, element in members(array) if _preferred(element)]
            if len(first) > 1:
                expected = "one element at most whose `pref` is 1"
                hint = "Keep 1 for the element preferred most and give the others 2 to 100."
                yield of_elements(id_, (name, first, "pref"), expected, hint)

    return check


def each_address_once(id_: str) -> Check:
    """Return the rule that no e-mail address stands twice, its domain compared without case."""

    def check(record: dict[str, Any]) -> Iterator[Finding]:
        places: dict[tuple[str, str], list[int]] = {}
        for index, element in members(record.get("emails")):
            address = element.get("address")
            if isinstance(address, str):
                places.setdefault(mailbox(address), []).append(index)
        for found in places.values():
            if len(found) > 1:
                expected = "each e-mail address once"
                hint = "Keep one of them, with the contexts of both."
                yield of_elements(id_, ("emails", found, "address"), expected, hint)

    return check


def members(array: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield index and element of the objects in an array; nothing for anything else."""
    if isinstance(array, list):
        yield from ((index, item) for index, item in enumerate(array) if isinstance(item, dict))


def of_elements(id_: str, place: tuple[str, list[int], str], expected: str, hint: str) -> Finding:
    """Return the finding that elements of an array do not go together.

    `place` is the name of the array, the indexes, and the member of the elements.
    """
    name, indexes, leaf = place
    elements = [pointer_to(name, index) for index in indexes]
    leaves = [element + pointer_to(leaf) for element in elements]
    return Finding(
        requirement=id_,
        pointer=leaves[1],
        expected=expected,
        got=f"{len(indexes)} of them, at {shown(indexes)}",
        hint=hint,
        keyword="rule",
        pointers=(pointer_to(name), *elements, *leaves),
    )


def _preferred(element: dict[str, Any]) -> bool:
    pref = element.get("pref")
    return pref == 1 and not isinstance(pref, bool)
