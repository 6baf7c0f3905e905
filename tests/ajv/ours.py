"""Print as JSON what our validator says of every example, for `judge.cjs` to compare.

A member of `examples` has a verdict for each variant of its schema: whether there is no finding
but of rules, which no schema can say.
"""

import json
import sys
from importlib.resources.abc import Traversable
from typing import Any

from sbw_validator import SBWError, Schemas, load_schemas, load_standard, validate
from sbw_validator.derive import VARIANTS


def examples(schemas: Schemas, name: str) -> list[tuple[str, Traversable]]:
    """Return the examples of a schema, each by its path in the folder of the version."""
    folder = schemas.standard.schemas / "examples" / name
    found = [(kind, file) for kind in ("valid", "invalid") for file in (folder / kind).iterdir()]
    named = [(f"examples/{name}/{kind}/{file.name}", file) for kind, file in found]
    return sorted(named, key=lambda pair: pair[0])


def bundles(schemas: Schemas, name: str) -> dict[str, Any]:
    """Return the bundles of a schema by variant, without those that there are not."""
    found = {}
    for variant in VARIANTS:
        try:
            found[variant] = schemas.bundle(name, variant)
        except SBWError:
            continue
    return found


def main() -> None:
    """Print the schemas and the verdicts."""
    standard = load_standard()
    schemas = load_schemas(standard)
    told: dict[str, Any] = {"folder": str(standard.schemas), "schemas": {}, "examples": []}
    told["files"] = [name for name in schemas.files if name != "vocabulary.json"]
    for name in schemas.names():
        variants = bundles(schemas, name)
        told["schemas"][name] = {"id": schemas.raw(name)["$id"], "bundles": variants}
        for path, file in examples(schemas, name):
            value = json.loads(file.read_text(encoding="utf-8"))
            verdicts = {}
            for variant in variants:
                found = validate(value, type=name, variant=variant)
                verdicts[variant] = all(finding.keyword == "rule" for finding in found)
            told["examples"].append({"name": name, "file": path, "verdicts": verdicts})
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
