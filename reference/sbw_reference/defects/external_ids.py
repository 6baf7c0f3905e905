"""Mistakes with external ids."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.behaviour import Removal
from sbw_reference.cursors import Criteria
from sbw_reference.defects.defect import WRITTEN, Defect, refused
from sbw_reference.problems import Problem, Refusal
from sbw_reference.records import ExternalKey, Row, external_keys

DAY = 86_400_000  # milliseconds
SECOND = 1_000
MOST = 5
EVERYTHING = 1_000_000
Page = tuple[list[Row], int | None]


def _first_five(original: Any) -> Any:
    def keep(body: Any, operation: str) -> Any:
        kept = original(body, operation)
        return {**kept, "external_ids": kept["external_ids"][:MOST]}

    return keep


def _five_at_most(original: Any) -> Any:
    def keep(body: Any, operation: str) -> Any:
        if len(body["external_ids"]) > MOST:
            raise Refusal(Problem(422, "constraint", f"At most {MOST} external ids."))
        return original(body, operation)

    return keep


def _free(operation: str) -> Any:
    """Let an operation take what another record has."""

    def make(original: Any) -> Any:
        def taken(
            owners: Mapping[ExternalKey, str], own: str | None, asked: str
        ) -> tuple[str, ...]:
            return () if asked == operation else tuple(original(owners, own, asked))

        return taken

    return make


def _refused(operation: str, problem: Problem) -> Any:
    def make(original: Any) -> Any:
        def taken(
            owners: Mapping[ExternalKey, str], own: str | None, asked: str
        ) -> tuple[str, ...]:
            found = tuple(original(owners, own, asked))
            if found and asked == operation:
                raise Refusal(problem)
            return found

        return taken

    return make


def _everywhere(original: Any) -> Any:
    def reach(grant: Grant, operation: str, criteria: Criteria | None) -> str | None:
        found: str | None = original(grant, operation, criteria)
        return None if operation == "unique" else found

    return reach


def _derived(*, by_tenant: bool) -> Any:
    """Make ids of external ids; the second one that would be equal gets a number."""

    def make(original: Any, fire: Callable[[], None]) -> Any:
        given: dict[tuple[str, str], int] = {}

        def new_id(body: Mapping[str, Any], tenant: str) -> str:
            if not external_keys(body):
                return str(original(body, tenant))
            fire()
            text = json.dumps(body["external_ids"]) + (tenant if by_tenant else "")
            if not by_tenant:
                count = given[tenant, text] = given.get((tenant, text), 0) + 1
                text += str(count)
            return hashlib.sha256(text.encode()).hexdigest()[:20]

        return new_id

    return make


DEFECTS = (
    Defect(
        "keeps-five-external-ids",
        "Of more than five external ids five are kept",
        ("CORE-060",),
        WRITTEN,
        "keep",
        _first_five,
    ),
    Defect(
        "refuses-six-external-ids",
        "More than five external ids are refused",
        ("CORE-060",),
        WRITTEN,
        "keep",
        _five_at_most,
    ),
    Defect(
        "duplicate-created",
        "A second record is created under an external id",
        ("CORE-061",),
        ("create=409",),
        "taken",
        _free("create"),
    ),
    Defect(
        "duplicate-without-record",
        "The refusal of an external id does not say which record has it",
        ("CORE-061",),
        ("create=409",),
        "problem",
        refused("duplicate-external-id", record=None),
    ),
    Defect(
        "duplicate-422",
        "An external id that is taken makes the body invalid",
        ("CORE-061",),
        ("create=409",),
        "taken",
        _refused("create", Problem(422, "validation", "An external id is taken.")),
    ),
    Defect(
        "duplicate-updated",
        "An update takes the external id of another record",
        ("CORE-062",),
        ("update=409",),
        "taken",
        _free("update"),
    ),
    Defect(
        "duplicate-update-412",
        "An update that takes an external id is refused as if its version were stale",
        ("CORE-062",),
        ("update=409",),
        "taken",
        _refused("update", Problem(412, "version-conflict", "The record has changed.")),
    ),
    Defect(
        "duplicate-in-other-business",
        "An external id is unique among all businesses",
        ("CORE-016",),
        ("create=201", "update=200", "upsert=201"),
        "reach",
        _everywhere,
    ),
    Defect(
        "id-of-external-id",
        "Two businesses that use an external id share the id of the record",
        ("CORE-016",),
        ("create=201", "upsert=201"),
        "new_id",
        _derived(by_tenant=False),
    ),
    Defect(
        "deletion-keeps-external-ids",
        "A deleted record, kept in a bin, keeps its external ids",
        ("CORE-063",),
        ("delete=204",),
        "removal",
        lambda _original: lambda _row: Removal(external_ids=True),
    ),
    Defect(
        "recreation-revives-id",
        "A record that is created again has the id of the deleted one",
        ("CORE-063",),
        ("create=201", "upsert=201"),
        "new_id",
        _derived(by_tenant=True),
    ),
)
