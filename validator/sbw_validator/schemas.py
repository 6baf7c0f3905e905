"""The schemas of the standard, compiled.

jsonschema-rs decides; only a value that it refuses is looked at again, by jsonschema, which
explains. Importing this module, and validating what is valid, loads jsonschema-rs alone.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema_rs

from sbw_validator.derive import bundle
from sbw_validator.errors import StandardError, UnknownSchemaError
from sbw_validator.findings import Finding
from sbw_validator.standard import Standard
from sbw_validator.written import Schema


class SchemaFiles(Mapping[str, Schema]):
    """The schema files of a folder by their path in it, each read when it is first needed."""

    def __init__(self, folder: Traversable) -> None:
        self._folder = folder
        self._read: dict[str, Schema] = {}

    def __getitem__(self, name: str) -> Schema:
        if name not in self._read:
            file = self._folder.joinpath(*name.split("/"))
            if not file.is_file():
                raise KeyError(name)
            self._read[name] = _schema(file)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        folders = {"": self._folder, "common/": self._folder / "common"}
        for prefix, folder in folders.items():
            if folder.is_dir():
                names = sorted(file.name for file in folder.iterdir())
                yield from (prefix + name for name in names if name.endswith(".json"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _schema(file: Traversable) -> Schema:
    try:
        schema = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StandardError(
            f"is not JSON: {error}", file=str(file), advice="Mend it there."
        ) from None
    if not isinstance(schema, dict) or "$id" not in schema or "$schema" not in schema:
        raise StandardError(
            "is not a schema with $schema and $id",
            file=str(file),
            advice="Begin it as the other schemas begin.",
        )
    return schema


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is not in the folder of the standard")


class SchemaValidator:
    """One compiled schema; `requirement` is what its findings carry."""

    def __init__(self, name: str, variant: str, bundle: Schema, requirement: str) -> None:
        self.name = name
        self.variant = variant
        self.bundle = bundle
        self.requirement = requirement
        # By its class: for any other `$schema` validator_for would ask the network.
        self._compiled = jsonschema_rs.Draft202012Validator(
            bundle, validate_formats=True, retriever=_refuse
        )

    def is_valid(self, value: Any) -> bool:
        """Say whether the value is valid; text with lone surrogates never is."""
        try:
            return self._compiled.is_valid(value)
        except ValueError:
            return False

    def findings(self, value: Any) -> list[Finding]:
        """Return what is wrong with the value, a finding for each fault; nothing if valid."""
        if self.is_valid(value):
            return []
        from sbw_validator.explain import explain

        return explain(self.bundle, value, self.requirement, self._second_opinion)

    def _second_opinion(self, value: Any) -> list[tuple[list[str | int], str, str]]:
        """Return path, keyword and message of the errors that jsonschema-rs finds."""
        try:
            errors = list(self._compiled.iter_errors(value))
        except ValueError as error:
            return [([], "malformed", str(error))]
        return [
            (list(error.instance_path), str(error.schema_path[-1]), error.message)
            for error in errors
        ]


class Schemas:
    """All schemas of a standard, and the variants derived from them."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.files = SchemaFiles(standard.schemas)
        self._tools = SchemaFiles(standard.folder / "schemas" / "tools")
        self._bundles: dict[tuple[str, str], Schema] = {}
        self._validators: dict[tuple[str, str], SchemaValidator] = {}

    def names(self) -> tuple[str, ...]:
        """Return the resource types and the names of the answers."""
        return (*self.standard.resources, *self.standard.answers)

    def file_of(self, name: str) -> str:
        """Return the path of a schema's file in its folder; UnknownSchemaError if there is none."""
        if name in self.standard.resources:
            return self.standard.resources[name].schema
        if name in self.standard.answers:
            return f"common/{name}.json"
        raise UnknownSchemaError(name, self.names())

    def raw(self, name: str) -> Schema:
        """Return a schema as it is written; UnknownSchemaError if there is none."""
        return self.files[self.file_of(name)]

    def bundle(self, name: str, variant: str = "full") -> Schema:
        """Return a self-contained schema, its parts under `$defs`; errors as `derive.bundle`."""
        if (name, variant) not in self._bundles:
            self._bundles[name, variant] = bundle(self.files, self.file_of(name), variant)
        return self._bundles[name, variant]

    def validator(self, name: str, variant: str = "full") -> SchemaValidator:
        """Return the compiled schema; errors as `derive.bundle`."""
        if (name, variant) not in self._validators:
            self._validators[name, variant] = SchemaValidator(
                name, variant, self.bundle(name, variant), self.standard.schema_requirement(name)
            )
        return self._validators[name, variant]

    def tool(self, name: str) -> SchemaValidator:
        """Return the compiled schema of a tool's format, such as `report-1`; it is one file."""
        if (name, "tool") not in self._validators:
            if f"{name}.json" not in self._tools:
                raise UnknownSchemaError(name, self._tools)
            written = self._tools[f"{name}.json"]
            self._validators[name, "tool"] = SchemaValidator(name, "full", written, name)
        return self._validators[name, "tool"]


@lru_cache(maxsize=32)
def load_schemas(standard: Standard) -> Schemas:
    """Return the schemas of a standard; cached."""
    return Schemas(standard)
