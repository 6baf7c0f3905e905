"""Taking away what earlier runs left: what their journals hold, and all that is marked as ours."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sbw_conformance import disposal
from sbw_conformance.checks.run import Run
from sbw_conformance.checks.trial import Blocked, CouldNotRun, Failed
from sbw_conformance.cleanup import Cleanup, Journal, Trace, clean, order, there
from sbw_conformance.client import Client
from sbw_conformance.exchanges import Request
from sbw_conformance.journals import Left, resumed
from sbw_conformance.pacing import Pacer
from sbw_conformance.suite import prepared, redaction_of, user_agent
from sbw_conformance.target import ROLES, ConfigurationError, Target
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Standard, load_standard

APP_WIDE = "rffffffffff"
"""Stands for the id of a run where records of all runs are taken away."""

WORKERS = 8


@dataclass
class Cleaned:
    """What became of the records of earlier runs; in a `dry` one they would be `removed`.

    `unread` says which lists did not tell whether there are records of the suite.
    """

    target: str
    dry: bool = False
    journals: tuple[Left, ...] = ()
    removed: list[Trace] = field(default_factory=list)
    restored: list[Trace] = field(default_factory=list)
    kept: list[dict[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    finished: bool = True
    hide: Callable[[str], str] = str

    def add(self, cleanup: Cleanup) -> None:
        """Add what became of the records of one run."""
        self.restored += [trace for trace in cleanup.gone if trace.restore is not None]
        self.removed += [trace for trace in cleanup.gone if trace.restore is None]
        self.kept += [{k: self.hide(v) for k, v in trace.items()} for trace in cleanup.kept]
        self.finished = self.finished and cleanup.finished

    @property
    def done(self) -> bool:
        """Whether nothing is left that could go."""
        nothing = not (self.removed or self.restored) if self.dry else self.finished
        return nothing and not self.unread


def clean_target(
    target: Target,
    journals: Sequence[Left],
    *,
    app_wide: bool = False,
    dry: bool = False,
    standard: Standard | None = None,
) -> Cleaned:
    """Take away what the journals hold and, if `app_wide`, whatever carries a mark of the suite.

    A journal of which nothing is left is removed. ConfigurationError or UnreachableError where the
    target cannot be used.
    """
    standard = standard or load_standard()
    pacer = Pacer(target.requests_per_second)
    client = Client(WORKERS, target.origin, pacer, base=target.base)
    try:
        ready = prepared(target, client, standard)
        landing = _landing(ready, client, standard)
        redaction, agent = redaction_of(ready), user_agent()
        client.tokens.listen = redaction.add

        def run(name: str, journal: Journal) -> Run:
            return Run(name, ready, client, standard, journal, redaction, agent, landing=landing)

        found = Cleaned(target.base, dry, tuple(journals), hide=redaction.text)
        for left in journals:
            journal = resumed(left)
            finished = False
            try:
                cleanup = _disposed(run(left.run, journal), dry=dry)
                found.add(cleanup)
                finished = cleanup.finished and not (dry and cleanup.gone)
            finally:
                journal.close(finished=finished)
        if app_wide:
            everything = run(APP_WIDE, Journal())
            found.unread += map(redaction.text, _note_all(everything))
            found.add(_disposed(everything, dry=dry))
        return found
    finally:
        client.close()


def _landing(target: Target, client: Client, standard: Standard) -> dict[str, Any]:
    request = Request("anonymous", "landing", "GET", f"{target.base}/")
    page = client.send(request, (("Accept", "application/json"),), "clean", 0)
    found: Any = page.json if page.status == 200 else None
    if not load_schemas(standard).validator("landing", "full").is_valid(found):
        raise ConfigurationError(
            f"The landing page at {target.base}/ is not valid, so that it is not known how records "
            "are removed.",
            f"`sbw test {target.base}` says what is wrong with it.",
        )
    return dict(found)


def _disposed(run: Run, *, dry: bool) -> Cleanup:
    """Take away what the journal of a run holds, or say only what that is."""
    look = disposal.leftovers(run)
    resources = run.standard.resources
    if dry:
        traces = run.journal.open()
        found: list[Trace] = []
        for name in order(resources):
            of_kind = [trace for trace in traces if trace.resource == name]
            found += there(of_kind, resources[name], look)
        doubted = [trace for trace in found if not (trace.known or trace.refused)]
        return Cleanup(
            kept=tuple(
                {"resource": trace.resource, "record": trace.name, "reason": trace.doubt}
                for trace in doubted
            ),
            gone=tuple(trace for trace in found if trace.known),
        )
    with ThreadPoolExecutor(WORKERS, "clean-up") as pool:

        def every(function: Callable[[Trace], str | None], traces: list[Trace]) -> list[str | None]:
            return list(pool.map(function, traces))

        try:
            return clean(
                run.journal, resources, look, disposal.disposer(run), every, disposal.sweeper(run)
            )
        except KeyboardInterrupt:
            run.client.pacer.hurry()
            pool.shutdown(cancel_futures=True)
            raise


def _note_all(run: Run) -> list[str]:
    """Note every record with a mark of the suite; gives what lists did not tell."""
    unread = []
    clients = {role[0]: role for role in reversed(ROLES) if run.has(role)}
    for resource in run.standard.resources.values():
        marked = "external_id" in resource.filters and "list" in run.operations(resource)
        for role in sorted(clients.values()) if marked else ():
            try:
                for trace in disposal.of_the_app(run, resource, role):
                    run.journal.made(resource, role, trace.record_id or "", *trace.external_ids)
            except (Failed, Blocked, CouldNotRun) as reason:
                unread.append(f"{resource.type}, as {role}: {reason}")
    return unread
