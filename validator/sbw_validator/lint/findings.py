"""What a lint rule says, and what rules read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sbw_validator.derive import bundle
from sbw_validator.errors import MalformedJSON, SBWError
from sbw_validator.ijson import positions
from sbw_validator.once import once
from sbw_validator.requirements import Requirement, read_requirements
from sbw_validator.schemas import SchemaFiles, Schemas, load_schemas
from sbw_validator.standard import Standard


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A place where the standard breaks one of its own rules; `file` is in the version's folder."""

    rule: str
    file: str
    line: int | None
    message: str
    hint: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message} [{self.rule}]. {self.hint}"


class Subject:
    """A standard as the rules look at it: each file is read once."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.files = SchemaFiles(standard.schemas)
        self._lines: dict[str, dict[str, int]] = {}
        self._bundles: dict[str, dict[str, Any] | None] = {}

    @once
    def schemas(self) -> Schemas:
        """Return the compiled schemas."""
        return load_schemas(self.standard)

    @once
    def schema_files(self) -> tuple[str, ...]:
        """Return the paths of the schema files, without the vocabulary."""
        return tuple(name for name in self.files if name != "vocabulary.json")

    @once
    def requirements(self) -> dict[str, Requirement]:
        """Return the requirements of well-formed lines by id."""
        found = {}
        for class_ in self.standard.classes.values():
            for item in read_requirements(self.standard, class_):
                if isinstance(item, Requirement):
                    found[item.id] = item
        return found

    def bundle(self, file: str) -> dict[str, Any] | None:
        """Return a file as a bundle; None if a reference leads nowhere, which is a finding."""
        if file not in self._bundles:
            try:
                self._bundles[file] = bundle(self.files, file)
            except (SBWError, RecursionError):
                self._bundles[file] = None
        return self._bundles[file]

    def line(self, file: str, pointer: str) -> int | None:
        """Return the line of a place in a schema file, or of the nearest thing around it."""
        if file not in self._lines:
            path = self.standard.schemas.joinpath(*file.split("/"))
            try:
                self._lines[file] = positions(path.read_bytes())
            except (MalformedJSON, OSError):
                self._lines[file] = {}
        lines = self._lines[file]
        while pointer and pointer not in lines:
            pointer = pointer.rpartition("/")[0]
        return lines.get(pointer)


Rule = Callable[[Subject], Iterator[LintFinding]]
