"""What a configuration that can be used says, and what its reference says of it."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from sbw_conformance.configuration import Callback, from_environment, read_configuration
from sbw_conformance.doctoring.probes import PROBES
from sbw_conformance.target import ConfigurationError, Credentials, Target
from sbw_conformance.waivers import Waiver
from sbw_validator.standard import load_standard

TOKEN = {"SBW_A1_TOKEN": "some-token"}
GOOD = """\
target: https://api.example.com/sbw
clients:
  a1: {token_env: SBW_A1_TOKEN}
"""


def test_a_good_file_gives_a_target(tmp_path: Path) -> None:
    """Base without its last slash, credentials by role, pace and bound."""
    file = tmp_path / "sbw.yaml"
    file.write_text(
        "target: https://api.example.com/sbw/\n"
        "clients:\n"
        "  a1: {token_env: SBW_A1_TOKEN}\n"
        "  b1: {client_id_env: ID, client_secret_env: SECRET}\n"
        "pacing: {requests_per_second: 5}\n"
        "settle_seconds: 2\n"
    )
    given = {**TOKEN, "ID": "one", "SECRET": " two\n"}
    expected = Target(
        "https://api.example.com/sbw",
        {"a1": Credentials(token=TOKEN["SBW_A1_TOKEN"]), "b1": Credentials(None, "one", "two")},
        settle_seconds=2,
        requests_per_second=5,
    )
    found = read_configuration(file, given)
    assert found.aimed() == found.target == expected
    other = found.aimed("http://127.0.0.1:1/")
    assert other.base == "http://127.0.0.1:1"
    assert (other.clients, other.settle_seconds) == (expected.clients, 2)
    assert (found.classes, found.profile, found.waivers, found.attestation) == (
        None,
        None,
        (),
        None,
    )


def test_a_file_says_what_is_judged(tmp_path: Path) -> None:
    """Classes, waivers, the attestation from the folder of the file, and where to call back."""
    folder = tmp_path / "below"
    folder.mkdir()
    (folder / "attestation.yaml").write_text("some: thing\n")
    file = folder / "sbw.yaml"
    narrow = "  check: core.stale_version_is_refused\n  resource: contact\n"
    waiver = "requirement: CORE-041\n  owner: o\n  reason: r\n  ticket: t\n  expires: 2027-03-31\n"
    file.write_text(
        f"{GOOD}classes: [contacts, bulk]\nattestation: attestation.yaml\n"
        f"waivers:\n- {waiver}{narrow}"
        "callback: {listen: '[::1]:8080', url: https://hooks.example.com/sbw/}\n"
    )
    found = read_configuration(file, TOKEN)
    assert found.classes == ("contacts", "bulk")
    assert found.attestation == folder / "attestation.yaml"
    check, day = "core.stale_version_is_refused", date(2027, 3, 31)
    assert found.waivers == (Waiver("CORE-041", "o", "r", "t", day, check, "contact"),)
    assert found.callback == Callback("::1", 8080, "https://hooks.example.com/sbw")


def test_a_profile_stands_in_place_of_classes(tmp_path: Path) -> None:
    """Its name is kept as it is; what it holds is looked up later."""
    file = tmp_path / "sbw.yaml"
    file.write_text(f"{GOOD}profile: crm\n")
    found = read_configuration(file, TOKEN)
    assert (found.profile, found.classes) == ("crm", None)


def test_a_file_without_clients_takes_those_of_the_environment(tmp_path: Path) -> None:
    """A file that says only what is judged needs no list of variables."""
    file = tmp_path / "sbw.yaml"
    file.write_text("target: https://x.example\n")
    given = {**TOKEN, "SBW_A1_READ_ONLY_TOKEN": "reads"}
    found = read_configuration(file, given).clients
    assert found == from_environment(environment=given).clients
    assert set(found) == {"a1", "a1.read_only"}
    with pytest.raises(ConfigurationError, match="no token for client a1"):
        read_configuration(file, {})


def documented() -> str:
    """The reference of the file."""
    return (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_each_example_of_the_reference_is_a_configuration(tmp_path: Path) -> None:
    """What is printed can be used, once the variables that it names are set."""
    examples = re.findall(r"^```yaml\n(.*?)^```$", documented(), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 5
    for number, content in enumerate(examples):
        file = tmp_path / f"{number}.yaml"
        file.write_text(content)
        given = dict.fromkeys(re.findall("SBW_[A-Z0-9_]+", content), "some-token")
        found = read_configuration(file, given or TOKEN)
        assert (found.app is None) != (found.target is None)


def test_the_reference_names_each_key() -> None:
    """All that the schema has stands in the table of keys, and nothing else does."""
    schema = json.loads((load_standard().folder / "schemas/tools/config-1.json").read_text())
    client = schema["$defs"]["client"]["properties"]
    nested = {"clients", "callback", "pacing"}
    expected = {name for name in schema["properties"] if name not in nested - {"clients"}}
    for name in nested:
        expected |= {f"{name}.{key}" for key in schema["properties"][name]["properties"]}
    expected |= client.keys() - {"scoped"}
    expected |= {f"scoped.{name}" for name in client["scoped"]["properties"]}
    keys = documented().partition("## Keys")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in keys.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall("`([^`]+)`", row)} == expected


def test_the_reference_names_each_question_of_doctor() -> None:
    """In their order, those of several clients in one row."""
    rows = documented().partition("| question |")[2].splitlines()[2:]
    said = [row.split("|")[1].strip() for row in rows if row.startswith("|")]
    words = [re.sub(r"(?:(?:a1|a2|b1)(?:\.\w+)?(?:, )?)+", "*", probe.name) for probe in PROBES]
    named = [re.sub(r"(?:(?:a1|a2|b1)(?:\.\w+)?(?:, )?)+", "*", name) for name in said]
    assert sorted(set(words)) == sorted(named)


def test_an_app_is_aimed_at_when_it_is_served(tmp_path: Path) -> None:
    """It has no address before; its clients and its pace are those of the file."""
    file = tmp_path / "sbw.yaml"
    app = GOOD.replace("target: https://api.example.com/sbw", "app: shop.api:create.app")
    file.write_text(f"{app}settle_seconds: 3\n")
    found = read_configuration(file, TOKEN)
    assert (found.app, found.target) == ("shop.api:create.app", None)
    clients = {"a1": Credentials(token=TOKEN["SBW_A1_TOKEN"])}
    assert found.at("http://127.0.0.1:1") == Target("http://127.0.0.1:1", clients, 3)
    with pytest.raises(ConfigurationError, match="names no target"):
        found.aimed()


def test_clients_can_be_left_for_later(tmp_path: Path) -> None:
    """Who only looks around needs no token; what is there has to be usable all the same."""
    file = tmp_path / "sbw.yaml"
    file.write_text("target: https://x.example\n")
    assert read_configuration(file, {}, complete=False).clients == {}
    assert from_environment("https://x.example", {}, complete=False).aimed().clients == {}
    with pytest.raises(ConfigurationError, match="holds a character"):
        from_environment("https://x.example", {"SBW_B1_TOKEN": "a b"}, complete=False)
