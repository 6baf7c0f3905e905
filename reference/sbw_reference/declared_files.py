"""Files that say what an app is to declare of its resources, in the words of the landing page."""

import json
from pathlib import Path
from typing import Any

import yaml

from sbw_reference.declarations import Declares
from sbw_reference.errors import UsageError

EXAMPLE = "contact: {unsupported: [/nickname], constraints: {/name/given: {max_length: 80}}}"


def read(name: str) -> Declares:
    """Return what a file in YAML or JSON declares; UsageError if it holds nothing of the kind."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"{name} cannot be read: {reason}.") from error
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{name}{place} is no YAML and no JSON.") from error
    return checked(value, name)


def checked(value: Any, name: str = "What is to be declared") -> Declares:
    """Return a value if it is an object of objects that JSON can hold, as a declaration is."""
    fits = isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values())
    try:
        plain = json.loads(json.dumps(value)) if fits else None
    except (TypeError, ValueError):
        plain = None
    if plain is None:
        raise UsageError(f"{name} has no object for each resource type, such as {EXAMPLE}.")
    found: Declares = plain
    return found
