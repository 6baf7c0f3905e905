"""Rules of class contacts."""

from collections.abc import Iterator
from typing import Any

from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.rules import rule

NAME = ("full", "given", "family")
CHANNELS = ("emails", "phones")


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


@rule("C2", types=("contact",), on_patch=True)
def one_element_is_preferred(record: dict[str, Any]) -> Iterator[Finding]:
    """An array holds at most one element whose `pref` is 1."""
    for name, array in record.items():
        if not isinstance(array, list):
            continue
        first = [index for index, element in enumerate(array) if _preferred(element)]
        if len(first) > 1:
            elements = [pointer_to(name, index) for index in first]
            yield Finding(
                requirement="C2",
                pointer=f"{elements[1]}/pref",
                expected="one element at most whose `pref` is 1",
                got=f"{len(first)} of them, at {shown(first)}",
                hint="Keep 1 for the element preferred most and give the others 2 to 100.",
                keyword="rule",
                pointers=(pointer_to(name), *elements, *(f"{item}/pref" for item in elements)),
            )


def _preferred(element: Any) -> bool:
    pref = element.get("pref") if isinstance(element, dict) else None
    return pref == 1 and not isinstance(pref, bool)
