"""Mistakes with retries."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.defects.defect import Defect, refused
from sbw_reference.idempotency import REPLAYED
from sbw_reference.turns import Scope

HEADER = "idempotency-key"
KEYED = tuple(f"{operation}+{HEADER}" for operation in ("create", "update", "upsert"))


def replayed(change: Callable[[Answer], Answer]) -> Any:
    """Return a `make` that changes the answers that are given again."""

    def make(original: Any) -> Any:
        def answer(found: Answer) -> Answer:
            given: Answer = original(found)
            return change(given) if REPLAYED.keys() <= given.headers.keys() else given

        return answer

    return make


def _without(name: str, answer: Answer) -> Answer:
    return replace(answer, headers={k: v for k, v in answer.headers.items() if k != name})


def _wider(**parts: str) -> Any:
    """Let a key count beyond its scope."""

    def make(original: Any) -> Any:
        def scope(found: Scope) -> Scope:
            given: Scope = original(found)
            return given._replace(**parts)

        return scope

    return make


def _of_collection(original: Any) -> Any:
    """Let a key count for all that is under the first segment of a path, and all methods."""

    def scope(found: Scope) -> Scope:
        given: Scope = original(found)
        return given._replace(method="", path="/".join(given.path.split("/")[:2]))

    return scope


DEFECTS = (
    Defect(
        "retries-not-known",
        "Idempotency-Key is ignored",
        ("CORE-087", "CORE-088", "BULK-007"),
        KEYED,
        "idempotency_key",
        lambda _original: lambda _headers: None,
    ),
    Defect(
        "replay-200",
        "A retried create is answered with 200",
        ("CORE-087", "CORE-088"),
        KEYED,
        "answer",
        replayed(lambda answer: replace(answer, status=200)),
    ),
    Defect(
        "replay-without-location",
        "A retried create is not told where the record is",
        ("CORE-087",),
        KEYED,
        "answer",
        replayed(lambda answer: _without("Location", answer)),
    ),
    Defect(
        "replay-unmarked",
        "An answer that is given again does not say so",
        ("CORE-087",),
        KEYED,
        "answer",
        replayed(lambda answer: _without("Idempotency-Replayed", answer)),
    ),
    Defect(
        "replay-compares-text",
        "A retry whose members stand in another order counts as another request",
        ("CORE-087",),
        KEYED,
        "same_request",
        lambda _original: lambda one, other, _equal: json.dumps(one) == json.dumps(other),
    ),
    Defect(
        "key-with-another-body-replays",
        "Another body under a key gets the first answer",
        ("CORE-088",),
        KEYED,
        "same_request",
        lambda _original: lambda _one, _other, _equal: True,
    ),
    Defect(
        "key-with-another-body-409",
        "Another body under a key is a conflict without a registered type",
        ("CORE-088",),
        KEYED,
        "problem",
        refused("idempotency-conflict", status=409, name="key-in-use"),
    ),
    Defect(
        "key-of-refused-request-kept",
        "A request that was refused takes its key away",
        ("CORE-089",),
        KEYED,
        "remembers",
        lambda _original: lambda status: status < 500,
    ),
    Defect(
        "key-of-stale-update-kept",
        "An update that was refused as stale takes its key away",
        ("CORE-089",),
        ("update+idempotency-key",),
        "remembers",
        lambda original: lambda status: status == 412 or original(status),
    ),
    Defect(
        "key-of-all-apps",
        "Apps share their keys",
        ("CORE-090",),
        KEYED,
        "idempotency_scope",
        _wider(app=""),
    ),
    Defect(
        "key-of-all-businesses",
        "Businesses share the keys of an app",
        ("CORE-090",),
        KEYED,
        "idempotency_scope",
        _wider(tenant=""),
    ),
    Defect(
        "key-of-all-addresses",
        "A key counts for a collection and all its records, whatever the method",
        ("CORE-090",),
        KEYED,
        "idempotency_scope",
        _of_collection,
    ),
)
