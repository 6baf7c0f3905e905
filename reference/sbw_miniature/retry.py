"""What `Idempotency-Key` remembers: the answer that a write had, for whoever sends it again."""

import time
from dataclasses import dataclass, field
from typing import Any

from sbw_miniature.message import Answer

_SECONDS = 48 * 3600
Scope = tuple[str, ...]


@dataclass(frozen=True)
class First:
    """The first request with a key: its body, its answer, and when it came."""

    body: Any
    answer: Answer
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Retries:
    """The first requests by app, business, method, path, query and key; for 48 hours."""

    known: dict[Scope, First] = field(default_factory=dict)

    def find(self, scope: Scope) -> First | None:
        """Return the first request of a scope, or None."""
        return self.known.get(scope)

    def remember(self, scope: Scope, first: First) -> None:
        """Remember a request that had an effect, and forget those of two days ago."""
        for old, one in list(self.known.items()):
            if one.at + _SECONDS > first.at:
                break
            del self.known[old]
        self.known[scope] = first
