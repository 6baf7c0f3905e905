"""`sbw test`: judge a live provider."""

import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.provider import Reference
from sbw_conformance.reports import json as report_json
from sbw_conformance.reports import terminal, write_all
from sbw_conformance.results import EXIT_USAGE, Report
from sbw_conformance.runner import Progress
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target, target_from_environment, target_from_file

CONFIG = Path("sbw.yaml")

EPILOG = """\b
Examples:
  sbw test --reference
  SBW_A1_TOKEN=... SBW_A2_TOKEN=... SBW_B1_TOKEN=... sbw test https://api.example.com/sbw

\b
sbw.yaml:
  target: https://api.example.com/sbw
  clients:
    a1:                              # business a through the first app
      token_env: SBW_A1_TOKEN
      scoped:                        # narrower tokens of the same client
        read_only: {token_env: SBW_A1_READ_ONLY_TOKEN}
        business_only: {token_env: SBW_A1_BUSINESS_ONLY_TOKEN}
    a2: {token_env: SBW_A2_TOKEN}    # business a through another app
    b1: {token_env: SBW_B1_TOKEN}    # business b

\b
Exit codes: 0 CONFORMANT, 1 NOT CONFORMANT, 4 INCOMPLETE, 2 wrong usage,
configuration or token, 3 nothing answers, 5 an error of the suite itself,
130 interrupted.
"""


@click.command(epilog=EPILOG)
@click.argument("url", required=False)
@click.option("--reference", is_flag=True, help="Judge the reference provider, started for it.")
@click.option("--config", type=click.Path(path_type=Path), help="Configuration [sbw.yaml].")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("sbw-report"),
    show_default=True,
    help="Folder for the reports.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all that is drawn.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="Checks at a time."
)
@click.option("--db", help="With --reference: database URL of the provider.")
@click.option("--json", "as_json", is_flag=True, help="Print report.json instead of a summary.")
def command(
    url: str | None,
    reference: bool,
    config: Path | None,
    out: Path,
    seed: int,
    workers: int,
    db: str | None,
    as_json: bool,
) -> None:
    """Judge the live provider at URL, and say what to mend."""
    if reference and (url or config):
        leave(
            "--reference starts a provider of its own; leave out the URL and --config.", EXIT_USAGE
        )
    if db and not reference:
        leave("--db is the database of the reference provider; add --reference.", EXIT_USAGE)
    started: AbstractContextManager[Reference | None] = nullcontext()
    if reference:
        started = Reference(*(("--db", db) if db else ()))
    with started as provider:
        target = provider.target if provider else _target(url, config)
        _folder(out)
        with Live(as_json) as live:
            options = Options(folder=out, seed=seed, workers=workers, listen=live.show)
            report = judge(target, options)
    written = write_all(report, out)
    if as_json:
        click.echo(report_json.render(report), nl=False)
    else:
        _summary(report, [*written, out / "run.ndjson"])
    sys.exit(report.end["exit_code"])


def _target(url: str | None, config: Path | None) -> Target:
    if config is not None or CONFIG.exists():
        return target_from_file(config or CONFIG, url)
    if url is None:
        leave(
            "there is no provider to judge. Give its URL, write sbw.yaml, or use --reference.",
            EXIT_USAGE,
        )
    return target_from_environment(url)


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.write_text(datetime.now(UTC).isoformat(), encoding="utf-8")
        probe.unlink()
    except OSError as error:
        leave(
            f"{out}: no reports can be written there: {error.strerror}. Name another folder "
            "with --out.",
            EXIT_USAGE,
        )


def _summary(report: Report, written: list[Path]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for text, style in terminal.lines(report):
        console.print(Text(text, style=style))
    console.print()
    console.print(Text("Reports: " + ", ".join(map(str, written))))


class Live:
    """Progress on stderr while a run is at work; silent where stderr is no terminal."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        self._bar = Bar(
            MofNCompleteColumn(),
            TextColumn("checks"),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Show how far the run is."""
        failures = f", {progress.failures} failures" if progress.failures else ""
        text = f"{progress.requests} requests{failures}  {progress.last}"
        self._bar.update(
            self._task, completed=progress.done, total=progress.total, description=text
        )
