"""The file of a configuration as it is written: its value and lines, and what to say of them.

No value is ever repeated that may be a secret.
"""

import re
from pathlib import Path
from typing import Any

from sbw_conformance.target import ConfigurationError
from sbw_validator.errors import MalformedYAML, OversizedError
from sbw_validator.findings import Finding
from sbw_validator.lines import Lines
from sbw_validator.plainyaml import read_yaml

EXAMPLE = "See the example in the output of `sbw test --help`, or let `sbw init` write the file."
NAMED_SECRETS = (
    "Secrets stand in environment variables, the file names these: a1: {token_env: SBW_A1_TOKEN}."
)
SECRET_WORDS = re.compile(r"token|secret|password|bearer|api_?key|credential", re.IGNORECASE)
LARGEST = 1 << 20
"""Bytes of a configuration."""


def load(path: Path) -> tuple[Any, Lines]:
    """The value of a YAML file and the lines in it; ConfigurationError where it cannot be read."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Is the path right, and is it a text file? " + EXAMPLE,
        ) from None
    if len(content) > LARGEST:
        raise ConfigurationError(f"{path} is larger than {LARGEST >> 20} MiB.", EXAMPLE)
    try:
        return read_yaml(content)
    except MalformedYAML as error:
        raise wrong(path, error.line, f"the file {_kept(error.reason)}.", error.hint) from None
    except OversizedError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.reason}.", EXAMPLE) from None


def _kept(reason: str) -> str:
    """Why a text is no plain YAML, without what it quotes, unless that is the name of a member."""
    if reason.endswith(" twice"):
        return reason
    reason = re.sub(r'".*" under the tag ".*"', "a value that does not fit its tag", reason)
    return re.sub(r'the (alias|tag) ".*', r"a YAML \1", reason)


def wrong(path: Path, line: int, what: str, hint: str) -> ConfigurationError:
    """What to say of a line of the file: what is wrong with it, and what to try."""
    return ConfigurationError(f"{path}, line {line}: {what}", hint)


def misfit(path: Path, findings: list[Finding], lines: Lines) -> ConfigurationError:
    """What to say of a file that does not fit its format; what may be a secret is not repeated."""
    unknown = [f for f in findings if f.keyword == "additionalProperties"]
    first = (unknown or findings)[0]
    place, name = first.pointer or "the file", first.pointer.rpartition("/")[2]
    line = lines.at(first.pointer)
    secret = first.pointer.startswith("/clients") or SECRET_WORDS.search(name)
    if secret:
        return wrong(
            path, line, f"{place}: expected {first.expected}.", f"{first.hint} {NAMED_SECRETS}"
        )
    # A value under an unknown name can be anything, and a URL can hold a password.
    silent = unknown or "@" in first.got
    got = "" if silent else f", got {first.got}"
    return wrong(path, line, f"{place}: expected {first.expected}{got}.", first.hint or EXAMPLE)
