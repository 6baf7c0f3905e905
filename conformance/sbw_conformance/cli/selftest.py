"""`sbw selftest`: the suite against every seeded defect."""

import json
import statistics
import sys

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.provider import Defect, defects
from sbw_conformance.results import EXIT_USAGE, Outcome
from sbw_conformance.selftest import Kill, Selftest, Selftester

EPILOG = """\b
Examples:
  sbw selftest
  sbw selftest --defect drops-member:/emails/0/label
  sbw selftest --shard 1/4 --json
"""


@click.command(epilog=EPILOG)
@click.option("--full", is_flag=True, help="Run all checks for each defect.")
@click.option("--defect", "names", multiple=True, help="Only this defect; can be given again.")
@click.option("--shard", help="I/N: only the Ith of N parts, from 1.")
@click.option(
    "--lanes",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="Providers that are judged at a time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the kill matrix as JSON.")
def command(
    full: bool, names: tuple[str, ...], shard: str | None, lanes: int, as_json: bool
) -> None:
    """Show that every seeded defect is found by the checks meant for it, and by no other."""
    chosen = _chosen(names, shard)
    whole = not names and shard is None
    show = (lambda _: None) if as_json else _show
    found = Selftester(full=full, lanes=lanes, listen=show).run(chosen, whole=whole)
    if as_json:
        click.echo(json.dumps(_value(found), indent=1, ensure_ascii=False))
    else:
        _summary(found)
    sys.exit(0 if found.ok else 1)


def _chosen(names: tuple[str, ...], shard: str | None) -> tuple[Defect, ...]:
    known = {defect.id: defect for defect in defects()}
    if unknown := [name for name in names if name not in known]:
        leave(f"{unknown[0]} is no defect; see sbw defects.", EXIT_USAGE)
    chosen = tuple(known[name] for name in names) if names else tuple(known.values())
    if shard is None:
        return chosen
    part, _, parts = shard.partition("/")
    usable = part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)
    if not usable:
        leave(f"--shard {shard}: write it as 2/4, the second of four parts.", EXIT_USAGE)
    return chosen[int(part) - 1 :: int(parts)]


def _show(kill: Kill) -> None:
    mark = "killed" if kill.killed and not kill.complaints else "WRONG" if kill.killed else "ALIVE"
    by = ", ".join(sorted({check for check, _ in kill.by})) or "nobody"
    color = "green" if mark == "killed" else "red"
    click.echo(
        click.style(f"{mark:7}", fg=color) + f"{kill.defect.id:44} {kill.seconds:5.1f} s  {by}"
    )
    for complaint in kill.complaints:
        click.echo(f"        {complaint}")


def _summary(found: Selftest) -> None:
    kills = found.kills
    good = sum(kill.killed and not kill.complaints for kill in kills)
    took = statistics.median(kill.seconds for kill in kills) if kills else 0.0
    generative = sum(bool(kill.generative) for kill in kills)
    click.echo()
    click.echo(f"without defects: {found.baseline.verdict}")
    for result in found.baseline.failures():
        click.echo(
            f"  {result.requirement} {result.check}: expected {result.expected}, "
            f"got {result.got} {result.reason or ''}"
        )
    unrun = {r.requirement for r in found.baseline.results if r.outcome is Outcome.COULD_NOT_RUN}
    if unrun:
        click.echo(f"  could not run: {', '.join(sorted(unrun))}")
    for name in found.redundant:
        click.echo(f"no defect proves {name}")
    click.echo(
        f"{good} of {len(kills)} defects killed as expected, {generative} seen by programs "
        f"too; median {took:.2f} s, {found.seconds:.0f} s in all"
    )


def _value(found: Selftest) -> dict[str, object]:
    return {
        "ok": found.ok,
        "baseline": found.baseline.verdict.value,
        "seconds": round(found.seconds, 1),
        "redundant": list(found.redundant),
        "defects": [kill.to_json() for kill in found.kills],
    }
