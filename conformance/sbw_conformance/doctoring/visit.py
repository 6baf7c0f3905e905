"""One look at a provider: who asks, what for, and each answer, asked for only once."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sbw_conformance.client import Client
from sbw_conformance.configuration import Callback
from sbw_conformance.exchanges import Exchange, Headers, Request
from sbw_conformance.target import Target
from sbw_validator.registry import Resource
from sbw_validator.schemas import Schemas
from sbw_validator.standard import Standard

BUSINESS = "business"


@dataclass
class Visit:
    """What all questions share.

    `target` gains a token for each client that gets one by client credentials. `classes` are those
    that are to be judged, None for all that are claimed. With `read_only` nothing is asked that
    looks like a write, even if it could not change anything. `landed_at` is when the landing page
    came.
    """

    target: Target
    client: Client
    schemas: Schemas
    callback: Callback | None = None
    classes: tuple[str, ...] | None = None
    read_only: bool = False
    landed_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _answers: dict[tuple[str | None, str, str], Exchange] = field(default_factory=dict)

    @property
    def standard(self) -> Standard:
        """The version of the standard that is judged by."""
        return self.schemas.standard

    @property
    def host(self) -> str:
        """Host of the base, without the brackets of an IPv6 address."""
        return self.target.origin[1]

    @property
    def port(self) -> int:
        """Port of the base."""
        return self.target.origin[2] or 0

    @property
    def is_secure(self) -> bool:
        """Whether the base is one of https."""
        return self.target.origin[0] == "https"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base as they are written there."""
        parts = urlsplit(self.target.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def landing(self) -> Exchange:
        """The answer at the base."""
        known = len(self._answers)
        answer = self.get(f"{self.target.base}/")
        if len(self._answers) > known:
            self.landed_at = datetime.now(UTC)
        return answer

    @property
    def page(self) -> dict[str, Any] | None:
        """The landing page; None where there is no valid one."""
        return self.valid_page(self.landing)

    @property
    def resources(self) -> dict[str, tuple[Resource, dict[str, Any]]]:
        """What the landing page says of each resource of the standard that it has, by type."""
        said = (self.page or {}).get("resources", {})
        known = self.standard.resources
        return {type_: (known[type_], said[type_]) for type_ in said if type_ in known}

    def valid_page(self, answer: Exchange) -> dict[str, Any] | None:
        """The landing page that an answer holds; None where it holds none that is valid."""
        if answer.status != 200 or not self.schemas.validator("landing").is_valid(answer.json):
            return None
        page: dict[str, Any] = answer.json
        return page

    def get(self, url: str, role: str | None = None) -> Exchange:
        """The answer to a GET, as a client or as nobody."""
        return self.ask("read" if role else "landing", "GET", url, role=role)

    def business(self, role: str) -> Exchange:
        """The business that a client sees."""
        return self.get(f"{self.target.base}/{BUSINESS}", role)

    def ask(  # noqa: PLR0913  # a request has that many parts
        self,
        operation: str,
        method: str,
        url: str,
        *,
        role: str | None = None,
        headers: Headers = (),
        body: bytes | None = None,
    ) -> Exchange:
        """The answer to a request; one without a body is sent only once."""
        key = (role, method, url)
        if body is None and key in self._answers:
            return self._answers[key]
        if role is not None:
            headers += (("Authorization", f"Bearer {self.target.clients[role].token}"),)
        headers += (("Accept", "application/json"),)
        request = Request(role or "anonymous", operation, method, url, BUSINESS, headers, body)
        answer = self.client.send(request, (), "preflight", 0)
        if body is None:
            self._answers[key] = answer
        return answer
