"""Where the text and the schemas of the standard are."""

import os
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from sbw_validator.errors import StandardError

VARIABLE = "SBW_STANDARD"


def data() -> Traversable:
    """Return the folder that holds `spec` and `schemas`.

    The folder that the environment variable SBW_STANDARD names comes first, then what the
    package brings along, then the checkout. StandardError if the folder named is none.
    """
    chosen = os.environ.get(VARIABLE)
    return _chosen(chosen) if chosen else _shipped()


def _chosen(path: str) -> Traversable:
    folder = Path(path)
    for part in ("spec", "schemas"):
        if not (folder / part).is_dir():
            raise StandardError(
                f"has no folder {part!r}",
                file=path,
                advice=f"Let {VARIABLE} name a folder that holds `spec` and `schemas`.",
            )
    return folder


@cache
def _shipped() -> Traversable:
    bundled = files(__package__) / "_data"
    return bundled if bundled.is_dir() else Path(__file__).parents[2]
