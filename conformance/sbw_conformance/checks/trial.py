"""One check at work on one resource: what it sends, what it asserts, how it ends."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.run import Run
from sbw_conformance.exchanges import Exchange, Headers, Lack, Request
from sbw_validator.standard import Resource

ANONYMOUS = "anonymous"

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110 section 9.2.1)."""

ONLY_READS = "it writes, and this run only reads"


class Failed(Exception):  # noqa: N818  # how a check ends, no error
    """An assertion did not hold; it is recorded, the check ends here."""


class Blocked(Exception):  # noqa: N818  # how a check ends, no error
    """What a check stands on did not work: `requirement` says which."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(reason)
        self.requirement = requirement
        self.reason = reason


class CouldNotRun(Exception):  # noqa: N818  # how a check ends, no error
    """Something that the check needs is not there; the message says what."""


class Lost(CouldNotRun):
    """The provider went away while it was asked; the check can be done again."""


class Unsent(CouldNotRun):
    """A request was not sent; the message says why."""


class NotClaimed(Exception):  # noqa: N818  # how a check ends, no error
    """The landing page does not claim what the check is about; the message says what."""


@dataclass(frozen=True)
class Assertion:
    """One thing that was asserted of one exchange."""

    requirement: str
    ok: bool
    expected: str
    got: str
    exchange: str | None
    pointer: str | None = None
    control: bool = False


@dataclass
class Trial:
    """A check on a resource, or on the provider as a whole where `resource` is None.

    Where it is set `apart`, requests that are to race leave one after the other.
    `made` counts the names that it gave, `looked` the exchanges that observers saw with it.
    A `repeatable` one ends with Lost where the provider went away; of one that is not, the request
    without an answer is judged as any other.
    """

    run: Run
    check: str
    requirements: tuple[str, ...]
    resource: Resource | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    assertions: list[Assertion] = field(default_factory=list)
    added: list[Headers] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    made: int = 0
    apart: bool = False
    looked: int = 0
    repeatable: bool = True

    @property
    def name(self) -> str:
        """Name of the trial within its run."""
        return f"{self.check}[{self.resource.type}]" if self.resource else self.check

    def send(  # noqa: PLR0913  # a request has that many parts
        self,
        operation: str,
        method: str,
        url: str,
        *,
        client: str = "a1",
        resource: Resource | None = None,
        headers: Mapping[str, str] | None = None,
        value: Any = None,
        body: bytes | None = None,
        query: Mapping[str, str] | None = None,
        patient: bool = True,
    ) -> Answer:
        """Send a request as a client (with its token, unless `headers` say otherwise).

        `value` is sent as JSON, or `body` as it is; `query` is percent-encoded. A header whose
        value is empty is left out, also where the client would add it. Without `patient` a 429 is
        not waited out.
        """
        if self.stop.is_set():
            raise Unsent("the run was interrupted")
        if self.run.read_only and method not in SAFE:
            raise Unsent(ONLY_READS)
        sent = dict(headers or {})
        if body is None and value is not None:
            body = json.dumps(value, ensure_ascii=False).encode()
        if body is not None:
            patch = "application/merge-patch+json" if method == "PATCH" else "application/json"
            sent.setdefault("Content-Type", patch)
        if query:
            url = f"{url}?{urlencode(query)}"
        kind = resource.type if resource else None
        added = self._added(client, sent)
        given = tuple((name, text) for name, text in sent.items() if text)
        request = Request(client, operation, method, url, kind, given, body)
        exchange = self._exchanged(request, added, patient=patient)
        if exchange.unjudged is not None and exchange.lack is Lack.UNSENT:
            raise Unsent(exchange.unjudged)
        self.exchanges.append(exchange)
        self.added.append(added)
        if exchange.unjudged is not None and (exchange.lack is not Lack.CUT or self.repeatable):
            raise (Lost if exchange.lack is Lack.CUT else CouldNotRun)(exchange.unjudged)
        return Answer(self, exchange, resource)

    def _exchanged(self, request: Request, added: Headers, *, patient: bool) -> Exchange:
        index = len(self.exchanges) + 1
        return self.run.client.send(request, added, self.name, index, patient=patient)

    def _added(self, client: str, sent: Mapping[str, str]) -> Headers:
        given = {name.lower() for name in sent}
        usual: Headers = (
            ("Accept", "application/json"),
            ("Accept-Encoding", "gzip"),
            ("User-Agent", self.run.user_agent),
        )
        added = tuple((name, text) for name, text in usual if name.lower() not in given)
        if "authorization" in given:
            self.run.redaction.add(sent[next(n for n in sent if n.lower() == "authorization")])
        elif client != ANONYMOUS:
            added += (("Authorization", f"Bearer {self.run.token(client)}"),)
        return added

    def verify(  # noqa: PLR0913  # what an assertion says, and of what
        self,
        ok: bool,  # noqa: FBT001  # the thing asserted
        expected: str,
        got: str,
        exchange: Exchange | None = None,
        *,
        under: str | None = None,
        pointer: str | None = None,
    ) -> None:
        """Record an assertion of a requirement, the check's first unless `under` names another."""
        requirement = under or self.requirements[0]
        place = exchange.id if exchange else None
        self.assertions.append(Assertion(requirement, ok, expected, got, place, pointer))
        if not ok:
            raise Failed(requirement)

    def control(  # as verify
        self,
        ok: bool,  # noqa: FBT001  # the thing asserted
        requirement: str,
        expected: str,
        got: str,
        exchange: Exchange,
    ) -> None:
        """Make sure of what the check stands on; what it stands on is a requirement too."""
        if not ok:
            failed = Assertion(
                requirement,
                ok=False,
                expected=expected,
                got=got,
                exchange=exchange.id,
                control=True,
            )
            self.assertions.append(failed)
            if requirement in self.requirements:
                raise Failed(requirement)
            raise Blocked(requirement, f"{requirement}: expected {expected}, got {got}")

    def landing(self, **arguments: Any) -> Answer:
        """Get the landing page, without a token unless `client` says otherwise."""
        arguments.setdefault("client", ANONYMOUS)
        return self.send("landing", "GET", f"{self.run.target.base}/", **arguments)

    @staticmethod
    def pause(seconds: float) -> None:
        """Let time pass where a requirement speaks of instants."""
        time.sleep(seconds)
