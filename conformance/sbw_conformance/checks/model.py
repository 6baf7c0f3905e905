"""Programs and the plain model in memory that a provider is compared with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbw_conformance.checks import bodies


@dataclass(frozen=True)
class Step:
    """One move of a program; `target` picks one of the records made so far.

    `way` says by which request it is done where there are several, `value` what is sent or which
    of several cases is meant.
    """

    operation: str
    target: int = 0
    value: Any = None
    way: str = ""

    def __str__(self) -> str:
        said = [self.operation, self.way and f"({self.way})", f"#{self.target}"]
        if self.operation == "create":
            said = said[:2]
        if self.value is not None:
            said.append(json.dumps(self.value, ensure_ascii=False))
        return " ".join(part for part in said if part)


Program = tuple[Step, ...]


def named(program: Program) -> str:
    """A program as text, by which programs are told apart."""
    return "; ".join(map(str, program))


@dataclass
class Life:
    """What the model knows of one record.

    `content` holds what was written, `record` what the last answer showed, `versions` every
    version so far, `past` what was written before; `deleted` says that it is gone.
    """

    content: dict[str, Any]
    record: Mapping[str, Any]
    versions: list[str] = field(default_factory=list)
    past: list[dict[str, Any]] = field(default_factory=list)
    deleted: bool = False

    @property
    def id(self) -> str:
        """Id of the record."""
        return str(self.record["id"])

    @property
    def version(self) -> str:
        """The version that it has now."""
        return str(self.record["meta"]["version"])

    @property
    def mark(self) -> dict[str, Any]:
        """The external id of the suite."""
        return dict(bodies.external_ids(self.content)[0])
