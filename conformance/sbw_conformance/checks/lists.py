"""The lists of a resource: pages, walks, and waiting until they show what was written."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.drafts import Drafts
from sbw_conformance.checks.trial import Blocked
from sbw_conformance.target import origin_of

MOST_PAGES = 5000
MOST_EMPTY = 100
"""Pages in a row without a record, after which there has to be an end."""


class Lists(Drafts):
    """The lists of a resource through client a1."""

    _empty = 0

    def page(self, url: str | None = None, **query: Any) -> Answer:
        """One page of the list; parameters whose value is None are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        if url is None:
            given = bodies.required_parameters(self.resource) | given
        return self._send("list", "GET", url or self.url(), query=given)

    def pages(self, **query: Any) -> list[Answer]:
        """All pages from the first to the one without `next`."""
        answers = [self.page(**query).must_succeed()]
        seen: set[str] = set()
        while (following := self.following(answers[-1], seen)) is not None:
            answers.append(following)
        return answers

    def following(self, answer: Answer, seen: set[str]) -> Answer | None:
        """The page that `next` leads to, None after the last; `seen` collects where it led."""
        url = self.next_of(answer, seen)
        return None if url is None else self.page(url).must_succeed()

    def next_of(self, answer: Answer, seen: set[str]) -> str | None:
        """Where a walk goes on, None after the last page; `seen` collects where it led."""
        url = answer.value.get("next")
        if not isinstance(url, str):
            return None
        control, last = self.trial.control, answer.exchange
        control(url not in seen, "CORE-075", "a next that leads on", f"{url} again", last)
        control(len(seen) < MOST_PAGES, "CORE-146", "an end", f"{MOST_PAGES} pages", last)
        self._empty = 0 if last.items else self._empty + 1
        got = f"{self._empty} pages in a row without a record"
        control(self._empty <= MOST_EMPTY, "CORE-146", "an end", got, last)
        if not self._leads_home(url):
            raise Blocked("CORE-077", f"next leads to another origin: {url}")
        seen.add(url)
        return url

    def _leads_home(self, url: str) -> bool:
        try:
            return origin_of(url) == self.trial.run.target.origin
        except ValueError:
            return False

    def walk(self, **query: Any) -> list[dict[str, Any]]:
        """All items of a list that changed since the run began, unless a filter says which.

        Where the suite makes no records, those that were there before count, all of them.
        """
        made = "create" in self.operations or self.resource.shape == "singleton"
        if made and "external_id" not in query and "updated_since" in self.resource.filters:
            query.setdefault("updated_since", self.trial.run.start)
        found = [item for page in self.pages(**query) for item in page.exchange.items or ()]
        return [item for item in found if isinstance(item, dict)]

    def eventually(
        self, holds: Callable[[list[dict[str, Any]]], bool], **query: Any
    ) -> list[dict[str, Any]]:
        """Walk until a condition holds or lists had their time to settle; gives the last walk."""
        run = self.trial.run
        started, waited = time.monotonic(), 0.0
        while True:
            items = self.walk(**query)
            if holds(items):
                run.settled = max(run.settled, waited)
                return items
            waited = time.monotonic() - started
            if waited >= run.settle:
                return items
            time.sleep(min(0.1, run.settle / 10))

    def _send(self, operation: str, method: str, url: str, **arguments: Any) -> Answer:
        return self.trial.send(
            operation, method, url, client=self.role, resource=self.resource, **arguments
        )


def ids(items: list[dict[str, Any]]) -> list[Any]:
    """The ids of list items in their order."""
    return [item.get("id") for item in items]


def named(external_id: Mapping[str, Any]) -> str:
    """An external id as the value of the list filter."""
    return f"{external_id['app']}:{external_id['id']}"
