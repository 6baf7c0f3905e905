"""Mistakes in creating, reading and deleting records."""

from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.auth import Grant
from sbw_reference.behaviour import Removal
from sbw_reference.defects.defect import Defect, answered

Record = dict[str, Any]
LABEL = "label"


def _without_header(name: str, answer: Answer) -> Answer:
    return replace(answer, headers={k: v for k, v in answer.headers.items() if k != name})


def _confirmed(answer: Answer) -> Answer:
    return replace(answer, status=200, document={"deleted": True}, kind="json")


def _without_labels(value: Any) -> Any:
    """Leave out the labels of the elements of arrays."""
    if not isinstance(value, dict):
        return value
    return {
        name: [_plain(item) for item in member] if isinstance(member, list) else member
        for name, member in value.items()
    }


def _plain(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {name: member for name, member in item.items() if name != LABEL}


def _unlabelled(original: Any) -> Any:
    def serialise(record: Record, operation: str, grant: Grant) -> Record:
        shown: Record = original(record, operation, grant)
        return _without_labels(shown) if operation in ("read", "list") else shown

    return serialise


def _stale(original: Any) -> Any:
    """Read from a cache that only the first update of a record makes invalid."""
    cache: dict[str, Record] = {}
    updates: dict[str, int] = {}

    def serialise(record: Record, operation: str, grant: Grant) -> Record:
        shown: Record = original(record, operation, grant)
        id_ = shown["id"]
        if operation == "update":
            updates[id_] = updates.get(id_, 0) + 1
        if operation == "read" and updates.get(id_, 0) > 0:
            return cache.setdefault(id_, shown)
        return shown

    return serialise


def _removal(**stays: bool) -> Any:
    return lambda _original: lambda _row: Removal(**stays)


DEFECTS = (
    Defect(
        "create-200",
        "A create is answered with 200",
        ("CORE-070",),
        ("create=201",),
        "answer",
        answered("create", lambda answer: replace(answer, status=200)),
    ),
    Defect(
        "create-without-location",
        "The answer to a create does not say where the record is",
        ("CORE-070",),
        ("create=201",),
        "answer",
        answered("create", lambda answer: _without_header("Location", answer)),
    ),
    Defect(
        "location-of-collection",
        "Location of a new record is the address of the collection",
        ("CORE-070",),
        ("create=201", "upsert=201"),
        "location",
        lambda _original: lambda collection, _id: collection,
    ),
    Defect(
        "location-relative-to-nowhere",
        "Location is relative, and leads beside the collection",
        ("CORE-070",),
        ("create=201", "upsert=201"),
        "location",
        lambda _original: lambda _collection, id_: id_,
    ),
    Defect(
        "read-from-cache",
        "Reading shows the state after the first update, which a cache keeps",
        ("CORE-071", "CORE-120"),
        ("read=200", "update=200"),
        "serialise",
        _stale,
    ),
    Defect(
        "reads-leave-out-labels",
        "Reading shows no labels, which the answer to a write did show",
        ("CORE-071",),
        ("read=200", "list=200"),
        "serialise",
        _unlabelled,
    ),
    Defect(
        "delete-200",
        "A deletion is answered with 200 and a confirmation",
        ("CORE-072",),
        ("delete=204",),
        "answer",
        answered("delete", _confirmed),
    ),
    Defect(
        "deletion-leaves-listed",
        "A deleted record stays in lists",
        ("CORE-072",),
        ("delete=204",),
        "removal",
        _removal(listed=True),
    ),
    Defect(
        "deletion-leaves-readable",
        "A deleted record can still be read",
        ("CORE-072",),
        ("delete=204",),
        "removal",
        _removal(readable=True),
    ),
)
