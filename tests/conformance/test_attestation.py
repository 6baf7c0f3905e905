"""What a vendor attests is shown apart, for a time, and never where the suite itself judges."""

import json
from datetime import date
from pathlib import Path

import pytest
from tests.conformance.support import Providers, sbw, tokens

from sbw_conformance.attestation import EXAMPLE, read_attestation
from sbw_conformance.target import ConfigurationError
from sbw_validator.standard import load_standard

STANDARD = load_standard()
TEXT = EXAMPLE.partition("\n")[2] + "\n"


def file(folder: Path, text: str = TEXT) -> Path:
    """An attestation file."""
    path = folder / "attestation.yaml"
    path.write_text(text)
    return path


def test_the_example_in_the_advice_is_one(tmp_path: Path) -> None:
    """It is read as it stands; it holds through its last day."""
    found = read_attestation(file(tmp_path), STANDARD)
    assert found.app == "com.example.crm"
    assert [s["requirement"] for s in found.statements] == ["CORE-005"]
    assert not found.to_json(date(2027, 11, 1))["expired"]
    assert found.to_json(date(2027, 11, 2))["expired"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("CORE-005", "CORE-041", "line 7: CORE-041 can not be attested: the suite judges it"),
        ("CORE-005", "CORE-999", "line 7: CORE-999 can not be attested: there is no such"),
        ("expires: 2027-11-01", "expires: 2027-13-01", "line 5"),
        ("expires: 2027-11-01\n", "", "expires"),
        ("kept: true", "kept: perhaps", "line 8: /statements/0/kept: expected"),
        ("format: attestation-1", "format: [", "is no YAML"),
        ("app: com.example.crm", "app: com.example.crm\nfee: 1", "line 3: /fee"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    """Each mistake has a sentence and an example to go by."""
    assert old in TEXT
    with pytest.raises(ConfigurationError) as refused:
        read_attestation(file(tmp_path, TEXT.replace(old, new)), STANDARD)
    assert says in str(refused.value)


def test_two_statements_on_one_requirement_are_refused(tmp_path: Path) -> None:
    """One of them would be a lie."""
    more = "  - {requirement: CORE-005, kept: false, how: It costs a fee.}\n"
    with pytest.raises(ConfigurationError, match="line 10: there are two statements on CORE-005"):
        read_attestation(file(tmp_path, TEXT + more), STANDARD)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(ConfigurationError, match=r"none.yaml cannot be read"):
        read_attestation(tmp_path / "none.yaml", STANDARD)


def test_a_report_holds_it(provider: Providers, tmp_path: Path) -> None:
    """It is in report.json, and changes neither outcome nor verdict."""
    target = provider(variant="read-only", seed_data=60)
    path = file(tmp_path)
    done = sbw(
        "test", target.base, "--attestation", path, cwd=tmp_path, env=tokens(target), measured=False
    )
    report = json.loads((tmp_path / "sbw-report" / "report.json").read_text())
    assert report["attestation"]["signed_by"] == "Head of Product"
    outcomes = {entry["id"]: entry["outcome"] for entry in report["requirements"]}
    assert outcomes["CORE-005"] == "attested"
    assert done.returncode == report["exit_code"]
