"""What a run is pointed at: base URL, clients, pace; read from a file or the environment."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from sbw_validator.findings import Finding
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import load_standard

DEEPEST = 8
EXAMPLE = "See the example in the output of `sbw test --help`."

ROLES = ("a1", "a2", "b1")
"""Business a through two apps, business b through the first."""

SCOPED = ("read_only", "business_only")
"""Narrower tokens of a client: one that only reads, one that reads the business and no more."""


class ConfigurationError(Exception):
    """A configuration that cannot be used: `message` says what, where and what to try."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UnreachableError(ConfigurationError):
    """Nothing answers HTTP at the base URL."""


@dataclass(frozen=True)
class Credentials:
    """How one client gets in: a token, or an id and a secret to get one with."""

    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None

    def secrets(self) -> tuple[str, ...]:
        """What no report is allowed to show."""
        return tuple(secret for secret in (self.token, self.client_secret) if secret)


@dataclass(frozen=True)
class Target:
    """A provider to judge.

    `base` ends without a slash. `clients` holds credentials by role; a narrower token of a client
    has a role of its own, such as `a1.read_only`. `settle_seconds` bounds the wait for lists to
    catch up; None takes the landing page's limit. `requests_per_second` is the pace, None for as
    fast as it goes.
    """

    base: str
    clients: Mapping[str, Credentials] = field(default_factory=dict)
    settle_seconds: float | None = None
    requests_per_second: float | None = None

    @property
    def origin(self) -> tuple[str, str, int | None]:
        """Scheme, host and port of the base."""
        return origin_of(self.base)

    def with_token(self, role: str, token: str) -> "Target":
        """The target with a token for one client."""
        known = self.clients.get(role, Credentials())
        return replace(self, clients={**self.clients, role: replace(known, token=token)})


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL, the port also where the scheme implies it."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", port


def variable(role: str) -> str:
    """The environment variable with the token of a client, such as SBW_A1_READ_ONLY_TOKEN."""
    return f"SBW_{role.upper().replace('.', '_')}_TOKEN"


def target_from_environment(base: str, environment: Mapping[str, str] = os.environ) -> Target:
    """A target whose tokens stand in SBW_A1_TOKEN, SBW_A2_TOKEN, SBW_B1_TOKEN and the like."""
    roles = (*ROLES, *(f"a1.{scope}" for scope in SCOPED))
    clients = {
        role: Credentials(token=token.strip())
        for role in roles
        if (token := environment.get(variable(role), "")).strip()
    }
    return _complete(Target(_base(base), clients))


def target_from_file(
    path: Path, base: str | None = None, environment: Mapping[str, str] = os.environ
) -> Target:
    """A target from a YAML file that fits `schemas/tools/config-1.json`; `base` overrides it."""
    value, lines = _load(path)
    findings = load_schemas(load_standard()).tool("config-1").findings(value)
    if findings:
        raise _misfit(path, findings, lines)
    if not (base or value.get("target")):
        raise ConfigurationError(
            f"{path} names no target.",
            "Add `target: https://...` or give the URL on the command line.",
        )
    clients = {}
    for role, pointer, entry in _clients(value):
        named = {key.removesuffix("_env"): name for key, name in entry.items() if key != "scoped"}
        clients[role] = Credentials(
            **{
                key: _secret(environment, name, path, lines.get(f"{pointer}/{key}_env", 1))
                for key, name in named.items()
            }
        )
    pace = value.get("pacing", {}).get("requests_per_second")
    return _complete(
        Target(_base(base or value["target"]), clients, value.get("settle_seconds"), pace)
    )


def _clients(value: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each client of a configuration with its role and pointer, its narrower tokens behind it."""
    for role, entry in value.get("clients", {}).items():
        pointer = f"/clients/{role}"
        yield role, pointer, entry
        for scope, narrow in entry.get("scoped", {}).items():
            yield f"{role}.{scope}", f"{pointer}/scoped/{scope}", narrow


def _misfit(path: Path, findings: list[Finding], lines: Mapping[str, int]) -> ConfigurationError:
    """What to say of a file that does not fit its format; what may be a secret is not repeated."""
    unknown = [f for f in findings if f.keyword == "additionalProperties"]
    first = (unknown or findings)[0]
    line = lines.get(first.pointer) or lines.get(first.pointer.rpartition("/")[0], 1)
    place = first.pointer or "the file"
    if first.pointer.startswith("/clients"):
        return ConfigurationError(
            f"{path}, line {line}: {place}: expected {first.expected}.",
            f"{first.hint} Secrets stand in environment variables, the file names these: "
            "a1: {token_env: SBW_A1_TOKEN}.",
        )
    return ConfigurationError(
        f"{path}, line {line}: {place}: expected {first.expected}, got {first.got}.",
        first.hint or EXAMPLE,
    )


def _secret(environment: Mapping[str, str], name: str, path: Path, line: int) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ConfigurationError(
            f"{path}, line {line}: the environment variable {name} is not set.",
            f"Set it before the run: export {name}=...",
        )
    return value


def _base(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        usable = usable and not parts.query and not parts.fragment
        usable = usable and url.isprintable() and " " not in url
    except ValueError:
        usable = False
    if usable and "@" in parts.netloc:
        raise ConfigurationError(
            "The base URL holds a user name or a password, which reports would show.",
            "Leave it out; the suite gets in with tokens (SBW_A1_TOKEN).",
        )
    if not usable:
        raise ConfigurationError(
            f"{url!r} is no base URL.",
            "Give the address of the landing page, such as https://api.example.com/sbw.",
        )
    return url.rstrip("/")


def _complete(target: Target) -> Target:
    if "a1" not in target.clients:
        raise ConfigurationError(
            "There is no token for client a1 (business a through the first app).",
            "Set SBW_A1_TOKEN (and SBW_A2_TOKEN, SBW_B1_TOKEN), or write clients into sbw.yaml.",
        )
    for role, credentials in target.clients.items():
        for secret in credentials.secrets():
            if not fits_header(secret):
                raise ConfigurationError(
                    f"The secret of client {role} holds a character that no HTTP header takes.",
                    "Look for a line break, a space or a quotation mark that was copied along.",
                )
    return target


def fits_header(secret: str) -> bool:
    """Whether an HTTP header can carry a secret."""
    return secret.isprintable() and secret.isascii() and " " not in secret


def _load(path: Path) -> tuple[Any, dict[str, int]]:
    """The value of a YAML file and the line of each JSON Pointer in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"{path} cannot be read: {reason}.", "Is it a text file in UTF-8? " + EXAMPLE
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        value = yaml.load(text, Loader=yaml.CSafeLoader)  # the safe loader in C
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(
            f"{path}{where}: this is no YAML: {getattr(error, 'problem', None) or error}.", EXAMPLE
        ) from None
    lines: dict[str, int] = {}
    if node is not None:
        _note(path, node, "", lines)
    return _plain(value), lines


def _note(path: Path, node: yaml.Node, pointer: str, lines: dict[str, int]) -> None:
    """Note the lines of a node and of all below it; a name twice is an error."""
    line = node.start_mark.line + 1
    lines.setdefault(pointer, line)
    if pointer.count("/") > DEEPEST:
        raise ConfigurationError(f"{path}, line {line}: this is nested too deeply.", EXAMPLE)
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            place = f"{pointer}/{key.value}"
            line = key.start_mark.line + 1
            if place in lines:
                raise ConfigurationError(
                    f"{path}, line {line}: {key.value} stands here again, first in line "
                    f"{lines[place]}.",
                    "Leave one of them out.",
                )
            lines[place] = line
            _note(path, child, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _note(path, child, f"{pointer}/{index}", lines)


def _plain(value: Any) -> Any:
    """A value with text in place of what JSON cannot hold, such as dates."""
    if isinstance(value, dict):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
