"""A record as an answer showed it."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Record:
    """A record as an answer showed it."""

    value: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.value["id"])

    @property
    def version(self) -> str:
        """The version that the answer showed."""
        return str(self.value["meta"]["version"])

    def change(self, number: int) -> dict[str, Any]:
        """The first or second change of the registry as a merge patch; each alters the record."""
        return self.first if number % 2 else self.second
