"""YAML files of the standard, read so that every complaint names its line."""

from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from typing import Any, NoReturn

from sbw_validator.errors import MalformedYAML, OversizedError, StandardError
from sbw_validator.plainyaml import read_yaml

Path = tuple[str | int, ...]


class YamlFile:
    """A YAML file as plain values, with the line of each."""

    def __init__(self, file: Traversable) -> None:
        self.name = str(file)
        try:
            value, self._lines = read_yaml(file.read_bytes())
        except MalformedYAML as error:
            raise StandardError(
                error.reason, file=self.name, line=error.line, advice=error.hint
            ) from None
        except OversizedError as error:
            raise StandardError(error.reason, file=self.name, advice="Split it.") from None
        except OSError as error:
            raise StandardError(
                f"cannot be read: {error.strerror}",
                file=self.name,
                advice="Check that the folder is that of a standard.",
            ) from None
        self.value = {} if value is None else value

    def line(self, path: Path) -> int:
        """Return the line of the value at the path, or of the nearest thing around it."""
        return self._lines.of(path)

    def refuse(self, path: Path, problem: str, advice: str) -> NoReturn:
        """Raise a StandardError that names the place."""
        where = "/".join(str(part) for part in path)
        what = f"`{where}` {problem}" if where else problem
        raise StandardError(what, file=self.name, line=self.line(path), advice=advice)

    def entries(self, *path: str) -> "dict[str, Entry]":
        """Return the objects in the mapping at the path, by name."""
        mapping = self.value
        for part in path:
            mapping = mapping.get(part) if isinstance(mapping, dict) else None
        if not isinstance(mapping, dict):
            self.refuse(path, "is not a mapping", "Write `name: {...}` entries.")
        return {name: Entry(self, (*path, name), value) for name, value in mapping.items()}


class Entry:
    """One object of a YAML file; every read names the type it wants."""

    def __init__(self, file: YamlFile, path: Path, value: Any) -> None:
        self.file = file
        self.path = path
        self.line = file.line(path)
        if not isinstance(value, dict):
            self.refuse("is not a mapping", "Write `key: value` lines.")
        self._value: dict[str, Any] = value

    def refuse(self, problem: str, advice: str, key: str | None = None) -> NoReturn:
        """Raise a StandardError about the entry or one of its members."""
        self.file.refuse(self.path if key is None else (*self.path, key), problem, advice)

    def only(self, known: Collection[str]) -> None:
        """Refuse members that are not known."""
        for key in self._value:
            if key not in known:
                self.refuse("is not known", f"Use one of {', '.join(sorted(known))}.", key)

    def has(self, key: str) -> bool:
        """Say whether the member is there."""
        return key in self._value

    def any(self, key: str) -> Any:
        """Return the member, whatever it is; None if there is none."""
        return self._value.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self._value.get(key, default)
        if not isinstance(value, str):
            self.refuse("is not a text", f"Write `{key}: text`.", key)
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """Return a text out of those allowed."""
        value = self.text(key)
        if value not in allowed:
            self.refuse(f"is {value!r}", f"Use one of {', '.join(sorted(allowed))}.", key)
        return value

    def texts(self, key: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts, empty if the member is absent."""
        value = self._value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse("is not a list of texts", f"Write `{key}: [one, two]`.", key)
        for item in value:
            if allowed is not None and item not in allowed:
                self.refuse(f"holds {item!r}", f"Use only {', '.join(sorted(allowed))}.", key)
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return a mapping, empty if the member is absent."""
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            self.refuse("is not a mapping", f"Write `{key}: {{name: value}}`.", key)
        return value

    def entry(self, key: str) -> "Entry":
        """Return the member as an entry of its own."""
        return Entry(self.file, (*self.path, key), self._value.get(key))
