"""Taking away what the suite made, as the registry says for each resource."""

from collections.abc import Callable
from typing import Any

from sbw_conformance.checks.bodies import external_ids
from sbw_conformance.checks.records import MOST_AT_ONCE, OtherApp, OtherTenant, Records
from sbw_conformance.checks.run import SUITE_APP, Run
from sbw_conformance.checks.trial import Trial
from sbw_conformance.cleanup import Cleanup, Dispose, Journal, Sweep, Trace
from sbw_validator.standard import Resource

VIEWS: dict[str, type[Records]] = {kind.role: kind for kind in (Records, OtherApp, OtherTenant)}


def leftovers(run: Run) -> Callable[[Resource, list[Trace]], list[Trace]]:
    """A function that looks up which planned records are there after all.

    It gives a trace with its id for each record of this run that a list under the suite's app
    shows, and one without an id where the resource cannot be listed.
    """

    def look(resource: Resource, planned: list[Trace]) -> list[Trace]:
        if "list" not in run.operations(resource):
            return [trace for trace in planned if trace.record_id is None]
        found: dict[str, Trace] = {}
        for role in sorted({trace.client for trace in planned}):
            records = VIEWS[role](Trial(run, "run.cleanup", (), resource), resource)
            try:
                items = records.walk(external_id=SUITE_APP, updated_since=run.start)
            except Exception:  # noqa: BLE001  # whatever a list looks like, the rest is removed
                return planned
            for item in items:
                if (trace := _ours(run, role, resource, item)) and trace.record_id:
                    found[trace.record_id] = trace
        return list(found.values())

    return look


def _ours(run: Run, role: str, resource: Resource, item: dict[str, Any]) -> Trace | None:
    """The trace of a list item, if it carries an external id of this run and of the suite."""
    marks = tuple(
        str(entry.get("id"))
        for entry in external_ids(item)
        if entry.get("app") == SUITE_APP and str(entry.get("id")).startswith(f"{run.id}.")
    )
    named = isinstance(item.get("id"), str)
    return Trace(resource.type, role, marks, item["id"]) if marks and named else None


def sweeper(run: Run) -> Sweep:
    """A function that deletes in batches, where the provider has them."""

    def sweep(resource: Resource, traces: list[Trace]) -> list[Trace]:
        deletable = resource.disposal.kind == "delete" and "delete" in run.operations(resource)
        if not deletable or "batch" not in run.extras:
            return traces
        most = min(run.batch_limit, MOST_AT_ONCE)
        left = []
        for role in sorted({trace.client for trace in traces}):
            own = [trace for trace in traces if trace.client == role]
            records = VIEWS[role](Trial(run, "run.cleanup", (), resource), resource)
            for start in range(0, len(own), most):
                some = own[start : start + most]
                wanted = [{"operation": "delete", "id": trace.record_id} for trace in some]
                results = records.batch(wanted).results
                gone = [result.get("status") in (204, 404, 410) for result in results]
                gone += [False] * (len(some) - len(gone))
                left += [trace for trace, done in zip(some, gone, strict=False) if not done]
        return left

    return sweep


def disposer(run: Run) -> Dispose:
    """A function that takes one trace away, or says why it stays."""

    def dispose(resource: Resource, trace: Trace) -> str | None:
        records = VIEWS[trace.client](Trial(run, "run.cleanup", (), resource), resource)
        if trace.restore is not None:
            answer = records.patch("", trace.restore, if_match="*")
            return None if answer.status == 200 else answer.exchange.got
        if trace.record_id is None:
            return "not known whether it was made, and it cannot be looked up"
        kind = resource.disposal.kind
        if kind == "permanent":
            return "the standard keeps such records"
        if kind == "transition":
            state = {"status": resource.disposal.state}
            answer = records.patch(trace.record_id, state, if_match="*")
        elif "delete" in run.operations(resource):
            answer = records.delete(trace.record_id)
        else:
            return "the provider offers no deletion"
        gone = 200 <= answer.status < 300 or answer.status in {404, 410}
        return None if gone else answer.exchange.got

    return dispose


def given_up(journal: Journal) -> Cleanup:
    """What is said of everything that is still there when the clean-up itself is interrupted."""
    return Cleanup(
        kept=tuple(
            {
                "resource": trace.resource,
                "record": trace.record_id or ", ".join(trace.external_ids),
                "reason": "the clean-up was interrupted",
            }
            for trace in journal.open()
        )
    )
