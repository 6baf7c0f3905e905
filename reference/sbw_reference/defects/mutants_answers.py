"""Mistakes that mutants showed: answers that say a little more, or less, than they have to."""

from dataclasses import replace
from typing import Any

from sbw_reference.defects.defect import Defect, answered

Document = dict[str, Any]


def _titled(document: Document) -> Document:
    """Give each context of a linkset a title, where only relations and their targets may stand."""
    contexts = [{**context, "title": "Our API"} for context in document["linkset"]]
    return {**document, "linkset": contexts}


DEFECTS = (
    Defect(
        "api-catalog-with-title",
        "The API catalog has a title where a linkset has relations",
        ("CORE-006",),
        ("catalog",),
        "answer",
        answered("catalog", lambda found: replace(found, document=_titled(found.document))),
    ),
)
