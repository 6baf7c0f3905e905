"""Mutants of a provider put to the suite: which it finds, and how.

A mutant is a process of its own: `mutated` runs the package with the source of one module edited,
as a fleet whose members differ in what they declare. The suite judges them over HTTP, one after
another, until it finds something.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sbw_conformance.checks import Check, catalog
from sbw_conformance.measuring.mutation import Mutant, sample
from sbw_conformance.measuring.processes import Process
from sbw_conformance.provider import target_of
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.runner import Progress
from sbw_conformance.suite import Options, judge

PACKAGE = "sbw_reference"
LAUNCHER = (sys.executable, "-m", "sbw_conformance.measuring.mutated")
EXCLUDED: Mapping[str, str] = {
    "": "the package itself holds nothing",
    "__main__": "the command line: no consumer meets it",
    "app:token": "as oauth",
    "auth:issue": "seeding, and as oauth",
    "behaviours": "hooks: no resource of the draft has one but the seed of a singleton",
    "declarations:refuse": "the command line: it judges what --declare says",
    "declarations:_beside_the_standard": "as declarations:refuse",
    "declared_files": "the command line: it reads the file of --declare",
    "defects": "what is wrong there is wrong on purpose",
    "errors": "the exceptions of the command line",
    "examples": "seeding: it runs before the first request",
    "fleet": "the command line: it starts and stops apps for selftest",
    "oauth": "how an app gets a token is the matter of class access, which the draft has not yet",
    "reading:View": "as reading:search",
    "reading:argument": "as reading:search",
    "reading:search": "queries: no resource of the draft is one",
    "seeding": "it runs before the first request, and says nothing of the API",
    "server": "it starts and ends the process; the app that it serves is elsewhere",
}
"""Modules that are not mutated, with their submodules, functions of others, and why."""

SETTINGS: tuple[Mapping[str, Any], ...] = (
    {},
    {"variant": "strict-email", "classes": ["core", "contacts"]},
)
"""How a mutant is started: as the reference provider is; with limits and without classes on top."""

START_SECONDS = 60.0
JUDGE_SECONDS = 600.0
KILLED = ("failed", "warned", "crashed", "not started")
"""Ends in which a user of the suite learns that something is wrong."""


def sources(package: str = PACKAGE) -> dict[str, str]:
    """The source of each module of a package that is mutated, by its full name."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: there is nothing to mutate")
    folder = Path(spec.origin).parent
    names = {file: _name(file.relative_to(folder)) for file in sorted(folder.rglob("*.py"))}
    return {
        f"{package}.{name}": file.read_text(encoding="utf-8")
        for file, name in names.items()
        if name not in EXCLUDED and name.partition(".")[0] not in EXCLUDED
    }


def drawn(count: int, seed: int, package: str = PACKAGE) -> tuple[Mutant, ...]:
    """As many mutants of a package as asked for; the same for a seed."""
    left_out = {f"{package}.{name}" for name in EXCLUDED if ":" in name}
    return sample(sources(package), count, seed, left_out)


def _name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass(frozen=True)
class End:
    """What became of a mutant.

    `kind` is failed, warned, crashed, not started, timed out, incomplete, error or survived; `by`
    names what failed or could not run, as check and requirement, `setting` how it was started.
    """

    mutant: Mutant
    kind: str
    by: tuple[tuple[str, str], ...] = ()
    setting: int = 0
    seconds: float = 0.0
    said: str = ""

    @property
    def killed(self) -> bool:
        """Whether the suite found it."""
        return self.kind in KILLED

    def to_json(self) -> dict[str, Any]:
        """As results hold it; they do not hold where exactly it is, which the next edit changes."""
        mutant = self.mutant
        return {
            "module": mutant.module,
            "row": mutant.row,
            "operator": mutant.operator,
            "line": mutant.line,
            "change": mutant.change,
            "times": mutant.times,
            "kind": self.kind,
            "by": [list(row) for row in self.by],
            "setting": self.setting,
            "seconds": round(self.seconds, 1),
            **({"said": self.said} if self.said else {}),
        }


@dataclass(frozen=True)
class Measure:
    """Puts mutants to the suite, `lanes` at a time; `listen` hears of each end."""

    sources: Mapping[str, str]
    package: str = PACKAGE
    settings: Sequence[Mapping[str, Any]] = SETTINGS
    lanes: int = 2
    workers: int = 3
    programs: int = 2
    checks: tuple[Check, ...] = field(default_factory=catalog)
    start_seconds: float = START_SECONDS
    judge_seconds: float = JUDGE_SECONDS
    listen: Callable[[End], None] = lambda _: None

    def run(self, mutants: Iterable[Mutant]) -> tuple[End, ...]:
        """What became of each, in their order.

        RuntimeError where the suite finds something against the provider as it is: then it would
        find that in each mutant too.
        """
        name, source = next(iter(self.sources.items()))
        same = Mutant(name, "", "none", 0, "", "", "", 0, 0)
        if (end := self._put(same, source)).kind != "survived":
            raise RuntimeError(f"the provider as it is does not pass: {end.kind} {end.by}")
        with ThreadPoolExecutor(self.lanes) as pool:
            return tuple(pool.map(self._told, mutants))

    def _told(self, mutant: Mutant) -> End:
        end = self._put(mutant, mutant.text(self.sources[mutant.module]))
        self.listen(end)
        return end

    def _put(self, mutant: Mutant, text: str) -> End:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "mutant.py"
            file.write_text(text, encoding="utf-8")
            command = [*LAUNCHER, mutant.module, str(file), self.package]
            with Process(command, folder) as process:
                end = self._first(process, mutant)
        return replace(end, seconds=time.monotonic() - began)

    def _first(self, process: Process, mutant: Mutant) -> End:
        """The first end of a mutant other than survival, unless a later setting kills it."""
        end = End(mutant, "survived")
        for number, setting in enumerate(self.settings):
            found = replace(self._ended(process, mutant, setting), setting=number)
            if found.killed:
                return found
            if end.kind == "survived":
                end = found
        return end

    def _ended(self, process: Process, mutant: Mutant, setting: Mapping[str, Any]) -> End:
        """What becomes of a mutant that is started in one way."""
        ready = process.ask({"name": str(setting), **setting}, self.start_seconds)
        if "clients" not in ready:
            said = str(ready.get("error") or process.said()).splitlines()
            return End(mutant, "not started", said=said[-1] if said else "")
        reached: list[str] = []

        def listen(progress: Progress) -> None:
            if progress.failures:
                reached.append(progress.last)
                raise KeyboardInterrupt  # the one way in which a run ends early and still reports

        options = Options(
            workers=self.workers,
            programs=self.programs,
            checks=self.checks,
            preflight=False,
            tidy=False,
            evidence=False,
            patience=2.0,
            listen=listen,
        )
        with process.ending_after(self.judge_seconds) as late:
            report = judge(target_of(ready), options)
        if report.verdict is Verdict.INTERRUPTED and not reached:
            raise KeyboardInterrupt
        return End(mutant, *_kind(report, process, late=late.fired))


KINDS: Mapping[Outcome, str] = {
    Outcome.FAIL: "failed",
    Outcome.WARN: "warned",
    Outcome.ERROR: "error",
    Outcome.COULD_NOT_RUN: "incomplete",
}


def _kind(report: Report, process: Process, *, late: bool) -> tuple[str, tuple[Any, ...]]:
    """How a report, and the process behind it, show that something is wrong."""
    for outcome, kind in KINDS.items():
        if by := {(r.check, r.requirement) for r in report.results if r.outcome is outcome}:
            shown = tuple(sorted(by))[:5]
            if kind == "incomplete" and (late or process.gone):
                return "timed out" if late else "crashed", shown
            return kind, shown
    return "survived", ()


def by_kind(ends: Iterable[End]) -> dict[str, int]:
    """How many mutants ended in which way, the ways in which they are killed first."""
    ends = tuple(ends)
    kinds = dict.fromkeys((*KILLED, "timed out", "incomplete", "error", "survived"), 0)
    for end in ends:
        kinds[end.kind] += 1
    return kinds


def alive(ends: Iterable[End]) -> Iterator[End]:
    """The mutants that the suite did not find."""
    return (end for end in ends if not end.killed)
