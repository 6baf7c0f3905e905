"""`sbw init`: write sbw.yaml by asking."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from sbw_conformance.cli.errors import leave
from sbw_conformance.doctor import visiting
from sbw_conformance.doctoring import landing, network
from sbw_conformance.doctoring.diagnosis import Diagnosis, State
from sbw_conformance.doctoring.template import Choices, text, variables
from sbw_conformance.results import EXIT_USAGE
from sbw_conformance.target import Target, base_of
from sbw_validator.findings import printable
from sbw_validator.standard import load_standard
from sbw_validator.wording import near

DEFAULT = Path("sbw.yaml")
ALL = "all"

EPILOG = """\b
Examples:
  sbw init
  sbw init --target https://api.example.com/sbw --yes
  sbw init staging.yaml --target https://staging.example.com --no-narrower --yes

\b
No secret is asked for or written: the file names environment variables, and the
lines to export them are printed.
"""


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT)
@click.option("--target", metavar="URL", help="Base URL of the provider.")
@click.option(
    "--credentials",
    type=click.Choice(["token", "client"]),
    help="Whether clients have tokens, or client ids and secrets to get them with.",
)
@click.option("--second-app/--no-second-app", default=None, help="Whether there is a client a2.")
@click.option(
    "--second-business/--no-second-business", default=None, help="Whether there is a client b1."
)
@click.option(
    "--narrower/--no-narrower", default=None, help="Whether a1 has tokens with fewer scopes."
)
@click.option("--class", "classes", metavar="NAME", multiple=True, help="Judge only this class.")
@click.option("--yes", is_flag=True, help="Ask nothing; take what is usual.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(file: Path, yes: bool, force: bool, **given: Any) -> None:
    """Write FILE [sbw.yaml], the configuration of `sbw test`."""
    ask = Questions(silent=yes)
    question = f"{file} is there already. Write over it?"
    if file.exists() and not force and not ask.sure(question, default=False):
        leave(f"{file} is there already. Name another file, or add --force.", EXIT_USAGE)
    choices = _choices(ask, given)
    try:
        file.write_text(text(choices), encoding="utf-8")
    except OSError as error:
        leave(f"{file} cannot be written: {error.strerror}. Name another file.", EXIT_USAGE)
    click.echo(f"\nWrote {file}. Set what it names, then look it over and run it:\n")
    for name in variables(choices):
        click.echo(f"export {name}=...")
    named = "" if file == DEFAULT else f" --config {file}"
    click.echo(f"sbw doctor{named}\nsbw test{named}")


class Questions:
    """Asks a person, or takes what is usual where nobody is to be asked."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent

    def sure(self, question: str, *, default: bool) -> bool:
        """Ask for yes or no."""
        return default if self.silent else bool(self._asked(click.confirm, question, default))

    def text(self, question: str, default: str) -> str:
        """Ask for a text."""
        return default if self.silent else str(self._asked(click.prompt, question, default)).strip()

    def must_say(self, question: str, option: str) -> str:
        """Ask for a text that nobody else can know."""
        if self.silent:
            leave(f"with --yes nobody is asked; add {option}.", EXIT_USAGE)
        return str(self._asked(click.prompt, question, None)).strip()

    def _asked(self, how: Callable[..., Any], question: str, default: Any) -> Any:
        try:
            return how(question, default=default)
        except click.Abort:
            if sys.stdin.isatty():
                raise
            leave(
                "there were no more answers, so nothing was written. Without a terminal use "
                "--yes and options.",
                EXIT_USAGE,
            )


def _choices(ask: Questions, given: Mapping[str, Any]) -> Choices:
    """What the options say and, of what they leave open, what is answered."""
    asked = given["target"] or ask.must_say("Base URL of the provider", "--target URL")
    base, page = _found(ask, base_of(asked))
    classes = _classes(ask, given["classes"], page)
    by_id = given["credentials"] == "client"
    if given["credentials"] is None and "token_endpoint" in (page or {}).get("auth", {}):
        by_id = ask.sure("Do clients get their tokens by client id and secret?", default=False)
    roles = ["a1"]
    for role, option, question in (
        ("a2", "second_app", "Is there a token of a second app for the same business (a2)?"),
        ("b1", "second_business", "Is there a token of a second business (b1)?"),
    ):
        wanted = given[option]
        if ask.sure(question, default=True) if wanted is None else wanted:
            roles.append(role)
    narrower = given["narrower"]
    if narrower is None:
        question = "Are there tokens of a1 with fewer scopes (only reading, only the business)?"
        narrower = not by_id and ask.sure(question, default=True)
    return Choices(base, tuple(roles), narrower, classes, by_id)


def _found(ask: Questions, base: str) -> tuple[str, dict[str, Any] | None]:
    """The base to write and its landing page, None if there is none; says what is there."""
    with visiting(Target(base)) as visit:
        away = network.unreachable(visit)
        if away is not None:
            _say(away)
            return base, None
        found = landing.page(visit)
        if visit.page is not None:
            for one in (found, landing.claims(visit), landing.environment(visit)):
                _say(one)
            return base, visit.page
        _say(found)
        other = landing.likely_base(visit)
    if other is None or not ask.sure(f"Take {other} in place of {base}?", default=True):
        return base, None
    return _found(ask, other)


def _say(found: Diagnosis) -> None:
    advice = "" if found.state is State.OK else f" {found.advice}"
    click.echo(printable(f"{found.state.value}: {found.says}{advice}"))


def _classes(
    ask: Questions, given: tuple[str, ...], page: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """The classes to judge; none for all that are claimed."""
    standard = load_standard()
    uris = {entry.uri: name for name, entry in standard.classes.items()}
    claimed = [uris[uri] for uri in (page or {}).get("conforms_to", ()) if uri in uris]
    if not given and len(claimed) > 1:
        said = ask.text(f"Classes to judge ({', '.join(claimed)}), divided by commas", ALL)
        given = () if said == ALL else tuple(part.strip() for part in said.split(","))
    for name in given:
        if name not in standard.classes:
            leave(
                f"there is no class {name}. {near(name, list(standard.classes), 'Use')}", EXIT_USAGE
            )
    return given
