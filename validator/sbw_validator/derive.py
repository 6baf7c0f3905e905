"""Derives self-contained schemas, and the variants of a record's schema, from the files.

full    as written, without members that are write-only
create  a write: no members that are read-only, but `type` may be sent; members with a default
        and those that the provider provides may be absent
patch   a merge patch (RFC 7396): objects are partial, what may be absent may be null, arrays
        and write-only members are whole
read    what a consumer may rely on: types, constants, closed enumerations, and the envelope
answer  full, but open to members that are not known
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sbw_validator.errors import UnknownSchemaError
from sbw_validator.written import Files, Schema, Written

ENVELOPE = "common/envelope.json"
VARIANTS = ("full", "create", "patch", "read", "answer")
MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
CONDITIONAL = frozenset({"allOf", "then", "else"})
SAME_PLACE = frozenset({"allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas"})
ELEMENTS = frozenset({"items", "prefixItems", "contains", "unevaluatedItems"})
MEMBERS = frozenset({"properties", "patternProperties", "additionalProperties"})
TESTS = frozenset({"not", "if", "propertyNames", "contains"})
SINGLE = frozenset({"items", "contains", "additionalProperties", "unevaluatedProperties"}) | {
    *("unevaluatedItems", "not", "if", "then", "else", "propertyNames"),
}
CLOSING = ("unevaluatedProperties", "additionalProperties", "unevaluatedItems")
LOOSE = frozenset(
    {
        *("pattern", "format", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
        *("exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems"),
        *("minProperties", "maxProperties", "required", "dependentRequired"),
        *("dependentSchemas", "propertyNames", "contains", "minContains", "maxContains"),
        *("not", "if", "then", "else"),
    }
)
WHOLE_ONLY = ("required", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas")
PERSUASIVE = frozenset({"title", "description", "examples", "default", "$comment"})


@dataclass(frozen=True, slots=True)
class Key:
    """One derived definition: a file, how it is changed, what an outer schema requires of it."""

    file: str
    variant: str
    kept: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the name of the definition."""
        stem = self.file.removeprefix("common/").removesuffix(".json")
        kept = "".join("-" + name for name in sorted(self.kept))
        return stem if self.variant == "full" else f"{stem}.{self.variant}{kept}"


def bundle(files: Files, file: str, variant: str = "full") -> Schema:
    """Return the schema of a file in a variant with all it refers to under `$defs`.

    UnknownSchemaError for a file that is not there or a variant that does not exist.
    """
    if file not in files:
        raise UnknownSchemaError(file, files)
    if variant not in VARIANTS:
        raise UnknownSchemaError(variant, VARIANTS)
    return _Derivation(files).bundle(Key(file, variant))


class _Derivation:
    """Derives definitions as they are referred to; references stay keys until all are known."""

    def __init__(self, files: Files) -> None:
        self.written = Written(files)
        self.bodies: dict[Key, Any] = {}

    def bundle(self, root: Key) -> Schema:
        self.derive(root)
        plain = self.unchanged()
        original = self.written.files[root.file]
        identifier = str(original["$id"])
        if root.variant != "full":
            identifier = f"{identifier.removesuffix('.json')}.{root.variant}.json"
        finished = _finish(self.bodies[root], plain)
        wanted: dict[str, Any] = {}
        waiting = list(_references(self.bodies[root]))
        while waiting:
            key = waiting.pop(0)
            key = Key(key.file, "full") if key in plain else key
            if key.name not in wanted:
                wanted[key.name] = _finish(self.bodies[key], plain)
                waiting.extend(_references(self.bodies[key]))
        head = {"$schema": original["$schema"], "$id": identifier}
        return {**head, **finished, **({"$defs": dict(sorted(wanted.items()))} if wanted else {})}

    def derive(self, key: Key) -> None:
        """Derive a definition and all it refers to, each also as it is written."""
        waiting = [key]
        while waiting:
            current = waiting.pop()
            for wanted in (current, Key(current.file, "full")):
                if wanted not in self.bodies:
                    self.bodies[wanted] = self.rewrite(self.written.files[wanted.file], wanted)
                    waiting.extend(_references(self.bodies[wanted]))

    def unchanged(self) -> set[Key]:
        """Return the keys whose variant says just what is written."""
        same = {key for key in self.bodies if key.variant != "full"}

        def plain(body: Any) -> Any:
            if isinstance(body, Key):
                return Key(body.file, "full") if body in same else body
            if isinstance(body, dict):
                return {name: plain(value) for name, value in body.items()}
            return [plain(item) for item in body] if isinstance(body, list) else body

        while True:
            different = {
                key for key in same if plain(self.bodies[key]) != self.bodies[Key(key.file, "full")]
            }
            if not different:
                return same
            same -= different

    def rewrite(self, schema: Any, key: Key) -> Any:
        """Return a schema of a file as the variant wants it."""
        if not isinstance(schema, dict):
            return schema
        edited = EDITS[key.variant](self, schema, key)
        result: Schema = {}
        for keyword, value in edited.items():
            within = _within(keyword, key)
            if keyword in ("$id", "$schema"):
                continue
            if isinstance(value, _Done):
                result[keyword] = value.schema
            elif keyword == "$ref":
                file = self.written.target(key.file, value)
                opened = key.variant == "read" and file == ENVELOPE
                result[keyword] = Key(file, "answer" if opened else key.variant, key.kept)
            elif keyword in MAPS:
                result[keyword] = {name: self.rewrite(item, within) for name, item in value.items()}
            elif keyword in LISTS:
                result[keyword] = [self.rewrite(item, within) for item in value]
            else:
                result[keyword] = self.rewrite(value, within) if keyword in SINGLE else value
        return result


@dataclass(frozen=True, slots=True)
class _Done:
    """The value of a keyword that needs no more rewriting."""

    schema: Any


def _full(derivation: _Derivation, schema: Schema, key: Key) -> Schema:
    """Drop write-only members and the alternatives that ask for one."""
    hidden = derivation.written.hidden(schema, key.file)
    if not hidden:
        return schema
    result = dict(schema)
    if "properties" in schema:
        own = schema["properties"].items()
        result["properties"] = {name: item for name, item in own if name not in hidden}
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            branches = [b for b in result.pop(keyword) if hidden.isdisjoint(_required(b))]
            if len(branches) > 1:
                result[keyword] = branches
            else:
                result["allOf"] = [*result.get("allOf", ()), *branches]
    return result


def _required(schema: Any) -> list[str]:
    return schema.get("required", []) if isinstance(schema, dict) else []


def _answer(derivation: _Derivation, schema: Schema, key: Key) -> Schema:
    readable = _full(derivation, schema, key)
    return {k: v for k, v in readable.items() if k not in CLOSING or v is not False}


def _create(derivation: _Derivation, schema: Schema, key: Key) -> Schema:
    locked, spare = derivation.written.optional(schema, key.file)
    result = {k: v for k, v in schema.items() if k != "readOnly"}
    for keyword in CONDITIONAL & result.keys():
        result[keyword] = _demanding_less(result[keyword], locked | spare)
    if "properties" in schema:
        result["properties"] = {
            name: item
            for name, item in schema["properties"].items()
            if name == "type" or name not in locked
        }
    if "required" in schema:
        result = _demanding_less(result, locked | spare)
    return result


def _demanding_less(schema: Any, names: set[str]) -> Any:
    """Return what is said of a place without the demand for some of its members."""
    if isinstance(schema, list):
        return [_demanding_less(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for keyword in CONDITIONAL & result.keys():
        result[keyword] = _demanding_less(result[keyword], names)
    if "required" in result:
        result["required"] = [name for name in result["required"] if name not in names]
        if not result["required"]:
            del result["required"]
    return result


def _patch(derivation: _Derivation, schema: Schema, key: Key) -> Schema:
    locked, spare = derivation.written.optional(schema, key.file)
    needed = derivation.written.required(schema, key.file) | key.kept
    result = {k: v for k, v in _create(derivation, schema, key).items() if k not in WHOLE_ONLY}
    for keyword in ("anyOf", "oneOf", "not"):
        if _mentions_required(result.get(keyword)):
            del result[keyword]
    if any(_mentions_required(result.get(keyword)) for keyword in ("if", "then", "else")):
        result = {k: v for k, v in result.items() if k not in ("if", "then", "else")}
    inner = Key(key.file, "patch")
    if "properties" in result:
        hidden = derivation.written.hidden(schema, key.file)
        bound = (needed - spare) | locked | hidden
        rewritten = {
            name: derivation.rewrite(item, Key(key.file, "create") if name in hidden else inner)
            for name, item in result["properties"].items()
        }
        result["properties"] = _Done(
            {name: item if name in bound else _nullable(item) for name, item in rewritten.items()}
        )
    if isinstance(result.get("additionalProperties"), dict):
        item = derivation.rewrite(result["additionalProperties"], inner)
        result["additionalProperties"] = _Done(_nullable(item))
    outer = Key(key.file, "patch", frozenset(needed))
    if "allOf" in result:
        result["allOf"] = _Done([derivation.rewrite(item, outer) for item in result["allOf"]])
    if "$ref" in result:
        target = derivation.written.target(key.file, result["$ref"])
        known = derivation.written.known(derivation.written.files[target], target).keys()
        own = derivation.written.required(derivation.written.files[target], target)
        result["$ref"] = _Done(Key(target, "patch", frozenset((needed - own) & known)))
    return result


def _read(derivation: _Derivation, schema: Schema, key: Key) -> Schema:
    readable = _full(derivation, schema, key)
    result = {k: v for k, v in readable.items() if k not in LOOSE}
    result = {k: v for k, v in result.items() if k not in CLOSING or v is not False}
    if result.get("x-extensible") and "enum" in result:
        texts = all(isinstance(value, str) for value in result.pop("enum"))
        result = {**({"type": "string"} if texts else {}), **result}
    for keyword in ("anyOf", "oneOf"):
        if keyword in result:
            branches = [_strip(item) for item in result.pop(keyword)]
            if all(branches):
                result["anyOf"] = branches
    return result


EDITS: dict[str, Callable[[_Derivation, Schema, Key], Schema]] = {
    "full": _full,
    "create": _create,
    "patch": _patch,
    "read": _read,
    "answer": _answer,
}


def _within(keyword: str, key: Key) -> Key:
    """Return how what stands under a keyword is changed."""
    if keyword in TESTS and key.variant != "read":
        return Key(key.file, "full")
    if keyword in ELEMENTS and key.variant == "patch":
        return Key(key.file, "create")
    return Key(key.file, key.variant, key.kept if keyword in SAME_PLACE else frozenset())


def _nullable(schema: Any) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _strip(schema: Any) -> Schema:
    """Return what is left of an alternative for a reader; empty if it then accepts anything."""
    if not isinstance(schema, dict):
        return {}
    kept = {k: v for k, v in schema.items() if k not in LOOSE and k not in CLOSING}
    telling = kept.keys() - PERSUASIVE
    return kept if any(not keyword.startswith("x-") for keyword in telling) else {}


def _mentions_required(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_mentions_required(item) for item in schema)
    if isinstance(schema, dict):
        return "required" in schema or any(_mentions_required(item) for item in schema.values())
    return False


def _references(body: Any) -> list[Key]:
    if isinstance(body, Key):
        return [body]
    children = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [key for child in children for key in _references(child)]


def _finish(body: Any, plain: set[Key]) -> Any:
    """Return a body with its keys turned into references."""
    if isinstance(body, Key):
        return "#/$defs/" + (Key(body.file, "full") if body in plain else body).name
    if isinstance(body, dict):
        return {name: _finish(value, plain) for name, value in body.items()}
    return [_finish(item, plain) for item in body] if isinstance(body, list) else body
