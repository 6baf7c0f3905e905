"""The command `sbw`: each command in a module of its own, imported when it is called."""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import NoReturn

import click

from sbw_conformance.cli.errors import EXIT_INTERRUPTED, leave, say

COMMANDS = {
    "clean": ("clean:command", "Remove what a killed run left behind."),
    "defects": ("defects:command", "List the seeded defects of the reference provider."),
    "diff": ("diff:command", "Say what changed between two runs."),
    "doctor": ("doctor:command", "Look over a configuration and its provider."),
    "explain": ("explain:command", "Explain a requirement, a check or a defect."),
    "init": ("init:command", "Write sbw.yaml by asking."),
    "openapi": ("openapi:command", "Print the composed OpenAPI 3.1 document."),
    "report": ("report:command", "Render the report of an earlier run again."),
    "requirements": ("requirements:command", "List the requirements and what proves them."),
    "schema": ("schema:group", "Look after the schemas of the standard."),
    "selftest": ("selftest:command", "Show that every seeded defect is found."),
    "serve": ("serve:command", "Serve the reference provider."),
    "test": ("test:command", "Judge a live provider."),
    "validate": ("validate:command", "Hold documents against the standard."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is called, so that `sbw` starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found: click.Command = getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"sbw {version('smallbusinessweb')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: sbw test --reference",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def sbw() -> None:
    """The open standard for small-business data: validate documents, judge live APIs."""


def _cache() -> Path:
    parent = (
        os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", gettempdir())) / ".cache"
    )
    return Path(parent) / "smallbusinessweb"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit as designed; a user's mistake never shows a traceback."""
    # Hypothesis keeps its tables of characters there; its default is the user's own folder.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(_cache()))
    with say():
        try:
            code = sbw.main(args=arguments and list(arguments), standalone_mode=False)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except click.Abort:
            leave("interrupted", EXIT_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


__all__ = ["main", "sbw"]
