"""What schema files say about the members of an object, references followed."""

from collections.abc import Mapping
from posixpath import dirname, join, normpath
from typing import Any

from sbw_validator.errors import UnknownSchemaError

Schema = dict[str, Any]
Files = Mapping[str, Schema]
FILLED_IN = ("default", "x-provided")


class Written:
    """The files of a standard, as far as they speak of members."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def target(self, file: str, reference: str) -> str:
        """Return the file that a reference leads to."""
        found = normpath(join(dirname(file), reference))
        if found not in self.files:
            raise UnknownSchemaError(found, self.files)
        return found

    def views(self, schema: Any, file: str) -> list[tuple[Schema, str]]:
        """Return the schema and all that it demands of the same place, each with its file."""
        if not isinstance(schema, dict):
            return []
        found = [(schema, file)]
        if "$ref" in schema:
            target = self.target(file, schema["$ref"])
            found += self.views(self.files[target], target)
        for item in schema.get("allOf", ()):
            found += self.views(item, file)
        return found

    def says(self, schema: Any, file: str, keyword: str) -> bool:
        """Say whether a schema, or one that it refers to, has a keyword that is not false."""
        return any(view.get(keyword, False) is not False for view, _ in self.views(schema, file))

    def known(self, schema: Schema, file: str) -> dict[str, list[tuple[Any, str]]]:
        """Return what is said about each member of an object."""
        found: dict[str, list[tuple[Any, str]]] = {}
        for view, place in self.views(schema, file):
            for name, item in view.get("properties", {}).items():
                found.setdefault(name, []).append((item, place))
        return found

    def required(self, schema: Schema, file: str) -> set[str]:
        """Return the names that an object must have."""
        return {name for view, _ in self.views(schema, file) for name in view.get("required", ())}

    def optional(self, schema: Schema, file: str) -> tuple[set[str], set[str]]:
        """Return the names of read-only members, and of those that a write may leave out.

        A provider fills in what is left out: a default, or what it computes or assigns.
        """
        members = self.known(schema, file).items()
        locked = {n for n, says in members if any(self.says(s, f, "readOnly") for s, f in says)}
        spare = {
            name
            for name, says in members
            if any(self.says(s, f, keyword) for s, f in says for keyword in FILLED_IN)
        }
        return locked, spare

    def hidden(self, schema: Schema, file: str) -> set[str]:
        """Return the names of the members that only a write has."""
        members = self.known(schema, file).items()
        return {n for n, says in members if any(self.says(s, f, "writeOnly") for s, f in says)}
