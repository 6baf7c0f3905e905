"""`sbw selftest`: the suite against every seeded defect, and all else that it is measured by."""

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

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
  sbw selftest --full
"""


@click.command(epilog=EPILOG)
@click.option(
    "--full",
    is_flag=True,
    help="Put each defect to all checks, and to programs alone; judge correct providers, null "
    "providers and mutants too. This takes hours.",
)
@click.option("--defect", "names", multiple=True, help="Only this defect; can be given again.")
@click.option("--shard", help="I/N: only the Ith of N parts, from 1.")
@click.option(
    "--lanes",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="Providers that are judged at a time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(
    full: bool, names: tuple[str, ...], shard: str | None, lanes: int, as_json: bool
) -> None:
    """Show that every seeded defect is found by the checks meant for it, and by no other."""
    part = _part(shard)
    chosen = part(_chosen(names))
    tell: Callable[[str], Any] = (lambda _: None) if as_json else click.echo
    tester = Selftester(full=full, lanes=lanes, listen=lambda kill: _show(kill, tell))
    found = tester.run(chosen, whole=not names and shard is None)
    value, ok = _value(found), found.ok
    if not as_json:
        _summary(found)
    if full and not names:
        from sbw_conformance.measuring.whole import measured

        whole = measured(found, chosen, part, lanes, tell)
        ok = whole.figures.ok
        value |= {"full": whole.to_json()}
        for line in whole.left:
            tell(line)
        tell(whole.figures.line)
    if as_json:
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
    sys.exit(0 if ok else 1)


def _chosen(names: tuple[str, ...]) -> tuple[Defect, ...]:
    known = {defect.id: defect for defect in defects()}
    if unknown := [name for name in names if name not in known]:
        leave(f"{unknown[0]} is no defect; see sbw defects.", EXIT_USAGE)
    return tuple(known[name] for name in names) if names else tuple(known.values())


def _part(shard: str | None) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """What a shard takes of a list: every Nth, beginning with the Ith."""
    if shard is None:
        return lambda every: every
    part, _, parts = shard.partition("/")
    usable = part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)
    if not usable:
        leave(f"--shard {shard}: write it as 2/4, the second of four parts.", EXIT_USAGE)
    return lambda every: every[int(part) - 1 :: int(parts)]


def _show(kill: Kill, tell: Callable[[str], Any]) -> None:
    mark = "killed" if kill.killed and not kill.complaints else "WRONG" if kill.killed else "ALIVE"
    by = ", ".join(sorted({check for check, _ in kill.by})) or "nobody"
    color = "green" if mark == "killed" else "red"
    tell(click.style(f"{mark:7}", fg=color) + f"{kill.defect.id:44} {kill.seconds:5.1f} s  {by}")
    for complaint in kill.complaints:
        tell(f"        {complaint}")


def _summary(found: Selftest) -> None:
    kills = found.kills
    good = sum(kill.killed and not kill.complaints for kill in kills)
    took = statistics.median(kill.seconds for kill in kills) if kills else 0.0
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
        f"{good} of {len(kills)} defects killed as expected; median {took:.2f} s, "
        f"{found.seconds:.0f} s in all"
    )


def _value(found: Selftest) -> dict[str, object]:
    return {
        "ok": found.ok,
        "baseline": found.baseline.verdict.value,
        "seconds": round(found.seconds, 1),
        "redundant": list(found.redundant),
        "defects": [kill.to_json() for kill in found.kills],
    }
