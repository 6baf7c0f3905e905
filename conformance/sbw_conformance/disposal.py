"""Taking away what the suite made, as the registry says for each resource."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sbw_conformance.checks.bodies import external_ids
from sbw_conformance.checks.records import MOST_AT_ONCE, OtherApp, OtherTenant, Records
from sbw_conformance.checks.run import SUITE_APP, Run
from sbw_conformance.checks.trial import CouldNotRun, Trial
from sbw_conformance.cleanup import FOR_GOOD, Cleanup, Dispose, Journal, Sweep, Trace
from sbw_conformance.target import variable
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
            try:
                records = _seen_by(run, role, resource)
                items = records.walk(external_id=SUITE_APP, updated_since=run.start)
            except Exception as error:  # noqa: BLE001  # whatever a list is like, the rest goes
                return [replace(trace, unseen=str(error)) for trace in planned]
            for item in items:
                if (trace := _ours(f"{run.id}.", role, resource, item)) and trace.record_id:
                    found[trace.record_id] = trace
        return list(found.values())

    return look


def of_the_app(run: Run, resource: Resource, role: str) -> list[Trace]:
    """Every record of a resource that carries an external id of the suite, of whichever run.

    Failed, Blocked or CouldNotRun where no list tells.
    """
    items = _seen_by(run, role, resource).walk(external_id=SUITE_APP)
    return [trace for item in items if (trace := _ours("", role, resource, item))]


def _ours(run: str, role: str, resource: Resource, item: dict[str, Any]) -> Trace | None:
    """The trace of a list item, if it carries an external id of the suite that begins so."""
    marks = tuple(
        str(entry.get("id"))
        for entry in external_ids(item)
        if entry.get("app") == SUITE_APP and str(entry.get("id")).startswith(run)
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
        left = [trace for trace in traces if trace.record_id is None]
        for role in sorted({trace.client for trace in traces}):
            own = [t for t in traces if t.client == role and t.record_id is not None]
            for start in range(0, len(own), most):
                left += _swept(run, role, resource, own[start : start + most])
        return left

    return sweep


def _swept(run: Run, role: str, resource: Resource, traces: list[Trace]) -> list[Trace]:
    """What is left of some traces after one batch that deletes them."""
    try:
        wanted = [{"operation": "delete", "id": trace.record_id} for trace in traces]
        results = _seen_by(run, role, resource).batch(wanted).results
    except CouldNotRun:
        return traces
    gone = [result.get("status") in (204, 404, 410) for result in results]
    gone += [False] * (len(traces) - len(gone))
    for trace, done in zip(traces, gone, strict=False):
        if done:
            run.journal.gone(resource, trace.record_id or "")
    return [trace for trace, done in zip(traces, gone, strict=False) if not done]


def disposer(run: Run) -> Dispose:
    """A function that takes one trace away, or says why it stays."""

    def dispose(resource: Resource, trace: Trace) -> str | None:
        try:
            return _disposed(run, resource, trace)
        except CouldNotRun as reason:
            return str(reason)

    return dispose


def _disposed(run: Run, resource: Resource, trace: Trace) -> str | None:
    records = _seen_by(run, trace.client, resource)
    if trace.restore is not None:
        answer = records.patch("", trace.restore, if_match="*")
        return None if answer.status == 200 else answer.exchange.got
    if trace.record_id is None:
        return trace.doubt
    kind = resource.disposal.kind
    if kind == "permanent":
        return FOR_GOOD
    if kind == "transition":
        state = {"status": resource.disposal.state}
        answer = records.patch(trace.record_id, state, if_match="*")
    elif "delete" in run.operations(resource):
        answer = records.delete(trace.record_id)
    else:
        return "the provider offers no deletion"
    gone = 200 <= answer.status < 300 or answer.status in {404, 410}
    return None if gone else answer.exchange.got


def _seen_by(run: Run, role: str, resource: Resource) -> Records:
    """The records of a resource as a client sees them, or another one of the same business.

    CouldNotRun where there is no such client.
    """
    roles = [name for name in (role, *VIEWS) if name[0] == role[0] and run.has(name)]
    if not roles:
        raise CouldNotRun(f"it needs {variable(role)}")
    return VIEWS[roles[0]](Trial(run, "run.cleanup", (), resource), resource)


def untouched(journal: Journal) -> Cleanup:
    """What is said where nothing is to be taken away: nothing, though the journal is not done."""
    return Cleanup(left=len(journal.open()))


def given_up(journal: Journal) -> Cleanup:
    """What is said of everything that is still there when the clean-up itself is interrupted."""
    return Cleanup(
        kept=tuple(
            {
                "resource": trace.resource,
                "record": trace.name,
                "reason": "the clean-up was interrupted",
            }
            for trace in journal.open()
        )
    )
