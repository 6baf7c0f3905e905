"""What a user sees when something is not in order: a sentence, and the exit code for it."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from sbw_conformance.results import EXIT_UNREACHABLE, EXIT_USAGE
from sbw_validator.errors import SBWError

EXIT_INTERRUPTED = 130
EXIT_OWN_ERROR = 5


@contextmanager
def say() -> Iterator[None]:
    """Turn exceptions that are a user's to mend into a sentence on stderr and an exit code."""
    try:
        yield
    except SBWError as error:
        leave(str(error), EXIT_USAGE)
    except KeyboardInterrupt:
        leave("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the last line between a user and a traceback
        from sbw_conformance.provider import ProviderError
        from sbw_conformance.target import ConfigurationError, UnreachableError

        if isinstance(error, UnreachableError):
            leave(str(error), EXIT_UNREACHABLE)
        if isinstance(error, ConfigurationError):
            leave(str(error), EXIT_USAGE)
        if isinstance(error, ProviderError):
            leave(str(error), EXIT_OWN_ERROR)
        traceback.print_exc()
        leave("this is a fault of the suite; please report it with the lines above", EXIT_OWN_ERROR)


def leave(message: str, code: int) -> NoReturn:
    """Print an error and exit."""
    click.echo(f"error: {message}", err=True)
    sys.exit(code)
