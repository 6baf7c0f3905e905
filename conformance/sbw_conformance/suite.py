"""One call for a whole run: target in, report out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from sbw_conformance.attestation import Attestation
from sbw_conformance.checks import Check, catalog
from sbw_conformance.checks.run import Run
from sbw_conformance.cleanup import Journal
from sbw_conformance.client import Client
from sbw_conformance.events import EventStream, Redaction
from sbw_conformance.pacing import Pacer
from sbw_conformance.planning import Task
from sbw_conformance.preflight import ready
from sbw_conformance.results import Report
from sbw_conformance.runner import PROGRAMS, Progress, Runner
from sbw_conformance.scored import load_scored
from sbw_conformance.selection import Selection
from sbw_conformance.target import ConfigurationError, Target
from sbw_conformance.waivers import Waiver, Waivers
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Standard, load_standard

DISTRIBUTION = "smallbusinessweb"
EVENTS_FILE = "run.ndjson"
JOURNAL_FILE = "journal-{run}.ndjson"
"""A file of each run's own: what an earlier run left behind is not forgotten."""


@dataclass(frozen=True)
class Options:
    """How to run: where files go (None keeps everything in memory), seed, workers, checks.

    `wanted` says which tasks are done at all, `selection` which of what is claimed is judged.
    Programs that fail are made shorter with `shrink`. Without `evidence` the report holds results
    only, none of what was sent and asserted. `patience` is how many seconds a run waits for a
    provider that went away. With `allow_traces` checks that leave records for good run outside of a
    sandbox too. Each race is run `rounds` times.
    """

    folder: Path | None = None
    seed: int = 0
    workers: int = 8
    programs: int | None = PROGRAMS
    shrink: bool = True
    checks: tuple[Check, ...] = field(default_factory=catalog)
    preflight: bool = True
    tidy: bool = True
    wanted: Callable[[Task], bool] = lambda _: True
    evidence: bool = True
    selection: Selection = field(default_factory=Selection)
    waivers: tuple[Waiver, ...] = ()
    attestation: Attestation | None = None
    patience: float = 30.0
    allow_traces: bool = False
    rounds: int = 1
    listen: Callable[[Progress], None] = lambda _: None


def suite_version() -> str:
    """Version of this distribution."""
    return version(DISTRIBUTION)


def user_agent() -> str:
    """What the suite calls itself where it sends requests."""
    return f"{DISTRIBUTION}-conformance/{suite_version()}"


def judge(
    target: Target, options: Options | None = None, standard: Standard | None = None
) -> Report:
    """Run the suite against a target and give the report.

    ConfigurationError or UnreachableError where a verdict would make no sense.
    """
    options = options or Options()
    standard = standard or load_standard()
    scored = load_scored(standard.version)
    client = Client(
        options.workers,
        target.origin,
        Pacer(target.requests_per_second),
        base=target.base,
        absence=options.patience,
    )
    try:
        if options.preflight:
            target = prepared(target, client, standard)
        run = _run(target, client, standard, options)
        runner = Runner(
            run,
            EventStream(options.folder and options.folder / EVENTS_FILE, run.redaction),
            options.workers,
            options.checks,
            options.programs,
            options.listen,
            shrink=options.shrink,
            head={
                "suite_version": suite_version(),
                "scored_set": scored.digest,
                "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "attestation": options.attestation and options.attestation.to_json(),
            },
            scored=frozenset(scored.checks),
            wanted=options.wanted,
            evidence=options.evidence,
            selection=options.selection,
            waivers=Waivers(options.waivers),
        )
        try:
            return runner.judge()
        finally:
            runner.stream.close()
    finally:
        client.close()


def prepared(target: Target, client: Client, standard: Standard) -> Target:
    """The target once preflight is over; what went wrong is said without secrets."""
    try:
        return ready(target, client, load_schemas(standard))
    except ConfigurationError as error:
        hide = redaction_of(target).text
        raise type(error)(hide(error.message), hide(error.hint)) from None


def redaction_of(target: Target) -> Redaction:
    """A redaction that knows the secrets of a target's clients."""
    redaction = Redaction()
    for credentials in target.clients.values():
        for secret in credentials.secrets():
            redaction.add(secret)
    return redaction


def _run(target: Target, client: Client, standard: Standard, options: Options) -> Run:
    name = f"r{secrets.token_hex(5)}"
    path = options.folder and options.folder / JOURNAL_FILE.format(run=name)
    about = {
        "run": name,
        "target": target.base,
        "standard": standard.version,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    redaction = redaction_of(target)
    client.tokens.listen = redaction.add
    return Run(
        id=name,
        target=target,
        client=client,
        standard=standard,
        journal=Journal(path, about),
        redaction=redaction,
        user_agent=user_agent(),
        seed=options.seed,
        tidy=options.tidy,
        allow_traces=options.allow_traces,
        asked=options.selection.classes,
        read_only=options.selection.read_only,
        rounds=options.rounds,
    )
