"""What a run is configured with: read from sbw.yaml or from the environment, checked, complete."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from sbw_conformance.configfile import NAMED_SECRETS, load, misfit, wrong
from sbw_conformance.target import (
    ROLES,
    SCOPED,
    ConfigurationError,
    Credentials,
    Target,
    base_of,
    must_be_usable,
    variable,
)
from sbw_conformance.waivers import Waiver
from sbw_validator.lines import Lines
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Standard, load_standard
from sbw_validator.wording import near

TELLING = re.compile(r"(?=.{1,64}$)[A-Z][A-Z0-9]{0,15}(_[A-Z0-9]{1,16})*")
"""What is plainly the name of a variable, and no secret that stands in its place."""

HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Callback:
    """Where a provider calls the suite back: the suite listens on `host` and `port`.

    `url` is what the provider is told; it leads there from outside. Port 0 takes a free one.
    """

    host: str
    port: int
    url: str


@dataclass(frozen=True)
class Configuration:
    """What to judge, how to get in, and what to judge it by.

    `target` is None where no base URL is known, as with an `app` (`module:attribute`), which gets
    one when it is served: `at(base)` makes the target then. `classes` is None where all classes
    that the provider claims are judged. `path` is the file, None for the environment alone.
    """

    target: Target | None = None
    app: str | None = None
    classes: tuple[str, ...] | None = None
    profile: str | None = None
    waivers: tuple[Waiver, ...] = ()
    attestation: Path | None = None
    callback: Callback | None = None
    clients: Mapping[str, Credentials] = field(default_factory=dict)
    settle_seconds: float | None = None
    requests_per_second: float | None = None
    path: Path | None = None

    def at(self, base: str) -> Target:
        """The target with this base URL; ConfigurationError if it is none."""
        return Target(base_of(base), self.clients, self.settle_seconds, self.requests_per_second)

    def aimed(self, base: str | None = None) -> Target:
        """The target at this base URL, or at the configured one; ConfigurationError without any."""
        if base is not None:
            return self.at(base)
        if self.target is None:
            raise ConfigurationError(
                f"{self.path or 'The configuration'} names no target.",
                "Add `target: https://...` or give the URL on the command line.",
            )
        return self.target


def clients_of(environment: Mapping[str, str]) -> dict[str, Credentials]:
    """The clients whose tokens stand in SBW_A1_TOKEN, SBW_A2_TOKEN, SBW_B1_TOKEN and the like."""
    roles = (*ROLES, *(f"a1.{scope}" for scope in SCOPED))
    return {
        role: Credentials(token=token.strip())
        for role in roles
        if (token := environment.get(variable(role), "")).strip()
    }


def from_environment(
    base: str | None = None,
    environment: Mapping[str, str] = os.environ,
    *,
    complete: bool = True,
) -> Configuration:
    """A configuration without a file, its clients as `clients_of` finds them.

    ConfigurationError for a base that is none, a secret that no header takes and, if the
    configuration is to be `complete`, where client a1 is missing.
    """
    clients = clients_of(environment)
    target = Target(base_of(base), clients) if base is not None else None
    must_be_usable(clients, complete=complete)
    return Configuration(target, clients=clients)


def read_configuration(
    path: Path, environment: Mapping[str, str] = os.environ, *, complete: bool = True
) -> Configuration:
    """The configuration in a YAML file that fits `schemas/tools/config-1.json`.

    Where it names no clients they are those of `clients_of`. ConfigurationError with file, line,
    what and what to try; no secret is ever repeated. `complete` is as in `from_environment`.
    """
    value, lines = load(path)
    standard = load_standard()
    findings = load_schemas(standard).tool("config-1").findings(value)
    if findings:
        raise misfit(path, findings, lines)
    source = _Source(path, value, lines, standard)
    source.is_sensible()
    clients = source.clients(environment) if "clients" in value else clients_of(environment)
    base = source.base()
    settle, pace = (
        value.get("settle_seconds"),
        value.get("pacing", {}).get("requests_per_second"),
    )
    if complete and "clients" in value and "a1" not in clients:
        what = "there is no client a1 (business a through the first app)."
        source.refuse("/clients", what, "Add a1: {token_env: SBW_A1_TOKEN}.")
    must_be_usable(clients, complete=complete)
    return Configuration(
        target=None if base is None else Target(base, clients, settle, pace),
        app=value.get("app"),
        classes=tuple(value["classes"]) if "classes" in value else None,
        profile=value.get("profile"),
        waivers=source.waivers(),
        attestation=source.attestation(),
        callback=source.callback(),
        clients=clients,
        settle_seconds=settle,
        requests_per_second=pace,
        path=path,
    )


@dataclass(frozen=True)
class _Source:
    """The value of a file that fits the schema, and what no schema can say of it."""

    path: Path
    value: Mapping[str, Any]
    lines: Lines
    standard: Standard

    def refuse(self, pointer: str, what: str, hint: str) -> NoReturn:
        raise wrong(self.path, self.lines.at(pointer), what, hint)

    def is_sensible(self) -> None:
        """Refuse what stands in the way of each other, and classes that there are not."""
        for one, other in (("target", "app"), ("classes", "profile")):
            if one in self.value and other in self.value:
                later = max(one, other, key=lambda name: self.lines.at(f"/{name}"))
                what = f"{one} and {other} cannot both stand here."
                self.refuse(f"/{later}", what, f"Keep {one} or {other}.")
        for number, name in enumerate(self.value.get("classes", ())):
            if name not in self.standard.classes:
                self.refuse(
                    f"/classes/{number}",
                    f"there is no class {name}.",
                    near(name, list(self.standard.classes), "Use"),
                )
        profile = self.value.get("profile")
        if profile is not None and profile not in self.standard.profiles:
            advice = near(profile, list(self.standard.profiles), "Use")
            self.refuse("/profile", f"there is no profile {profile}.", advice)

    def base(self) -> str | None:
        if "target" not in self.value:
            return None
        try:
            return base_of(self.value["target"])
        except ConfigurationError as error:
            self.refuse("/target", error.message, error.hint)

    def clients(self, environment: Mapping[str, str]) -> dict[str, Credentials]:
        """Credentials by role; what is not set in the environment is said all at once."""
        unset: list[tuple[str, str]] = []
        found = {}
        for role, pointer, entry in _clients(self.value):
            secrets = {}
            for key, name in entry.items():
                if key != "scoped":
                    secrets[key.removesuffix("_env")] = environment.get(name, "").strip()
                    if not secrets[key.removesuffix("_env")]:
                        unset.append((f"{pointer}/{key}", name))
            found[role] = Credentials(**secrets)
        if unset:
            pointer, name = unset[0]
            exports = " ".join(f"{name}=..." for _, name in unset if TELLING.fullmatch(name))
            if not TELLING.fullmatch(name):
                self.refuse(
                    pointer,
                    f"{pointer} names an environment variable that is not set; its name is not "
                    "repeated, since it may be a secret.",
                    f"Do not write secrets into the file. {NAMED_SECRETS}",
                )
            self.refuse(
                pointer,
                f"the environment variable {name} is not set.",
                f"Set it before the run: export {exports}",
            )
        return found

    def waivers(self) -> tuple[Waiver, ...]:
        return tuple(map(Waiver.from_json, self.value.get("waivers", ())))

    def attestation(self) -> Path | None:
        if "attestation" not in self.value:
            return None
        file = self.path.parent / str(self.value["attestation"])
        if not file.is_file():
            self.refuse(
                "/attestation",
                f"there is no attestation file {file}.",
                "The path counts from the folder of the configuration.",
            )
        return file

    def callback(self) -> Callback | None:
        given = self.value.get("callback")
        if given is None:
            return None
        host, _, port = given["listen"].rpartition(":")
        if int(port) > HIGHEST_PORT:
            self.refuse(
                "/callback/listen",
                f"there is no port {port}.",
                f"Write a port from 1 to {HIGHEST_PORT}, such as 0.0.0.0:8080.",
            )
        try:
            url = base_of(given["url"])
        except ConfigurationError as error:
            self.refuse(
                "/callback/url",
                error.message.replace("base URL", "callback URL"),
                "Give the public address that leads to `listen`, without query.",
            )
        return Callback(host.strip("[]"), int(port), url)


def _clients(value: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each client of a configuration with its role and pointer, its narrower tokens behind it."""
    for role, entry in value.get("clients", {}).items():
        pointer = f"/clients/{role}"
        yield role, pointer, entry
        for scope, narrow in entry.get("scoped", {}).items():
            yield f"{role}.{scope}", f"{pointer}/scoped/{scope}", narrow
