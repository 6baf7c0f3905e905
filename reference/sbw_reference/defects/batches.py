"""Mistakes in batches."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sbw_reference import batch
from sbw_reference.answers import Answer, Call
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Scope, Simple
from sbw_reference.defects.defect import Defect, Fire, answered
from sbw_reference.defects.discovery import hiding
from sbw_validator.findings import Finding

Item = Mapping[str, Any]
Result = dict[str, Any]
One = Callable[[Item], Result]
KEY = "idempotency-key"
LONGEST_KEY = 255
GIVEN_UP = {"type": "about:blank", "title": "Failed dependency", "status": 424}


def _results(change: Callable[[Result], Result]) -> Any:
    return lambda original: lambda result, item: change(original(result, item))


def _without_tag(result: Result) -> Result:
    headers = {name: value for name, value in result.get("headers", {}).items() if name != "etag"}
    return {**result, "headers": headers}


def _plain_deletion(result: Result) -> Result:
    return {**result, "status": 200} if result["status"] == 204 else result


def _calls(change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> Any:
    """Change the headers that an operation's single request would have."""

    def make(original: Any) -> Any:
        def batch_call(call: Call) -> Call:
            made: Call = original(call)
            return replace(made, headers=change(made.headers))

        return batch_call

    return make


def _overwriting(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {**headers, "if-match": "*"} if "if-match" in headers else headers


def _without_key(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name != KEY}


def _key_of_its_own(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Let a key hold for one request only: each batch numbers its own operations."""
    own = f"{secrets.token_hex(4)}-{headers.get(KEY, '')}"[:LONGEST_KEY]
    return {**headers, KEY: own} if KEY in headers else headers


def unasked(answer: Callable[[list[Result]], Result | None]) -> Any:
    """Return a `make` that answers an operation by the results before it, where they say so."""

    def make(_original: Any, fire: Fire) -> Any:
        def batch(items: Sequence[Item], one: One) -> list[Result]:
            results: list[Result] = []
            for item in items:
                known = answer(results)
                if known is not None:
                    fire()
                results.append(one(item) if known is None else known)
            return results

        return batch

    return make


def _stopping(before: list[Result]) -> Result | None:
    """Give up at the first refusal."""
    refused = before and before[-1]["status"] >= 400
    return {"status": 424, "problem": GIVEN_UP} if refused else None


def _repeating(before: list[Result]) -> Result | None:
    """Let the finding of an invalid operation stand for the one after it too."""
    return before[-1] if before and before[-1]["status"] == 422 else None


def _ordered(rank: Callable[[Item], Any], *, last_first: bool = False) -> Any:
    """Carry the operations out in another order, and answer in theirs."""

    def make(_original: Any, fire: Fire) -> Any:
        def ordered(items: Sequence[Item], one: One) -> list[Result]:
            places = list(range(len(items)))
            order = sorted(places, key=lambda n: rank(items[n]))
            order = order[::-1] if last_first else order
            if order != places:
                fire()
            done = {place: one(items[place]) for place in order}
            return [done[place] for place in places]

        return ordered

    return make


def _conditional(item: Item) -> bool:
    return "if_none_match" not in item


def _losing_the_last(_original: Any, fire: Fire) -> Any:
    """Count to one less than the limit, and forget what comes after."""

    def losing(items: Sequence[Item], one: One) -> list[Result]:
        if len(items) >= 100:
            fire()
        return [one(item) for item in items[:99]]

    return losing


def _sorted(answer: Answer) -> Answer:
    """Answer what went wrong first."""
    results = sorted(answer.document["results"], key=lambda result: -result["status"])
    return replace(answer, document={"results": results})


def _multi_status(answer: Answer) -> Answer:
    """Say in the status that not all went well."""
    mixed = any(result["status"] >= 400 for result in answer.document["results"])
    return replace(answer, status=207) if mixed else answer


def _bare(answer: Answer) -> Answer:
    return replace(answer, document=answer.document["results"])


def _at_batches(old: int, new: int, title: str) -> Any:
    """Change the status of a batch that is refused as a whole."""

    def decide(scope: Scope, status: int) -> Simple | None:
        here = scope["path"].endswith(batch.PATH) and status == old
        return asgi.problem(new, title) if here else None

    return asgi.replacing(decide)


def _empty(original: Any) -> Any:
    """Take a batch that holds no operation."""

    def findings(found: tuple[Finding, ...], operation: str) -> tuple[Finding, ...]:
        kept: tuple[Finding, ...] = original(found, operation)
        if operation != "batch":
            return kept
        return tuple(finding for finding in kept if finding.keyword != "minItems")

    return findings


def _for_readers(original: Any) -> Any:
    """Forget that a batch writes."""

    def permits(scopes: frozenset[str], needed: str, operation: str) -> bool:
        reading = needed.rpartition(":")[0] + ":read"
        may = operation == "batch" and reading in scopes
        return bool(original(scopes, needed, operation)) or may

    return permits


DEFECTS = (
    Defect(
        "batch-207",
        "A batch of which something was refused is answered with 207, as WebDAV does",
        ("BULK-001",),
        ("batch=200",),
        "answer",
        answered("batch", _multi_status),
    ),
    Defect(
        "batch-results-bare",
        "The results of a batch are an array and nothing around it",
        ("BULK-001", "BULK-005"),
        ("batch=200",),
        "answer",
        answered("batch", _bare),
    ),
    Defect(
        "batch-results-by-status",
        "The results of a batch begin with the refusals",
        ("BULK-001", "BULK-002", "BULK-003", "BULK-004", "BULK-007"),
        ("batch=200",),
        "answer",
        answered("batch", _sorted),
        "Every check of what became of an operation finds that of another one in its place",
    ),
    Defect(
        "batch-results-without-etag",
        "The results of a batch have no etag",
        ("BULK-002",),
        ("batch=200",),
        "batch_result",
        _results(_without_tag),
    ),
    Defect(
        "batch-deletion-200",
        "A deletion in a batch is 200, as its result is not empty",
        ("BULK-002",),
        ("batch=200",),
        "batch_result",
        _results(_plain_deletion),
    ),
    Defect(
        "batch-overwrites",
        "An update in a batch does not look at its version",
        ("BULK-002",),
        ("batch=200",),
        "batch_call",
        _calls(_overwriting),
    ),
    Defect(
        "batch-stops-at-refusal",
        "A batch ends with the first operation that is refused",
        ("BULK-003", "BULK-002"),
        ("batch=200",),
        "batch",
        unasked(_stopping),
    ),
    Defect(
        "batch-repeats-findings",
        "An operation after an invalid one is refused as that one was",
        ("BULK-003", "BULK-002"),
        ("batch=200",),
        "batch",
        unasked(_repeating),
    ),
    Defect(
        "batch-from-the-end",
        "The operations of a batch are carried out from the last to the first",
        ("BULK-004", "BULK-002"),
        ("batch=200",),
        "batch",
        _ordered(lambda _item: 0, last_first=True),
    ),
    Defect(
        "batch-looks-ahead",
        "What a batch creates only if it is new is created before all else",
        ("BULK-004",),
        ("batch=200",),
        "batch",
        _ordered(_conditional),
    ),
    Defect(
        "batch-limit-one-less",
        "A batch as large as declared is too large",
        ("BULK-005",),
        ("batch",),
        "batch_limit",
        lambda original: lambda declared: original(declared) - 1,
    ),
    Defect(
        "batch-forgets-the-last",
        "The last operation of a full batch is forgotten",
        ("BULK-005",),
        ("batch=200",),
        "batch",
        _losing_the_last,
    ),
    Defect(
        "larger-batch-taken",
        "A batch of more operations than declared is carried out",
        ("BULK-006",),
        ("batch=413",),
        "batch_limit",
        lambda original: lambda declared: original(declared) * 2,
    ),
    Defect(
        "larger-batch-400",
        "A batch of too many operations is a bad request",
        ("BULK-006",),
        ("batch=413",),
        "middleware",
        _at_batches(413, 400, "Bad request"),
    ),
    Defect(
        "batch-forgets-keys",
        "The keys of operations are taken and passed over",
        ("BULK-007",),
        ("batch=200",),
        "batch_call",
        _calls(_without_key),
    ),
    Defect(
        "batch-keys-of-one-request",
        "The key of an operation holds within its batch only",
        ("BULK-007",),
        ("batch=200",),
        "batch_call",
        _calls(_key_of_its_own),
    ),
    Defect(
        "malformed-batch-400",
        "A body that is no batch is a bad request",
        ("BULK-008",),
        ("batch=422",),
        "middleware",
        _at_batches(422, 400, "Bad request"),
    ),
    Defect(
        "batch-of-nothing",
        "A batch without an operation is carried out, and has no results",
        ("BULK-008",),
        ("batch=422",),
        "findings",
        _empty,
    ),
    Defect(
        "batch-for-readers",
        "A token that may read a collection may send batches to it",
        ("BULK-009",),
        ("batch=403",),
        "permits",
        _for_readers,
    ),
    Defect(
        "batch-scope-404",
        "The batch address is not there for a token that may only read",
        ("BULK-009",),
        ("batch=403",),
        "middleware",
        _at_batches(403, 404, "Not found"),
    ),
    Defect(
        "batch-deletes-undeclared",
        "The landing page hides deletions, which batches and single requests carry out",
        ("BULK-010",),
        ("landing", "batch", "delete"),
        "landing",
        lambda original: lambda page: hiding("delete", original(page)),
    ),
    Defect(
        "batch-upserts-undeclared",
        "The landing page hides upserts, which batches and single requests carry out",
        ("BULK-010", "CORE-004"),
        ("landing", "batch", "upsert"),
        "landing",
        lambda original: lambda page: hiding("upsert", original(page)),
    ),
)
