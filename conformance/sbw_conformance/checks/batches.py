"""Operations of a batch as checks write them, and the results that say what became of each."""

from typing import Any

from sbw_conformance.checks import pointers
from sbw_conformance.checks.answer import PROBLEMS, Answer
from sbw_conformance.checks.records import Record, Records


def creation(records: Records, app: str | None = None) -> dict[str, Any]:
    """An operation that creates a record."""
    return {"operation": "create", "body": records.body(app=app)}


def update_of(record: Record | str, change: Any, if_match: str | None) -> dict[str, Any]:
    """An operation that changes a record, under a condition if one is given."""
    named = record.id if isinstance(record, Record) else record
    given = {"if_match": if_match} if if_match else {}
    return {"operation": "update", "id": named, "body": change, **given}


def keyed(records: Records, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation with a key of its own, which tells a retry from a new one."""
    return {**operation, "idempotency_key": f"sbw-{records.trial.run.token_of_its_own()}"}


def results_of(answer: Answer, count: int) -> list[dict[str, Any]]:
    """The results of a batch; that there is one for each operation is what BULK-001 says."""
    found = answer.results
    got = f"{len(found)} results, {answer.exchange.got}"
    answer.verify(len(found) == count, f"{count} results", got, under="BULK-001")
    return found


def must_have_status(
    answer: Answer, result: dict[str, Any], place: str, *wanted: int, under: str
) -> None:
    """Assert that the result at this place has one of the statuses."""
    text = " or ".join(map(str, wanted))
    got = f"status {result.get('status')} {_kind(result)}".strip()
    known = result.get("status") in wanted
    answer.verify(known, f"status {text}", got, under=under, pointer=f"{place}/status")


def is_made(result: dict[str, Any]) -> bool:
    """Whether a result is that of a write that left a record, and shows it."""
    return result.get("status") in (200, 201) and isinstance(result.get("body"), dict)


def must_succeed(answer: Answer, result: dict[str, Any], place: str, *, under: str) -> None:
    """Assert that the result at this place is a record."""
    got = f"status {result.get('status')} {_kind(result)}".strip()
    answer.verify(is_made(result), "a record", got, under=under, pointer=place)


def _kind(result: dict[str, Any]) -> str:
    return str(pointers.at(result, "/problem/type") or "").removeprefix(PROBLEMS)


def places_of(problem: Any) -> list[str]:
    """The places that a problem names."""
    errors = problem.get("errors") if isinstance(problem, dict) else None
    rows = errors if isinstance(errors, list) else []
    return sorted({str(row.get("pointer")) for row in rows if isinstance(row, dict)})
