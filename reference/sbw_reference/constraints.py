"""A vendor's own limits: what a landing page declares of them, and what they find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbw_reference.places import Pattern, found, lacking, pattern_of
from sbw_validator.findings import Finding, pointer_to
from sbw_validator.schemas import SchemaValidator

REQUIREMENT = "CORE-084"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
KEYWORDS = {
    "max_length": "maxLength",
    "max_items": "maxItems",
    "enum": "enum",
    "pattern": "pattern",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit at the places of a pattern; `allows` is None for what is required."""

    pattern: Pattern
    keyword: str
    says: Any
    allows: Callable[[Any], bool] | None

    def findings(self, body: Any) -> Iterator[Finding]:
        """Yield what the limit has against a body."""
        if self.allows is None:
            paths = lacking(body, self.pattern)
        else:
            at_places = found(body, self.pattern)
            paths = (path for path, value in at_places if not self.allows(value))
        for path in paths:
            expected = f"{self.keyword}: {self.says}"
            yield Finding(REQUIREMENT, pointer_to(*path), expected, "", "", self.keyword)


def limits_of(declared: Mapping[str, Mapping[str, Any]]) -> tuple[Limit, ...]:
    """Return the limits of a declaration but `unique`, which looks at other records."""
    return tuple(
        Limit(pattern_of(pointer), keyword, says, _allows(keyword, says))
        for pointer, limits in declared.items()
        for keyword, says in limits.items()
        if keyword != "unique"
    )


def _allows(keyword: str, says: Any) -> Callable[[Any], bool] | None:
    if keyword == "required":
        return None
    schema = {"$schema": DIALECT, KEYWORDS[keyword]: says}
    return SchemaValidator(keyword, "full", schema, REQUIREMENT).is_valid
