"""Mistakes with the operations of a batch: how each is carried out, and what is told of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sbw_reference.answers import Call
from sbw_reference.defects.batches import Item, One, Result, unasked
from sbw_reference.defects.defect import Defect, Fire
from sbw_validator.findings import Finding

CARRIED_OUT = ("batch=200",)
PATIENCE = 5
GIVEN_UP = {"type": "about:blank", "title": "Too many errors", "status": 424}


def _calls(change: Callable[[Call], Call]) -> Any:
    """Change the single request that an operation stands for."""
    return lambda original: lambda call: change(original(call))


def _headers(call: Call, *gone: str, **more: str) -> Call:
    """Return a call without some headers, with others that it does not have."""
    left = {name: value for name, value in call.headers.items() if name not in gone}
    return replace(call, headers={**more, **left})


def _versionless(call: Call) -> Call:
    return _headers(call, **{"if-match": "*"}) if call.operation == "update" else call


def _deleting(call: Call) -> Call:
    return _headers(call, "if-match") if call.operation == "delete" else call


def _accountless(call: Call) -> Call:
    return replace(call, query=tuple(pair for pair in call.query if pair[0] != "account"))


def _told(name: str, change: Callable[[str], str]) -> Any:
    """Change a header of results."""

    def make(original: Any) -> Any:
        def batch_result(result: Result, item: Item) -> Result:
            given: Result = original(result, item)
            headers = given.get("headers", {})
            if name not in headers:
                return given
            return {**given, "headers": {**headers, name: change(headers[name])}}

        return batch_result

    return make


def _in_brief(original: Any) -> Any:
    """Tell of a refusal without its errors and the record that stands in the way."""

    def batch_result(result: Result, item: Item) -> Result:
        given: Result = original(result, item)
        if "problem" not in given:
            return given
        left = {k: v for k, v in given["problem"].items() if k not in ("errors", "record")}
        return {**given, "problem": left}

    return batch_result


def _once(_original: Any, fire: Fire) -> Any:
    """Carry out one of several operations that are the same, and answer it for all."""

    def once(items: Sequence[Item], one: One) -> list[Result]:
        done: dict[str, Result] = {}
        results = []
        for item in items:
            text = json.dumps(item, sort_keys=True)
            if text in done:
                fire()
            else:
                done[text] = one(item)
            results.append(done[text])
        return results

    return once


def _impatient(before: list[Result]) -> Result | None:
    """Give up when so many operations were refused."""
    refused = sum(result["status"] >= 400 for result in before)
    return {"status": 424, "problem": GIVEN_UP} if refused >= PATIENCE else None


def _with_ids(original: Any) -> Any:
    """Take operations with members that they do not go with."""

    def findings(found: tuple[Finding, ...], operation: str) -> tuple[Finding, ...]:
        left: tuple[Finding, ...] = original(found, operation)
        if operation != "batch":
            return left
        return tuple(finding for finding in left if finding.keyword != "not")

    return findings


DEFECTS = (
    Defect(
        "batch-takes-equal-operations-for-one",
        "Of operations that are the same one is carried out and answered for all",
        ("BULK-002",),
        CARRIED_OUT,
        "batch",
        _once,
    ),
    Defect(
        "batch-gives-up",
        f"A batch ends when {PATIENCE} operations were refused",
        ("BULK-003",),
        CARRIED_OUT,
        "batch",
        unasked(_impatient),
    ),
    Defect(
        "batch-updates-without-version",
        "An update in a batch needs no version",
        ("BULK-002",),
        CARRIED_OUT,
        "batch_call",
        _calls(_versionless),
    ),
    Defect(
        "batch-deletions-of-any-version",
        "A deletion in a batch does not look at its version",
        ("BULK-002",),
        CARRIED_OUT,
        "batch_call",
        _calls(_deleting),
    ),
    Defect(
        "batch-upserts-what-is-there",
        "An upsert in a batch that may only create updates",
        ("BULK-002", "BULK-004"),
        CARRIED_OUT,
        "batch_call",
        _calls(lambda call: _headers(call, "if-none-match")),
    ),
    Defect(
        "batch-without-accounts",
        "An upsert in a batch does without the account of its external id",
        ("BULK-002",),
        CARRIED_OUT,
        "batch_call",
        _calls(_accountless),
    ),
    Defect(
        "batch-locations-relative",
        "A location in the results of a batch is a path",
        ("BULK-002", "BULK-001"),
        CARRIED_OUT,
        "batch_result",
        _told("location", lambda address: urlsplit(address).path),
    ),
    Defect(
        "batch-problems-in-brief",
        "A refusal in the results of a batch does not say where",
        ("BULK-002",),
        CARRIED_OUT,
        "batch_result",
        _in_brief,
    ),
    Defect(
        "batch-creates-with-ids",
        "A batch takes operations with an id that they do not go with",
        ("BULK-008",),
        ("batch=422",),
        "findings",
        _with_ids,
    ),
)
