"""`sbw doctor`: look over a configuration and its provider, before any verdict."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from sbw_conformance.cli.configured import configured
from sbw_conformance.configuration import Configuration
from sbw_conformance.doctor import exit_code, to_json, visiting
from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.doctoring.probes import Line, examine
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.hosting import Hosted
from sbw_conformance.suite import redaction_of
from sbw_conformance.target import Target
from sbw_validator.findings import printable

COLOURS = {State.OK: "green", State.WRONG: "red", State.UNKNOWN: "yellow"}
STATE_WIDTH, PROBE_WIDTH = 12, 26

EPILOG = """\b
Examples:
  sbw doctor
  SBW_A1_TOKEN=... sbw doctor https://api.example.com/sbw

\b
Nothing is written at the provider. What is not ok says what to do.
Exit codes: 0 nothing is wrong, 2 something is, 3 nothing answers.
"""


@click.command(epilog=EPILOG)
@click.argument("url", required=False)
@click.option("--config", type=click.Path(path_type=Path), help="Configuration [sbw.yaml].")
@click.option("--read-only", is_flag=True, help="For production: as `sbw test --read-only`.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(url: str | None, config: Path | None, read_only: bool, as_json: bool) -> None:
    """Look over a configuration and its provider: everything that is no matter of conformance."""
    configuration = _configuration(url, config)
    lines = []
    with (
        _served(configuration, url) as target,
        visiting(target, configuration, read_only=read_only) as visit,
    ):
        for line in _redacted(visit):
            lines.append(line)
            if not as_json:
                _show(line)
    if as_json:
        click.echo(json.dumps(to_json(target, lines), indent=2, ensure_ascii=False))
    else:
        click.echo(f"\n{_summary(lines)}")
    sys.exit(exit_code(lines))


def _configuration(url: str | None, config: Path | None) -> Configuration:
    lacking = (
        "there is nothing to look at. Give the URL of the provider, or write sbw.yaml (`sbw init`)."
    )
    return configured(url, config, lacking, complete=False)


@contextmanager
def _served(configuration: Configuration, url: str | None) -> Iterator[Target]:
    """The target, with the app that has to be started for it."""
    if configuration.app is not None and url is None:
        with Hosted(configuration.app) as hosted:
            yield configuration.at(hosted.url)
    else:
        yield configuration.aimed(url)


def _redacted(visit: Visit) -> Iterator[Line]:
    """What comes of each probe, without secrets and without what a terminal acts on."""
    for line in examine(visit):
        hide = redaction_of(visit.target).text
        found = line.found
        says, advice = printable(hide(found.says)), printable(hide(found.advice))
        yield Line(line.probe, replace(found, says=says, advice=advice))


def _show(line: Line) -> None:
    state = line.found.state
    mark = click.style(f"{state.value:<{STATE_WIDTH}}", fg=COLOURS.get(state))
    click.echo(f"{mark} {line.probe:<{PROBE_WIDTH}} {line.found.says}")
    if line.found.advice:
        click.echo(" " * (STATE_WIDTH + PROBE_WIDTH + 2) + line.found.advice)


def _summary(lines: list[Line]) -> str:
    counts = {state: sum(line.found.state is state for line in lines) for state in State}
    told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    if counts[State.WRONG]:
        return f"{told}. Mend the first that is wrong; others may come of it."
    return f"{told}. Nothing is wrong that can be seen from here; go on with `sbw test`."
