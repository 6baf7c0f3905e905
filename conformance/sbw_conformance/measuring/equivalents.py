"""Mutants that no check is to find, each with its reason, and what a share of the others is.

`equivalent_mutants.yaml` says why a mutant is no other provider to anyone who asks it, or, where
`equivalent` is false there, why it is one that is not worth a check. Only the former are left out
of the share.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from sbw_conformance.measuring.mutants import PACKAGE, End
from sbw_conformance.measuring.mutation import mutants_of

Key = tuple[str, str, str, int]
"""What finds a mutant again: module, line, change, and which of several alike it is."""

Reasons = Mapping[Key, Mapping[str, Any]]


def reasons(package: str = PACKAGE) -> Reasons:
    """What is said of mutants that are not found."""
    text = files(__package__).joinpath("equivalent_mutants.yaml").read_text(encoding="utf-8")
    return {
        (f"{package}.{row['module']}", row["line"], row["change"], row.get("times", 0)): row
        for row in yaml.safe_load(text)
    }


def stale(known: Iterable[Key], texts: Mapping[str, str], ends: Iterable[End]) -> list[str]:
    """What is wrong with reasons: no such mutant is there any more, or the suite finds it."""
    there = {mutant.key for module, text in texts.items() for mutant in mutants_of(module, text)}
    found = {end.mutant.key for end in ends if end.killed}
    wrong = [(key, "there is no such mutant") for key in known if key not in there]
    wrong += [(key, "it is found") for key in known if key in found]
    return [f"{' | '.join(key[:3])}: {why}" for key, why in wrong]


@dataclass(frozen=True)
class Tally:
    """What became of mutants, beside the reasons that there are for those not found."""

    ends: tuple[End, ...]
    known: Reasons

    @property
    def killed(self) -> int:
        """How many the suite found."""
        return sum(end.killed for end in self.ends)

    @property
    def equivalent(self) -> int:
        """How many are no other provider to anyone who asks it."""
        return sum(not end.killed and self.is_equivalent(end) for end in self.ends)

    @property
    def different(self) -> int:
        """How many are another provider: those that the share is of."""
        return len(self.ends) - self.equivalent

    @property
    def share(self) -> float:
        """How much of those that are another provider the suite found; 1 where there is none."""
        return self.killed / self.different if self.different else 1.0

    @property
    def unexplained(self) -> tuple[End, ...]:
        """Those not found that have no reason: each needs a check, or a reason."""
        return tuple(
            end for end in self.ends if not end.killed and end.mutant.key not in self.known
        )

    def is_equivalent(self, end: End) -> bool:
        """Whether a reason says that a mutant is no other provider."""
        row = self.known.get(end.mutant.key)
        return row is not None and bool(row.get("equivalent", True))
