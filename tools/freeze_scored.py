"""Write the scored set of the draft anew: all checks of the catalogue, with their digest."""

import json
from pathlib import Path

from sbw_conformance.checks import catalog
from sbw_conformance.scored import digest_of

checks = sorted(check.id for check in catalog())
file = Path(__file__).parents[1] / "conformance" / "sbw_conformance" / "scored" / "draft.json"
content = {"version": "draft", "digest": digest_of(checks), "checks": checks}
file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
print(f"{file.name}: {len(checks)} checks, {content['digest']}")
