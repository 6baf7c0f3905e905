"""Files that say what an app is to declare of its resources, in the words of the landing page."""

from pathlib import Path
from typing import Any

from sbw_reference.declarations import Declares
from sbw_reference.errors import UsageError
from sbw_validator.errors import MalformedYAML, OversizedError
from sbw_validator.plainyaml import parse_yaml

EXAMPLE = "contact: {unsupported: [/nickname], constraints: {/name/given: {max_length: 80}}}"


def read(name: str) -> Declares:
    """Return what a file in YAML or JSON declares; UsageError if it holds nothing of the kind."""
    try:
        return checked(parse_yaml(Path(name).read_bytes()), name)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error
    except MalformedYAML as error:
        raise UsageError(f"{name}, line {error.line}: it {error.reason}. {error.hint}") from error
    except OversizedError as error:
        raise UsageError(f"{name} {error.reason}.") from error


def checked(value: Any, name: str = "What is to be declared") -> Declares:
    """Return a value if it is an object of objects, as a declaration is."""
    if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
        raise UsageError(f"{name} has no object for each resource type, such as {EXAMPLE}.")
    found: Declares = value
    return found
