"""What a run is pointed at: base URL, clients, pace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

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


def base_of(url: str) -> str:
    """The base URL without its last slash; ConfigurationError for what is none."""
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
        # What stands behind a question mark or before an @ may be a secret.
        shown = "This" if "@" in url else repr(re.split("[?#]", url)[0])
        rest = " with what follows it" if "@" not in url and re.search("[?#]", url) else ""
        raise ConfigurationError(
            f"{shown}{rest} is no base URL.",
            "Give the address of the landing page, such as https://api.example.com/sbw.",
        )
    return url.rstrip("/")


def must_be_usable(clients: Mapping[str, Credentials], *, complete: bool = True) -> None:
    """Refuse credentials that cannot be used and, where they are to be complete, a missing a1."""
    if complete and "a1" not in clients:
        raise ConfigurationError(
            "There is no token for client a1 (business a through the first app).",
            "Set SBW_A1_TOKEN (and SBW_A2_TOKEN, SBW_B1_TOKEN), or write clients into sbw.yaml.",
        )
    for role, credentials in clients.items():
        for secret in credentials.secrets():
            if not fits_header(secret):
                raise ConfigurationError(
                    f"The secret of client {role} holds a character that no HTTP header takes.",
                    "Look for a line break, a space or a quotation mark that was copied along.",
                )


def fits_header(secret: str) -> bool:
    """Whether an HTTP header can carry a secret."""
    return secret.isprintable() and secret.isascii() and " " not in secret
