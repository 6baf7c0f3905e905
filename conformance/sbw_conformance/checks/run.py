"""What all checks of a run share."""

import itertools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_conformance.cleanup import Journal
from sbw_conformance.client import Client
from sbw_conformance.events import Redaction
from sbw_conformance.target import Target
from sbw_validator.once import once
from sbw_validator.requirements import Requirement, load_requirements
from sbw_validator.schemas import Schemas, load_schemas
from sbw_validator.standard import Resource, Standard

SUITE_APP = "org.smallbusinessweb.conformance"
"""The app id under which the suite marks every record that it makes."""

MOST_SETTLE_SECONDS = 60.0

READING = frozenset({"list", "read"})
"""Operations that write nothing."""

LEAST_BATCH = 20
"""Operations that every batch takes."""


@dataclass
class Run:
    """A run against one target.

    `landing` is the landing page once it was found valid, `start` the `meta.created_at` of the
    run's first record, which bounds every walk. `settled` is the longest time that a list was
    seen to lag behind, in seconds. `apps` holds the app id of each client, as `meta.origin` of its
    records says it; `shared` holds records that many checks refer to and none changes, `unmade`
    the requirement, and what of it, that stood in the way of such a record; `invalid` the bodies
    that break the standard, by business and type. `asked` are the classes that are to be judged,
    None for all that are claimed; where it is `read_only`, nothing is written. Records that stay
    for good are made in a sandbox only, or where `allow_traces` says so. Each race is run `rounds`
    times.
    """

    id: str
    target: Target
    client: Client
    standard: Standard
    journal: Journal
    redaction: Redaction
    user_agent: str
    seed: int = 0
    landing: Mapping[str, Any] | None = None
    start: str | None = None
    settled: float = 0.0
    tidy: bool = True
    allow_traces: bool = False
    asked: frozenset[str] | None = None
    read_only: bool = False
    rounds: int = 1
    own: set[tuple[str, str]] = field(default_factory=set)
    apps: dict[str, str] = field(default_factory=dict)
    shared: dict[tuple[str, ...], dict[str, Any] | None] = field(default_factory=dict)
    unmade: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)
    invalid: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    sharing: Any = field(default_factory=threading.RLock)
    tokens: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @once
    def schemas(self) -> Schemas:
        """The schemas of the standard that is tested."""
        return load_schemas(self.standard)

    @once
    def requirements(self) -> Mapping[str, Requirement]:
        """The requirements of the standard by id, in the order of the text."""
        return {entry.id: entry for entry in load_requirements(self.standard)}

    def token(self, role: str) -> str:
        """The token of a client, or the one that took its place since."""
        given = self.target.clients[role].token or ""
        return self.client.tokens.current(given) if given else given

    def has(self, role: str) -> bool:
        """Whether there is a token for a client."""
        return role in self.target.clients and bool(self.target.clients[role].token)

    def token_of_its_own(self) -> str:
        """A short text that nothing else in the world holds."""
        return f"{self.id}_{next(self.tokens)}"

    @property
    def settle(self) -> float:
        """Seconds to wait at most until lists show a write."""
        declared = ((self.landing or {}).get("limits") or {}).get("settle_seconds", 0)
        bound = min(float(declared), MOST_SETTLE_SECONDS)
        wanted = self.target.settle_seconds
        return bound if wanted is None else min(bound, wanted)

    @once
    def claimed_classes(self) -> frozenset[str]:
        """Names of the classes that the landing page claims and the standard knows."""
        uris = set((self.landing or {}).get("conforms_to") or ())
        return frozenset(name for name, entry in self.standard.classes.items() if entry.uri in uris)

    @once
    def known_extras(self) -> frozenset[str]:
        """What classes without resources can add: `batch`, and a `control:{name}` each."""
        schema = self.schemas.files["common/sandbox-control.json"]
        names = schema["properties"]["control"]["enum"]
        return frozenset({"batch", *(f"control:{name}" for name in names)})

    @property
    def extras(self) -> frozenset[str]:
        """Which of them the landing page claims, as far as this run may use them."""
        return frozenset() if self.read_only else self.claimed_extras

    @once
    def claimed_extras(self) -> frozenset[str]:
        """Which of them the landing page claims."""
        page = self.landing or {}
        controls = (page.get("sandbox") or {}).get("controls") or ()
        found = {"batch"} if "bulk" in self.claimed_classes else set()
        if "sandbox" in self.claimed_classes:
            found |= {f"control:{name}" for name in controls}
        return frozenset(found)

    @property
    def batch_limit(self) -> int:
        """How many operations a batch takes."""
        found = ((self.landing or {}).get("limits") or {}).get("batch")
        return found if isinstance(found, int) else LEAST_BATCH

    def said(self, resource: Resource) -> Mapping[str, Any]:
        """What the landing page says of a resource; empty where it says nothing."""
        entry = ((self.landing or {}).get("resources") or {}).get(resource.type)
        return entry if isinstance(entry, dict) else {}

    def scope(self, resource: Resource, kind: str) -> str:
        """The scope that the landing page names to `read` or `write`, or that the standard does."""
        said = self.said(resource).get("scopes") or {}
        return str(said.get(kind) or f"{resource.scope}:{kind}")

    def narrows(self, role: str, resource: Resource) -> bool:
        """Whether a client's narrower token can lack what a resource needs: scopes may be coarse.

        One that only reads lacks the scope to write, one of the business alone that to read.
        """
        business = self.standard.resources[self.standard.classes["core"].required[0]]
        held = {self.scope(business, "read")}
        if role.endswith(".read_only"):
            return self.scope(resource, "write") not in held | {self.scope(resource, "read")}
        return not role.endswith(".business_only") or self.scope(resource, "read") not in held

    def declared(self, resource: Resource) -> frozenset[str]:
        """Operations that the landing page declares for a resource."""
        return frozenset(self.said(resource).get("operations") or ())

    def operations(self, resource: Resource) -> frozenset[str]:
        """Claimed operations of a resource, as far as this run may use them."""
        claimed = self.claimed_operations(resource)
        only_reads = self.read_only or self.spares(resource)
        return claimed & READING if only_reads else claimed

    def offers(self, resource: Resource) -> frozenset[str]:
        """All that a check can use of a resource: operations, list parameters, extras, clients."""
        extras = frozenset[str]() if self.spares(resource) else self.extras
        clients = frozenset(role for role in self.target.clients if self.has(role))
        return self.operations(resource) | parameters(resource) | extras | clients

    def spares(self, resource: Resource) -> bool:
        """Whether nothing is made of a resource, because it would stay in the business for good."""
        sandbox = (self.landing or {}).get("environment") == "sandbox"
        return resource.disposal.kind == "permanent" and not (sandbox or self.allow_traces)

    def claimed_operations(self, resource: Resource) -> frozenset[str]:
        """Operations that the landing page declares for a resource of a claimed class."""
        claimed = resource.class_name in self.claimed_classes
        return self.declared(resource) if claimed else frozenset()

    def address(self, resource: Resource, record_id: str | None = None) -> str:
        """URL of a resource or of one of its records."""
        path = f"{self.target.base}/{resource.path}"
        return path if record_id is None or resource.shape == "singleton" else f"{path}/{record_id}"


def parameters(resource: Resource) -> frozenset[str]:
    """Parameters of its list that every list of its shape has: a query has its own ones only."""
    paged = {"limit"} if resource.shape in {"collection", "append_only"} else set[str]()
    return frozenset(paged) | frozenset(resource.filters)
