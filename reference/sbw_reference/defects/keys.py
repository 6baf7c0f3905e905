"""Mistakes with the keys of retries: which two are one, and what is given again."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sbw_reference import batch
from sbw_reference.answers import Answer
from sbw_reference.defects.defect import Defect
from sbw_reference.defects.retries import KEYED, replayed
from sbw_reference.offers import BY_EXTERNAL_ID
from sbw_reference.turns import Scope

WIDTH = 64


def _read(change: Any) -> Any:
    """Change the key that a request is remembered by."""

    def make(original: Any) -> Any:
        def idempotency_key(headers: Mapping[str, str]) -> str | None:
            key: str | None = original(headers)
            return change(key) if key is not None else None

        return idempotency_key

    return make


def _scoped(change: Any) -> Any:
    """Change where a key counts."""
    return lambda original: lambda scope: change(original(scope))


def _new_for_updates(scope: Scope) -> Scope:
    """Remember an update where nobody looks again."""
    plain = scope.method == "PATCH" and BY_EXTERNAL_ID not in scope.path
    return scope._replace(path=secrets.token_hex(8)) if plain else scope


def _without_query(scope: Scope) -> Scope:
    return scope._replace(path=scope.path.partition("?")[0])


def _of_collection(scope: Scope) -> Scope:
    return scope._replace(path=scope.path.removesuffix(batch.PATH))


def _without_tag(answer: Answer) -> Answer:
    headers = {name: value for name, value in answer.headers.items() if name != "ETag"}
    return replace(answer, headers=headers)


DEFECTS = (
    Defect(
        "keys-without-case",
        "Two keys that differ in case are one",
        ("CORE-145",),
        KEYED,
        "idempotency_key",
        _read(str.lower),
    ),
    Defect(
        "keys-cut-to-column",
        f"A key is cut to {WIDTH} characters, so that two long ones are one",
        ("CORE-145",),
        KEYED,
        "idempotency_key",
        _read(lambda key: key[:WIDTH]),
    ),
    Defect(
        "keys-of-updates-not-known",
        "Idempotency-Key is ignored in updates by id",
        ("CORE-087", "CORE-088"),
        ("update+idempotency-key",),
        "idempotency_scope",
        _scoped(_new_for_updates),
    ),
    Defect(
        "key-of-all-external-ids",
        "A key counts for upserts of all external ids",
        ("CORE-090",),
        ("upsert+idempotency-key",),
        "idempotency_scope",
        _scoped(_without_query),
    ),
    Defect(
        "key-of-batches-and-creates",
        "A key in a batch counts for single creates too",
        ("CORE-090",),
        ("create+idempotency-key", "batch"),
        "idempotency_scope",
        _scoped(_of_collection),
    ),
    Defect(
        "replay-without-etag",
        "An answer that is given again has no ETag",
        ("CORE-043",),
        KEYED,
        "answer",
        replayed(_without_tag),
    ),
)
