"""Rules about the schema files: ids, references, the subset of JSON Schema, classification."""

import re
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import Any

from sbw_validator.errors import StandardError
from sbw_validator.findings import pointer_to, shown
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.schemas import SchemaValidator
from sbw_validator.shape import Schema, annotation, facets, member, places

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FORMATS = frozenset({"date", "date-time", "uri"})
KEYWORDS = frozenset(
    {
        *("$schema", "$id", "$ref", "$comment", "title", "description", "default", "examples"),
        *(
            "readOnly",
            "writeOnly",
            "deprecated",
            "type",
            "const",
            "enum",
            "format",
            "pattern",
            "minLength",
        ),
        *("maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "properties", "required", "additionalProperties", "propertyNames"),
        *("unevaluatedProperties", "minProperties", "maxProperties", "dependentRequired"),
        *("dependentSchemas", "items", "prefixItems", "contains", "minContains", "maxContains"),
        *("minItems", "maxItems", "uniqueItems", "allOf", "anyOf", "oneOf", "not", "if"),
        *("then", "else"),
    }
)
MAPS = ("properties", "dependentSchemas")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = (
    *("items", "contains", "additionalProperties", "unevaluatedProperties", "propertyNames"),
    *("not", "if", "then", "else"),
)
FORBIDDEN = (
    (re.compile(r"\(\?(?!:)"), "a look-around, a flag or a named group"),
    (re.compile(r"\\[1-9k]"), "a back-reference"),
    (re.compile(r"\\[dDwWsSbBpP]"), "a class or an anchor that engines read in several ways"),
)
LIMITS = {"max_length": "maxLength", "max_items": "maxItems"}
CLOSING = {"unevaluatedProperties", "additionalProperties"}
CLASS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]")


def subschemas(schema: Any, pointer: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every schema object inside a schema, with its pointer."""
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for keyword in MAPS:
        for name, item in schema.get(keyword, {}).items():
            yield from subschemas(item, pointer + pointer_to(keyword, name))
    for keyword in LISTS:
        for index, item in enumerate(schema.get(keyword, ())):
            yield from subschemas(item, pointer + pointer_to(keyword, index))
    for keyword in SINGLE:
        if keyword in schema:
            yield from subschemas(schema[keyword], pointer + pointer_to(keyword))


def _all(subject: Subject) -> Iterator[tuple[str, str, Schema]]:
    """Yield file, pointer and schema of every schema object of every file."""
    for file in subject.schema_files:
        for pointer, schema in subschemas(subject.files[file]):
            yield file, pointer, schema


def _finding(
    subject: Subject, rule: str, place: tuple[str, str], message: str, hint: str
) -> LintFinding:
    return LintFinding(rule, place[0], subject.line(*place), message, hint)


def schema_id(subject: Subject) -> Iterator[LintFinding]:
    """Say which files do not carry their own name."""
    for file in subject.files:
        wanted = {"$schema": DIALECT, "$id": f"{subject.standard.base}/schemas/{file}"}
        for keyword, value in wanted.items():
            if subject.files[file].get(keyword) != value:
                message = f"{keyword} is {shown(subject.files[file].get(keyword))}"
                place = (file, pointer_to(keyword))
                yield _finding(subject, "schema-id", place, message, f"Write {shown(value)}.")


def schema_form(subject: Subject) -> Iterator[LintFinding]:
    """Say which files JSON Schema itself refuses, and which keywords it does not have."""
    import jsonschema_rs

    for file in subject.schema_files:
        try:
            jsonschema_rs.meta.validate({**subject.files[file], "$schema": DIALECT})
        except jsonschema_rs.ValidationError as error:
            place = (file, pointer_to(*error.instance_path))
            hint = "Mend the keyword as JSON Schema 2020-12 has it."
            yield _finding(subject, "schema-form", place, error.message, hint)
    for file, pointer, schema in _all(subject):
        for keyword in schema:
            if keyword not in KEYWORDS and not keyword.startswith("x-"):
                message = f"{keyword!r} is not among the keywords that SBW schemas use"
                hint = "Mend the name, or write it with other keywords."
                yield _finding(subject, "schema-form", (file, pointer), message, hint)


def reference(subject: Subject) -> Iterator[LintFinding]:
    """Say which references do not lead to a file of the standard."""
    for file, pointer, schema in _all(subject):
        if "$ref" in schema:
            target = normpath(join(dirname(file), str(schema["$ref"])))
            if target not in subject.files:
                message = f"$ref {shown(schema['$ref'])} leads to no file of the standard"
                place = (file, pointer + "/$ref")
                hint = "Refer to a schema file by its relative path, without a fragment."
                yield _finding(subject, "reference", place, message, hint)


def pattern(subject: Subject) -> Iterator[LintFinding]:
    """Say which patterns are not anchored, or use what engines read in several ways."""
    for file, pointer, schema in _all(subject):
        text = schema.get("pattern")
        if not isinstance(text, str):
            continue
        place = (file, pointer + "/pattern")
        bare = CLASS.sub("", text)
        if not (text.startswith("^") and text.endswith("$")) or _splits(bare):
            hint = "Write ^...$, alternatives in (...)."
            yield _finding(subject, "pattern", place, "the pattern is not anchored", hint)
        if "." in bare:
            hint = "Spell the characters out, such as [^ ]; engines differ about line breaks."
            yield _finding(subject, "pattern", place, "the pattern has a bare dot", hint)
        for forbidden, what in FORBIDDEN:
            if forbidden.search(text.replace("\\\\", "")):
                hint = "Spell the characters out; an exclusion is a sibling `not`."
                yield _finding(subject, "pattern", place, f"the pattern has {what}", hint)


def _splits(bare: str) -> bool:
    """Say whether a pattern without classes and escapes has an alternative outside of groups."""
    depth = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            return True
    return False


def format_(subject: Subject) -> Iterator[LintFinding]:
    """Say which formats are not used, and which dates have no pattern beside them."""
    for file, pointer, schema in _all(subject):
        name = schema.get("format")
        place = (file, pointer + "/format")
        if name is not None and name not in FORMATS:
            hint = f"Use one of {', '.join(sorted(FORMATS))}, or a pattern."
            yield _finding(subject, "format", place, f"the format {shown(name)} is not used", hint)
        elif name in ("date", "date-time") and "pattern" not in schema:
            message = f"the format {name} has no pattern beside it, and engines differ about years"
            hint = "Add one that begins with ^[0-9]{4}-[0-9]{2}-[0-9]{2}."
            yield _finding(subject, "format", place, message, hint)


def vocabulary(subject: Subject) -> Iterator[LintFinding]:
    """Say which x- keywords vocabulary.json does not declare, or not with this value."""
    declared = {
        keyword: SchemaValidator(keyword, "full", {"$schema": DIALECT, **schema}, "vocabulary")
        for keyword, schema in subject.files["vocabulary.json"]["keywords"].items()
    }
    for file, pointer, schema in _all(subject):
        for keyword, value in schema.items():
            if not keyword.startswith("x-"):
                continue
            place = (file, pointer + pointer_to(keyword))
            if keyword not in declared:
                hint = "Declare it in vocabulary.json, or mend its name."
                yield _finding(subject, "vocabulary", place, f"{keyword} is not declared", hint)
                continue
            for found in declared[keyword].findings(value):
                message = f"{keyword} is {shown(value)}: expected {found.expected}"
                yield _finding(subject, "vocabulary", place, message, found.hint)


def classification(subject: Subject) -> Iterator[LintFinding]:
    """Say which leaves do not tell how sensitive they are."""
    for file in subject.schema_files:
        bundle = subject.bundle(file)
        if bundle is None:
            continue
        for pointer, schema in subschemas({k: v for k, v in bundle.items() if k != "$defs"}):
            if "/if" in pointer or "/not" in pointer:
                continue
            for name in schema.get("properties", {}):
                known = member(bundle, bundle, name) if name == "type" else None
                if not _classified(bundle, known or schema["properties"][name]):
                    place = (file, pointer + pointer_to("properties", name))
                    message = f"the leaf {name!r} has no x-data-classification"
                    hint = "Say it there, beside the $ref, or on the array that holds it."
                    yield _finding(subject, "classification", place, message, hint)


def _classified(bundle: Schema, schema: Any) -> bool:
    """Say whether a leaf is classified, or there are only others below that are."""
    said = list(facets(bundle, schema))
    if any("x-data-classification" in facet or "properties" in facet for facet in said):
        return True
    inner = [facet[k] for facet in said for k in ("items", "additionalProperties") if k in facet]
    return any(_classified(bundle, item) for item in inner)


def floor(subject: Subject) -> Iterator[LintFinding]:
    """Say which floors lie above the limit of the schema itself."""
    for file in subject.schema_files:
        bundle = subject.bundle(file)
        if bundle is None:
            continue
        for pointer, schema in subschemas({k: v for k, v in bundle.items() if k != "$defs"}):
            said = annotation(bundle, schema, "x-floor")
            floors = said.items() if isinstance(said, dict) else ()
            for name, least in floors:
                numbers = [facet.get(LIMITS.get(name, "")) for facet in facets(bundle, schema)]
                limit = min((n for n in numbers if isinstance(n, int)), default=None)
                if isinstance(least, int) and limit is not None and least > limit:
                    place = (file, pointer + pointer_to("x-floor"))
                    message = f"the floor {least} lies above {LIMITS[name]} {limit}"
                    yield _finding(subject, "floor", place, message, "Lower the floor.")


def closed_object(subject: Subject) -> Iterator[LintFinding]:
    """Say which objects of records take members that nobody knows, without saying so."""
    for resource in subject.standard.resources.values():
        bundle = subject.bundle(resource.schema)
        for path, schema in places(bundle) if bundle else ():
            said = list(facets(bundle or {}, schema))
            known = any("properties" in facet for facet in said)
            if known and not any(facet.keys() & CLOSING for facet in said):
                place = (resource.schema, pointer_to("properties", *path[:1]) if path else "")
                message = f"the object at {shown(pointer_to(*path))} is neither closed nor a map"
                hint = "Write `unevaluatedProperties: false`, or `additionalProperties: true`."
                yield _finding(subject, "closed-object", place, message, hint)


def schema_example(subject: Subject) -> Iterator[LintFinding]:
    """Say which common parts have no example, and which examples are not valid."""
    answers = {f"common/{name}.json" for name in subject.standard.answers}
    for file in subject.schema_files:
        written = subject.files[file]
        if file.startswith("common/") and file not in answers and not written.get("examples"):
            hint = "Add an `examples` keyword."
            yield _finding(subject, "schema-example", (file, ""), "there is no example", hint)
        bundle = subject.bundle(file)
        if bundle is None:
            continue
        parts = {"$schema": DIALECT, "$defs": bundle.get("$defs", {})}
        root = {key: value for key, value in bundle.items() if key not in parts}
        for pointer, schema in subschemas(root):
            if "examples" not in schema:
                continue
            own = {key: value for key, value in schema.items() if key != "$id"}
            validator = SchemaValidator(file, "full", {**parts, **own}, "schema-example")
            for index, example in enumerate(schema["examples"]):
                for found in validator.findings(example):
                    place = (file, f"{pointer}/examples/{index}")
                    message = f"the example {shown(example)} is not valid: {found.expected}"
                    yield _finding(subject, "schema-example", place, message, found.hint)


def readable(subject: Subject) -> Iterator[LintFinding]:
    """Say which schema files cannot be read; the other rules need them all."""
    for file in subject.files:
        try:
            subject.files[file]
        except StandardError as error:
            yield LintFinding("schema-form", file, error.line, error.problem, error.advice)


RULES: tuple[Rule, ...] = (
    schema_id,
    schema_form,
    reference,
    pattern,
    format_,
    vocabulary,
    classification,
    floor,
    closed_object,
)
