"""What the journal has to know of each write that can make a record."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sbw_conformance.checks import pointers
from sbw_conformance.checks.lists import Lists
from sbw_conformance.checks.trial import Unsent


class Journaled(Lists):
    """A resource through client a1, with its entries in the journal of the run.

    `marks` are the suite's external ids that a record would have.
    """

    @contextmanager
    def _planned(self, marks: Sequence[str]) -> Iterator[None]:
        """Note what is about to be asked for, and that it was not where nothing was sent."""
        journal = self.trial.run.journal
        for mark in marks:
            journal.planned(self.resource, self.client, mark)
        try:
            yield
        except Unsent:
            journal.refused(self.resource, self.client, *marks)
            raise

    def _answered(self, status: Any, record: Any, marks: Sequence[str]) -> None:
        """Note what came of it: a record that was made, or a refusal."""
        run = self.trial.run
        if isinstance(record, dict) and isinstance(record.get("id"), str):
            run.own.add((self.resource.type, record["id"]))
            run.journal.made(self.resource, self.client, record["id"], *marks)
            self._learn(record)
        elif marks and isinstance(status, int) and 400 <= status < 500:
            run.journal.refused(self.resource, self.client, *marks)

    def _learn(self, record: Mapping[str, Any]) -> None:
        """Remember under which app id the provider knows this client."""
        app = pointers.at(record, "/meta/origin/app")
        if isinstance(app, str):
            self.trial.run.apps.setdefault(self.role, app)
