"""Mistakes that mutants showed: answers that say a little more, or less, than they have to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_reference.defects.defect import Defect, answered

Document = dict[str, Any]
Item = Mapping[str, Any]


def _titled(document: Document) -> Document:
    """Give each context of a linkset a title, where only relations and their targets may stand."""
    contexts = [{**context, "title": "Our API"} for context in document["linkset"]]
    return {**document, "linkset": contexts}


def _lost_for_words(original: Any) -> Any:
    """Fail over a deletion that was carried out before: there is no body to answer again."""
    seen: set[str] = set()

    def batch_result(result: Document, item: Item) -> Document:
        given: Document = original(result, item)
        key = item.get("idempotency_key")
        if item.get("operation") != "delete" or key is None:
            return given
        if key in seen:
            problem = {"type": "about:blank", "title": "Internal server error", "status": 500}
            return {"status": 500, "problem": problem}
        seen.add(key)
        return given

    return batch_result


DEFECTS = (
    Defect(
        "api-catalog-with-title",
        "The API catalog has a title where a linkset has relations",
        ("CORE-006",),
        ("catalog",),
        "answer",
        answered("catalog", lambda found: replace(found, document=_titled(found.document))),
    ),
    Defect(
        "keyed-deletions-fail-in-batches",
        "A deletion with a key that is sent again in a batch ends in an error of the server",
        ("BULK-007",),
        ("batch=200",),
        "batch_result",
        _lost_for_words,
    ),
)
