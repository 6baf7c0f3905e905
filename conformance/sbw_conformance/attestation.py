"""What a vendor says of the promises that no program can judge."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sbw_conformance.target import ConfigurationError
from sbw_conformance.waivers import today
from sbw_validator.errors import MalformedYAML, OversizedError
from sbw_validator.lines import Lines
from sbw_validator.plainyaml import read_yaml
from sbw_validator.requirements import load_requirements
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Standard

FORMAT = "attestation-1"
EXAMPLE = """It holds, for example:
format: attestation-1
app: com.example.crm
signed_by: Head of Product
signed_at: 2026-11-01
expires: 2027-11-01
statements:
  - requirement: CORE-005
    kept: true
    how: Anyone can register an app on the developers' page, without a fee."""


@dataclass(frozen=True)
class Attestation:
    """A signed statement on each attested requirement, for a time.

    `statements` are objects with `requirement`, `kept` and `how`, in the order of the file.
    """

    app: str
    signed_by: str
    signed_at: date
    expires: date
    statements: tuple[dict[str, Any], ...]

    def to_json(self, day: date | None = None) -> dict[str, Any]:
        """The attestation as events and reports hold it; it is expired after its last day."""
        return {
            "app": self.app,
            "signed_by": self.signed_by,
            "signed_at": str(self.signed_at),
            "expires": str(self.expires),
            "expired": self.expires < (day or today()),
            "statements": list(self.statements),
        }


def read_attestation(path: Path, standard: Standard) -> Attestation:
    """The attestation in a YAML or JSON file that fits `schemas/tools/attestation-1.json`.

    ConfigurationError, with file and line, where it does not, or where it speaks of a requirement
    that is not attested but judged.
    """
    value, lines = _read(path)
    findings = load_schemas(standard).tool(FORMAT).findings(value)
    if findings:
        first = findings[0]
        line = lines.at(first.pointer)
        place = first.pointer or "the file"
        raise ConfigurationError(
            f"{path}, line {line}: {place}: expected {first.expected}, got {first.got}.", EXAMPLE
        )
    _speaks_of_attested(path, value, lines, standard)
    signed, expires = (_day(path, value, lines, name) for name in ("signed_at", "expires"))
    return Attestation(
        value["app"], value["signed_by"], signed, expires, tuple(value["statements"])
    )


def _read(path: Path) -> tuple[Any, Lines]:
    try:
        return read_yaml(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", "Is it the attestation file?"
        ) from None
    except MalformedYAML as error:
        raise ConfigurationError(f"{path}, line {error.line}: {error.reason}.", EXAMPLE) from None
    except OversizedError as error:
        raise ConfigurationError(f"{path}: {error}", EXAMPLE) from None


def _day(path: Path, value: dict[str, Any], lines: Lines, name: str) -> date:
    try:
        return date.fromisoformat(value[name])
    except ValueError:
        raise ConfigurationError(
            f"{path}, line {lines.at(f'/{name}')}: {name}: expected a date, got {value[name]}.",
            "Write it as 2026-11-01.",
        ) from None


def _speaks_of_attested(
    path: Path, value: dict[str, Any], lines: Lines, standard: Standard
) -> None:
    kinds = {entry.id: entry.kind for entry in load_requirements(standard)}
    attested = ", ".join(name for name, kind in kinds.items() if kind == "attested")
    seen: set[str] = set()
    for index, statement in enumerate(value["statements"]):
        name = statement["requirement"]
        line = lines.at(f"/statements/{index}/requirement")
        if kinds.get(name) != "attested":
            what = "the suite judges it" if name in kinds else "there is no such requirement"
            raise ConfigurationError(
                f"{path}, line {line}: {name} can not be attested: {what}.",
                f"Attested are {attested}.",
            )
        if name in seen:
            raise ConfigurationError(
                f"{path}, line {line}: there are two statements on {name}.", "Leave one of them."
            )
        seen.add(name)
