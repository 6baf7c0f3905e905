"""Mistakes with reading and upserting by an external id."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from sbw_reference.answers import Answer
from sbw_reference.defects.defect import Defect
from sbw_reference.problems import Problem, Refusal, missing
from sbw_reference.records import ExternalKey, Row

UPSERT = "upsert"


def _named(**changes: Any) -> Any:
    """Change which external id an address names."""

    def make(original: Any) -> Any:
        def external_key(given: Mapping[str, str]) -> ExternalKey:
            key: ExternalKey = original(given)
            return replace(key, **{name: change(key) for name, change in changes.items()})

        return external_key

    return make


def _lost(original: Any) -> Any:
    """Look for an external id that is none, and find nothing."""

    def external_key(given: Mapping[str, str]) -> ExternalKey:
        try:
            key: ExternalKey = original(given)
        except Refusal:
            raise Refusal(missing()) from None
        return key

    return external_key


def _located(missing_: Problem | None, there: Problem | None) -> Any:
    """Refuse an upsert because there is no record, or because there is one."""

    def make(original: Any) -> Any:
        def located(row: Row | None) -> Row | None:
            found: Row | None = original(row)
            problem = missing_ if found is None else there
            if problem is not None:
                raise Refusal(problem)
            return found

        return located

    return make


def _created(**changes: Any) -> Any:
    """Change the answer to an upsert that created."""

    def make(original: Any) -> Any:
        def answer(found: Answer) -> Answer:
            given: Answer = original(found)
            new = given.operation == UPSERT and given.status == 201
            return replace(given, **changes) if new else given

        return answer

    return make


def _nameless(original: Any) -> Any:
    """Store what an upsert sends, without the external id that it was sent to."""

    def keep(body: dict[str, Any], operation: str) -> dict[str, Any]:
        kept: dict[str, Any] = original(body, operation)
        return {**kept, "external_ids": kept["external_ids"][:-1]} if operation == UPSERT else kept

    return keep


def _unless(go_on: Any) -> Any:
    """Decide on If-None-Match of upserts for a record that is there."""

    def make(original: Any) -> Any:
        def if_none_match(header: str, version: str | None, operation: str) -> bool:
            there = operation == UPSERT and version is not None
            return bool(go_on() if there else original(header, version, operation))

        return if_none_match

    return make


def _conflict() -> bool:
    raise Refusal(Problem(409, "duplicate-external-id", "A record has this external id."))


def _overwriting(original: Any) -> Any:
    return lambda header, version, operation: (
        operation == UPSERT or original(header, version, operation)
    )


ADDRESSED = ("read?app", "upsert")
DEFECTS = (
    Defect(
        "half-an-external-id-not-found",
        "An address without the app or the id of an external id is not found",
        ("CORE-056",),
        ("read=400", "upsert=400"),
        "external_key",
        _lost,
    ),
    Defect(
        "account-ignored",
        "An address by external id does without the account",
        ("CORE-120", "BULK-002"),
        ("read?account", "upsert?account"),
        "external_key",
        _named(account=lambda _key: ""),
    ),
    Defect(
        "address-decoded-twice",
        "What an address says is decoded a second time",
        ("CORE-120",),
        ADDRESSED,
        "external_key",
        _named(id=lambda key: unquote_plus(key.id)),
    ),
    Defect(
        "upsert-only-updates",
        "An upsert of an external id that no record has is answered with 404",
        ("CORE-121", "CORE-123"),
        ("upsert=201",),
        "located",
        _located(missing(), None),
    ),
    Defect(
        "upsert-creates-200",
        "An upsert that creates is answered with 200",
        ("CORE-121", "CORE-123"),
        ("upsert=201",),
        "answer",
        _created(status=200),
    ),
    Defect(
        "upsert-forgets-its-address",
        "A record that an upsert made does not have the external id",
        ("CORE-121",),
        ("upsert=201",),
        "keep",
        _nameless,
    ),
    Defect(
        "upsert-only-creates",
        "An upsert of an external id that a record has is refused",
        ("CORE-122", "CORE-124"),
        ("upsert=200",),
        "located",
        _located(None, Problem(409, "duplicate-external-id", "A record has this external id.")),
    ),
    Defect(
        "upsert-needs-if-match",
        "An upsert that would update is refused without If-Match",
        ("CORE-122",),
        ("upsert=200",),
        "needs_if_match",
        lambda original: lambda operation: operation == UPSERT or original(operation),
    ),
    Defect(
        "upsert-overwrites",
        "An upsert that may only create updates",
        ("CORE-123",),
        ("upsert+if-none-match",),
        "if_none_match",
        _unless(lambda: True),
    ),
    Defect(
        "upsert-that-only-creates-409",
        "An upsert that may only create is refused as a duplicate",
        ("CORE-123",),
        ("upsert+if-none-match",),
        "if_none_match",
        _unless(_conflict),
    ),
    Defect(
        "upsert-creates-against-if-match",
        "An upsert that may only update creates",
        ("CORE-124",),
        ("upsert+if-match",),
        "matches_nothing",
        lambda _original: lambda _header: True,
    ),
    Defect(
        "upsert-ignores-if-match",
        "An upsert ignores If-Match: the last writer wins",
        ("CORE-124",),
        ("upsert+if-match",),
        "if_match",
        _overwriting,
    ),
)
