"""`sbw clean`: take away what runs left that did not finish."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sbw_conformance.cleaning import Cleaned, clean_target
from sbw_conformance.cleanup import Trace
from sbw_conformance.cli.configured import configured
from sbw_conformance.cli.errors import leave
from sbw_conformance.journals import Left, journal_at, journals_in
from sbw_conformance.results import EXIT_USAGE
from sbw_conformance.signals import terminated_as_interrupted
from sbw_conformance.target import Target

EXIT_LEFT = 1
MOST_NAMED = 3

EPILOG = """\b
Examples:
  sbw clean https://api.example.com/sbw
  sbw clean https://api.example.com/sbw --app-wide --dry-run

\b
Exit codes: 0 nothing is left, 1 something is, 2 wrong usage, configuration or
token, 3 nothing answers. What the standard keeps for good counts as nothing.
"""


@click.command(epilog=EPILOG)
@click.argument("url", required=False)
@click.option("--config", type=click.Path(path_type=Path), help="Configuration [sbw.yaml].")
@click.option(
    "--journal",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the records of this journal only.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("sbw-report"),
    show_default=True,
    help="Folder with the reports and journals.",
)
@click.option(
    "--app-wide",
    is_flag=True,
    help="Take all records with an external id of the suite, of runs at work too.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    url: str | None,
    config: Path | None,
    journal: Path | None,
    out: Path,
    app_wide: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove the records that a killed run of `sbw test` left at URL."""
    journals = journals_in(out) if journal is None else [journal_at(journal)]
    if not dry_run:
        journals = [left for left in journals if not _empty(left)]
    target = _target(url, config, journals)
    own = [left for left in journals if left.target == target.base]
    foreign = [left for left in journals if left not in own]
    if journal is not None and foreign:
        leave(
            f"{journal} is of a run against {foreign[0].target or 'nothing'}, not {target.base}. "
            "Give the URL that it names.",
            EXIT_USAGE,
        )
    if not own and not app_wide:
        found = Cleaned(target.base, dry_run)
    else:
        with terminated_as_interrupted():
            found = clean_target(target, own, app_wide=app_wide, dry=dry_run)
    if as_json:
        click.echo(json.dumps(_value(found, foreign), ensure_ascii=False, indent=1))
    else:
        for line in _lines(found, foreign, out, app_wide=app_wide):
            click.echo("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))
    sys.exit(0 if found.done else EXIT_LEFT)


def _empty(left: Left) -> bool:
    """Whether a journal was killed before it said anything: then nothing was made, and it goes."""
    if left.about:
        return False
    left.path.unlink(missing_ok=True)
    return True


def _target(url: str | None, config: Path | None, journals: Sequence[Left]) -> Target:
    known = sorted({left.target for left in journals if left.target})
    told = f" The journals name {', '.join(known)}." if known else ""
    lacking = f"there is no provider to clean. Give its URL or write sbw.yaml.{told}"
    return configured(url, config, lacking).aimed(url)


def _lines(found: Cleaned, foreign: Sequence[Left], out: Path, *, app_wide: bool) -> Iterator[str]:
    would = "would be " if found.dry else ""
    if not found.journals and not app_wide:
        yield f"{out} holds no journal of a run against {found.target}: nothing to remove."
        yield "Records of runs without a journal are found with --app-wide."
    elif not (found.removed or found.restored or found.kept or found.unread):
        yield f"Nothing of the suite is left at {found.target}."
    if found.removed:
        yield f"{_counted(found.removed)} {would}removed from {found.target}"
    if found.restored:
        yield f"{_counted(found.restored)} {would}put back"
    together: dict[tuple[str, str], list[str]] = {}
    for trace in found.kept:
        together.setdefault((trace["resource"], trace["reason"]), []).append(trace["record"])
    for (kind, reason), names in sorted(together.items()):
        shown = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
        yield f"left: {len(names)} {kind} ({shown}): {reason}"
    for reason in found.unread:
        yield f"not known: {reason}"
    for left in foreign:
        yield f"not looked at: {left.path} is of a run against {left.target or 'nothing'}"


def _counted(traces: Sequence[Trace]) -> str:
    """How many of each type, such as `3 contact, 1 organization`."""
    counted = Counter(trace.resource for trace in traces)
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))


def _value(found: Cleaned, foreign: Sequence[Left]) -> dict[str, object]:
    return {
        "target": found.target,
        "dry_run": found.dry,
        "nothing_left": found.done,
        "journals": [str(left.path) for left in found.journals],
        "journals_of_others": [str(left.path) for left in foreign],
        "removed": [{"resource": t.resource, "record": t.name} for t in found.removed],
        "restored": [{"resource": t.resource, "record": t.name} for t in found.restored],
        "kept": found.kept,
        "unread": found.unread,
    }
