"""`sbw test`: judge a live provider."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from sbw_conformance.attestation import Attestation, read_attestation
from sbw_conformance.cli.configured import configured
from sbw_conformance.cli.errors import leave
from sbw_conformance.cli.live import Live
from sbw_conformance.configuration import Configuration
from sbw_conformance.hosting import Hosted
from sbw_conformance.journals import notice
from sbw_conformance.provider import Reference
from sbw_conformance.reading import read_report
from sbw_conformance.reports import github, terminal, write_all
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import EXIT_USAGE, Report
from sbw_conformance.selection import Selection, failed_in, of_classes, of_profile
from sbw_conformance.signals import terminated_as_interrupted
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import ConfigurationError, Target
from sbw_validator.standard import Standard, load_standard

APP_LOG = "app.log"

EPILOG = """\b
Examples:
  sbw test --reference
  sbw test --app shop.web:app
  SBW_A1_TOKEN=... SBW_A2_TOKEN=... SBW_B1_TOKEN=... sbw test https://api.example.com/sbw

\b
sbw.yaml (`sbw init` writes it, `sbw doctor` looks it over):
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
130 interrupted. With --read-only or --rerun something claimed is left out,
so that the best that can come out is INCOMPLETE.
"""


@dataclass(frozen=True)
class Asked:
    """What the command line says of a run, as far as it is not how to run it."""

    url: str | None = None
    reference: bool = False
    app: str | None = None
    config: Path | None = None
    db: str | None = None
    classes: tuple[str, ...] = ()
    profile: str | None = None
    read_only: bool = False
    allow_traces: bool = False
    rerun: Path | None = None
    attestation: Path | None = None


@click.command(epilog=EPILOG)
@click.argument("url", required=False)
@click.option("--reference", is_flag=True, help="Judge the reference provider, started for it.")
@click.option("--app", metavar="MODULE:ATTR", help="Judge an ASGI or WSGI app, served for it.")
@click.option("--config", type=click.Path(path_type=Path), help="Configuration [sbw.yaml].")
@click.option("--class", "classes", metavar="NAME", multiple=True, help="Judge only this class.")
@click.option("--profile", metavar="NAME", help="Judge the classes of a profile.")
@click.option("--read-only", is_flag=True, help="Write nothing; leave out what needs writing.")
@click.option(
    "--allow-traces",
    is_flag=True,
    help="Make records that stay for good outside a sandbox too.",
)
@click.option(
    "--rerun",
    type=click.Path(path_type=Path),
    metavar="REPORT",
    help="Judge only what did not end well in a report.",
)
@click.option(
    "--attestation",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What you say of promises that no program can judge.",
)
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
def command(out: Path, seed: int, workers: int, as_json: bool, **asked: object) -> None:
    """Judge the live provider at URL, and say what to mend."""
    wanted = Asked(**asked)  # type: ignore[arg-type]  # click made them of the types it was told
    _sensible(wanted)
    standard = load_standard()
    configuration = _configuration(wanted)
    selection = _selection(wanted, configuration, standard)
    attestation = _attestation(wanted, configuration, standard)
    with terminated_as_interrupted(), _served(wanted, configuration, out) as target:
        _folder(out)
        for line in (notice(out) or "").splitlines():
            click.echo(f"note: {line}", err=True)
        with Live(as_json) as live:
            options = Options(
                folder=out,
                seed=seed,
                workers=workers,
                selection=selection,
                waivers=configuration.waivers,
                attestation=attestation,
                allow_traces=wanted.allow_traces,
                listen=live.show,
            )
            report = judge(target, options, standard)
    written = write_all(report, out)
    if as_json:
        click.echo(report_json.render(report), nl=False)
    else:
        log = [path for path in [out / APP_LOG] if _app(wanted, configuration)]
        _summary(report, [*written, out / "run.ndjson", *log])
        if os.environ.get("GITHUB_ACTIONS") == "true":
            click.echo(github.render(report), nl=False)
    sys.exit(report.end["exit_code"])


def _sensible(asked: Asked) -> None:
    """Leave with a sentence where options contradict each other."""
    if asked.reference and (asked.url or asked.config or asked.app):
        leave(
            "--reference starts a provider of its own; leave out the URL, --app and --config.",
            EXIT_USAGE,
        )
    if asked.app and asked.url:
        leave("--app serves the provider itself; leave out the URL.", EXIT_USAGE)
    if asked.db and not asked.reference:
        leave("--db is the database of the reference provider; add --reference.", EXIT_USAGE)
    if asked.classes and asked.profile:
        leave("--class and --profile both say what to judge; keep one.", EXIT_USAGE)


def _configuration(asked: Asked) -> Configuration:
    if asked.reference:
        return Configuration()
    lacking = "there is no provider to judge. Give its URL, write sbw.yaml, or use --reference."
    return configured(asked.url, asked.config, lacking, served=asked.app is not None)


def _app(asked: Asked, configuration: Configuration) -> str | None:
    return asked.app or (configuration.app if asked.url is None else None)


@contextmanager
def _hosted(app: str, out: Path) -> Iterator[Hosted]:
    """The app; where it cannot be served, no folder is left that was made for its output."""
    new = not out.exists()
    _folder(out)
    with ExitStack() as stack:
        try:
            hosted = stack.enter_context(Hosted(app, log=out / APP_LOG))
        except ConfigurationError:
            if new:
                shutil.rmtree(out)
            raise
        yield hosted


@contextmanager
def _served(asked: Asked, configuration: Configuration, out: Path) -> Iterator[Target]:
    """The target, with what has to be started for it; what an app prints goes to a file."""
    app = _app(asked, configuration)
    if asked.reference:
        with Reference(*(("--db", asked.db) if asked.db else ())) as reference:
            yield reference.target
    elif app is not None:
        with _hosted(app, out) as hosted:
            yield configuration.at(hosted.url)
    else:
        yield configuration.aimed(asked.url)


def _selection(asked: Asked, configuration: Configuration, standard: Standard) -> Selection:
    """What is judged; the command line outranks the configuration."""
    named = asked.classes or asked.profile
    profile = asked.profile if named else configuration.profile
    names = asked.classes if named else configuration.classes or ()
    classes = of_classes(standard, names) if names else None
    if profile is not None:
        classes = of_profile(standard, profile)
    again = None
    if asked.rerun is not None:
        again = failed_in(read_report(asked.rerun))
        if not again:
            leave(f"{asked.rerun}: everything in it ended well; run the whole.", EXIT_USAGE)
    return Selection(classes, asked.read_only, again)


def _attestation(
    asked: Asked, configuration: Configuration, standard: Standard
) -> Attestation | None:
    path = asked.attestation or configuration.attestation
    return None if path is None else read_attestation(path, standard)


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
