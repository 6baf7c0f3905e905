"""Programs and the plain model in memory that a provider is compared with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One operation; `target` picks one of the records made so far, `value` is what is sent."""

    operation: str
    target: int = 0
    value: Any = None

    def __str__(self) -> str:
        if self.operation == "create":
            return f"create {json.dumps(self.value, ensure_ascii=False)}"
        if self.operation == "update":
            return f"update #{self.target} {json.dumps(self.value, ensure_ascii=False)}"
        return f"{self.operation} #{self.target}"


Program = tuple[Step, ...]


def named(program: Program) -> str:
    """A program as text, by which programs are told apart."""
    return "; ".join(map(str, program))


@dataclass
class Life:
    """What the model knows of one record.

    `content` holds what was written, `record` what the last answer showed, `versions` every
    version so far; `deleted` says that it is gone.
    """

    content: dict[str, Any]
    record: Mapping[str, Any]
    versions: list[str] = field(default_factory=list)
    deleted: bool = False

    @property
    def id(self) -> str:
        """Id of the record."""
        return str(self.record["id"])

    @property
    def version(self) -> str:
        """The version that it has now."""
        return str(self.record["meta"]["version"])
