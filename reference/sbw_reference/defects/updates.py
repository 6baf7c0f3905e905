"""Mistakes in what is stored of a write, and in how an update is merged."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.defects.defect import WRITTEN, Defect, writing

Body = dict[str, Any]
SHORT = 100
FOREIGN = frozenset({"external_ids", "extensions", "custom_fields"})


def _kept(change: Callable[[Body], Body]) -> Any:
    """Change what is stored of a body."""
    return lambda original: lambda body, operation: change(original(body, operation))


def texts(change: Callable[[str], str], value: Any, name: str = "") -> Any:
    """Return a value with each text changed that a person wrote; what apps keep stays."""
    if isinstance(value, Mapping):
        return {
            key: member if key in FOREIGN else texts(change, member, key)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [texts(change, item, name) for item in value]
    return change(value) if isinstance(value, str) else value


def _arrays(change: Callable[[list[Any]], list[Any]]) -> Callable[[Body], Body]:
    """Change the arrays of the top level; external ids stay."""
    return lambda body: {
        name: change(value) if isinstance(value, list) and name != "external_ids" else value
        for name, value in body.items()
    }


def _cut(body: Body) -> Any:
    return texts(lambda text: text[:SHORT], body)


def _one_line(body: Body) -> Any:
    return texts(lambda text: " ".join(text.split()).replace("\n", " "), body)


def _without_empty_tail(items: list[Any]) -> list[Any]:
    return items[:1]


def _shallow(merge: Any) -> Any:
    """Replace the members of the top level, nested objects too."""

    def merged(current: Mapping[str, Any], patch: Mapping[str, Any]) -> Any:
        emptied = {
            name: value for name, value in current.items() if not isinstance(patch.get(name), dict)
        }
        return merge(emptied, patch)

    return merged


def _ignoring_null(merge: Any) -> Any:
    def without(patch: Any) -> Any:
        if not isinstance(patch, Mapping):
            return patch
        return {name: without(value) for name, value in patch.items() if value is not None}

    return lambda current, patch: merge(current, without(patch))


def _ignoring_nested_null(merge: Any) -> Any:
    deep = _ignoring_null(merge)

    def merged(current: Any, patch: Any) -> Any:
        nested = {name: value for name, value in patch.items() if isinstance(value, Mapping)}
        others = {name: value for name, value in patch.items() if name not in nested}
        return deep(merge(current, others), nested)

    return merged


def _keeping_elements(merge: Any) -> Any:
    """Let an array only grow: elements that a patch leaves out stay at its end."""

    def merged(current: Any, patch: Any) -> Any:
        result = merge(current, patch)
        for name, value in patch.items():
            old = current.get(name)
            if isinstance(value, list) and isinstance(old, list) and name != "external_ids":
                result[name] = [*value, *old[len(value) :]]
        return result

    return merged


def _answering(operation: str, **changes: Any) -> Any:
    def make(original: Any) -> Any:
        def answer(found: Answer) -> Answer:
            given: Answer = original(found)
            fits = given.operation == operation and 200 <= given.status < 300
            return replace(given, **changes) if fits else given

        return answer

    return make


DEFECTS = (
    Defect(
        "cuts-text",
        f"Text is cut to {SHORT} characters, as the column is that wide",
        ("CORE-040",),
        WRITTEN,
        "keep",
        _kept(_cut),
    ),
    Defect(
        "joins-lines",
        "Line breaks in text become spaces",
        ("CORE-040",),
        writing("addresses"),
        "keep",
        _kept(_one_line),
    ),
    Defect(
        "keeps-first-element",
        "Of an array only the first element is kept, as the table has one column for it",
        ("CORE-040",),
        writing("emails", "phones", "addresses", "urls", "roles", "tags"),
        "keep",
        _kept(_arrays(_without_empty_tail)),
    ),
    Defect(
        "sorts-arrays",
        "The elements of an array are put in an order of the provider's own",
        ("CORE-040",),
        writing("emails", "phones", "addresses", "urls", "roles", "tags"),
        "keep",
        _kept(_arrays(lambda items: sorted(items, key=lambda item: json.dumps(item)[::-1]))),
    ),
    Defect(
        "patch-replaces-objects",
        "An update replaces nested objects instead of merging them",
        ("CORE-047", "CORE-038", "CORE-122"),
        ("update=200", "update=422", "upsert=200"),
        "merge",
        _shallow,
    ),
    Defect(
        "patch-ignores-null",
        "null in an update removes nothing",
        ("CORE-047",),
        ("update=200", "update=422", "upsert=200"),
        "merge",
        _ignoring_null,
    ),
    Defect(
        "patch-ignores-nested-null",
        "null in a nested object of an update removes nothing",
        ("CORE-047",),
        ("update=200", "update=422", "upsert=200"),
        "merge",
        _ignoring_nested_null,
    ),
    Defect(
        "patch-keeps-elements",
        "An update never makes an array shorter",
        ("CORE-047",),
        ("update=200", "update=422", "upsert=200"),
        "merge",
        _keeping_elements,
    ),
    Defect(
        "update-202",
        "An update is answered with 202",
        ("CORE-076",),
        ("update=200",),
        "answer",
        _answering("update", status=202),
    ),
    Defect(
        "update-204",
        "An update is answered with 204 and no record",
        ("CORE-076",),
        ("update=200",),
        "answer",
        _answering("update", status=204, kind="empty"),
    ),
)
