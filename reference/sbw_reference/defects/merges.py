"""Mistakes in what a patch does to the record that is there."""

from collections.abc import Callable, Mapping
from typing import Any

from sbw_reference.defects.defect import Defect

Body = Mapping[str, Any]
CHANGES = ("update=200", "update=422", "upsert=200")
UPSERT = "upsert"
FIELDS = "custom_fields"
EXTENSIONS = "extensions"
NAMES = "external_ids"


def _patches(change: Callable[[Body, Body], Any]) -> Any:
    """Change what a patch says of a record, which comes second."""

    def make(original: Any) -> Any:
        def patch(sent: Any, before: Body, operation: str) -> Any:
            given = original(sent, before, operation)
            return change(given, before) if isinstance(given, Mapping) else given

        return patch

    return make


def _upserts(change: Callable[[Body, Body], Any]) -> Any:
    """Change what an upsert says of the record that it finds."""

    def make(original: Any) -> Any:
        def patch(sent: Any, before: Body, operation: str) -> Any:
            given = original(sent, before, operation)
            there = operation == UPSERT and isinstance(given, Mapping)
            return change(given, before) if there else given

        return patch

    return make


def _element_by_element(old: Any, new: Any) -> Any:
    """Return the elements of a patch, each laid over the one that stands in its place."""
    if not isinstance(old, list) or not isinstance(new, list):
        return new
    pairs = [(old[place] if place < len(old) else None, item) for place, item in enumerate(new)]
    return [
        {**before, **item} if isinstance(before, dict) and isinstance(item, dict) else item
        for before, item in pairs
    ]


def _merged_elements(patch: Body, before: Body) -> Body:
    return {
        name: value if name == NAMES else _element_by_element(before.get(name), value)
        for name, value in patch.items()
    }


def _without_nothing(value: Any) -> Any:
    """Leave out what is false where a program asks `if value`; null still removes."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: _without_nothing(member)
        for name, member in value.items()
        if member is None or isinstance(member, (Mapping, list)) or member
    }


def _whole_fields(patch: Body, before: Body) -> Body:
    fields = patch.get(FIELDS)
    if not isinstance(fields, Mapping):
        return patch
    gone = {key: None for key in before.get(FIELDS, {}) if key not in fields}
    return {**patch, FIELDS: {**fields, **gone}}


def _lasting(name: str) -> Callable[[Body, Body], Body]:
    """Return a change that leaves null out of an object."""

    def change(patch: Body, _before: Body) -> Body:
        inner = patch.get(name)
        if not isinstance(inner, Mapping):
            return patch
        return {**patch, name: {key: value for key, value in inner.items() if value is not None}}

    return change


def _replaced_inside(merge: Any) -> Any:
    """Merge objects of the top level, and replace those in them."""

    def merged(current: Any, patch: Any) -> Any:
        result = merge(current, patch)
        for name, value in patch.items() if isinstance(patch, Mapping) else ():
            for inner, member in value.items() if isinstance(value, Mapping) else ():
                if isinstance(member, Mapping):
                    result[name][inner] = merge({}, member)
        return result

    return merged


def _replacement(patch: Body, before: Body) -> Body:
    """Take what is sent for all that the record shall have."""
    gone = {name: None for name in before if name not in patch and name != NAMES}
    return {**patch, **gone}


DEFECTS = (
    Defect(
        "patch-merges-elements",
        "An update lays each element of an array over the one that stood in its place",
        ("CORE-047",),
        CHANGES,
        "patch",
        _patches(_merged_elements),
    ),
    Defect(
        "patch-ignores-empty-arrays",
        "An empty array in an update changes nothing",
        ("CORE-047",),
        CHANGES,
        "patch",
        _patches(
            lambda patch, _before: {name: value for name, value in patch.items() if value != []}
        ),
    ),
    Defect(
        "patch-ignores-false",
        "An update passes over false, 0 and empty text, as a program asks whether a value is there",
        ("CORE-047", "CORE-040", "CORE-052"),
        CHANGES,
        "patch",
        _patches(lambda patch, _before: _without_nothing(patch)),
    ),
    Defect(
        "patch-clears-other-fields",
        "An update that names a custom field clears all others",
        ("CORE-047",),
        CHANGES,
        "patch",
        _patches(_whole_fields),
    ),
    Defect(
        "fields-never-removed",
        "null does not remove a custom field",
        ("CORE-047",),
        CHANGES,
        "patch",
        _patches(_lasting(FIELDS)),
    ),
    Defect(
        "extensions-never-removed",
        "null does not remove an app's extension",
        ("CORE-047",),
        CHANGES,
        "patch",
        _patches(_lasting(EXTENSIONS)),
    ),
    Defect(
        "patch-replaces-inner-objects",
        "An update merges objects of the top level and replaces those inside of them",
        ("CORE-047",),
        CHANGES,
        "merge",
        _replaced_inside,
    ),
    Defect(
        "upsert-replaces",
        "An upsert removes what it does not send from the record that is there",
        ("CORE-122",),
        ("upsert=200", "upsert=422"),
        "patch",
        _upserts(_replacement),
    ),
    Defect(
        "upsert-takes-other-names-away",
        "An upsert leaves the record no external id but its own",
        ("CORE-122",),
        ("upsert=200",),
        "patch",
        _upserts(lambda patch, _before: {**patch, NAMES: []}),
    ),
)
