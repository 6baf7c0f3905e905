"""The command `sbw`: help, quick start, validate, and listings for people and machines."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.conformance.calling import called
from tests.conformance.support import SBW, environment, sbw, unmeasured

from sbw_conformance.checks import catalog
from sbw_conformance.cli import COMMANDS
from sbw_conformance.scored import digest_of, load_scored
from sbw_conformance.traceability import index
from sbw_validator.requirements import load_requirements
from sbw_validator.standard import load_standard

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "schemas" / "draft" / "examples" / "contact"
VALID = sorted((EXAMPLES / "valid").glob("*.json"))
INVALID = sorted((EXAMPLES / "invalid").glob("*.json"))
HEAVY = ("hypothesis", "jsonschema", "jinja2", "sqlalchemy", "rich", "urllib3", "starlette")
SUBCOMMANDS = [("schema", "lint"), ("schema", "bundle")]
PAGES = [(name,) for name in COMMANDS] + SUBCOMMANDS


@pytest.mark.parametrize("command", [(), *PAGES], ids=" ".join)
def test_help_says_what_it_does_and_shows_an_example(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    """Every command answers --help with a sentence, its options and an example."""
    done = called(*command, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: sbw {' '.join(command)}".rstrip())
    if command != ("schema",):
        assert "Example" in done.stdout
        assert f"  sbw {' '.join(command)}".rstrip() in done.stdout.replace("Example:", " ")
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_command(tmp_path: Path) -> None:
    """All that can be called is named with a sentence, and -h is as good."""
    done = sbw("-h", cwd=tmp_path)
    for name, (_, sentence) in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert sentence.endswith(".")


def test_version(tmp_path: Path) -> None:
    """`sbw --version` names the distribution's version."""
    from importlib.metadata import version

    done = sbw("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"sbw {version('smallbusinessweb')}\n")


def modules_after(*arguments: str | Path, cwd: Path) -> set[str]:
    """The modules that a command has imported when it ends."""
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        "from sbw_conformance.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=cwd, env=environment()
    )
    return {name.partition(".")[0] for name in done.stderr.splitlines()}


@pytest.mark.parametrize(
    "arguments", [("--help",), ("validate", VALID[0])], ids=["help", "validate"]
)
def test_quick_commands_import_nothing_heavy(
    arguments: tuple[str | Path, ...], tmp_path: Path
) -> None:
    """What starts quickly does so because it leaves aside what it does not need."""
    assert modules_after(*arguments, cwd=tmp_path).isdisjoint(HEAVY)


# validate


def test_valid_documents_exit_0(tmp_path: Path) -> None:
    """Files, several at once."""
    done = sbw("validate", *VALID, cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [f"{len(VALID)} document{'s' if len(VALID) > 1 else ''}, 0 findings"],
    )


def test_findings_exit_1_with_file_line_place_and_hint(tmp_path: Path) -> None:
    """Each finding is a line that an editor can jump to."""
    file = tmp_path / "contact.json"
    file.write_text('{\n  "type": "contact",\n  "emails": [\n    {"address": 7}\n  ]\n}\n')
    done = called("validate", "contact.json", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert any(
        line.startswith("contact.json:4: CONTACTS-001 /emails/0/address: expected ")
        for line in lines
    )
    assert lines[-1] == f"1 document, {len(lines) - 1} findings"


def test_a_folder_is_read_as_a_whole(tmp_path: Path) -> None:
    """Every .json below it, invalid ones found by what their names say."""
    done = called("validate", EXAMPLES, "--json", cwd=tmp_path)
    value = json.loads(done.stdout)
    assert (done.returncode, value["valid"]) == (1, False)
    assert value["documents"] == len(VALID) + len(INVALID)
    assert {row["file"] for row in value["findings"]} == {str(path) for path in INVALID}


def test_json_output_has_one_shape(tmp_path: Path) -> None:
    """`valid`, `documents`, `findings`; a finding has file, place and words."""
    done = called("validate", INVALID[0], VALID[0], "--json", cwd=tmp_path)
    value = json.loads(done.stdout)
    assert set(value) == {"valid", "documents", "findings"}
    assert value["documents"] == 2
    for row in value["findings"]:
        assert {"file", "requirement", "pointer", "expected", "got", "hint", "line"} <= set(row)
    good = json.loads(called("validate", VALID[0], "--json", cwd=tmp_path).stdout)
    assert good == {"valid": True, "documents": 1, "findings": []}


@pytest.mark.parametrize("broken", ["{", '{"type": "contact", "type": "contact"}', "[NaN]", "\x00"])
def test_what_is_no_i_json_is_a_finding(broken: str, tmp_path: Path) -> None:
    """A document that cannot be read as JSON is judged, not refused."""
    done = called("validate", "-", cwd=tmp_path, given=broken)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:1: CORE-031 ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("value", ["{}", '{"type": "unheard_of"}', '{"type": 7}', "[]", "7"])
def test_a_missing_or_unknown_type_is_a_finding(value: str, tmp_path: Path) -> None:
    """What says not, or wrongly, what it is, is found."""
    done = called("validate", "-", cwd=tmp_path, given=value)
    assert done.returncode == 1
    assert "CORE-030" in done.stdout


def test_ndjson_names_each_line(tmp_path: Path) -> None:
    """A line is a document, in a file or on standard input; blank lines are none."""
    good = json.dumps(json.loads(VALID[0].read_text()))
    text = f"{good}\n\n{{\n{good}\n"
    (tmp_path / "some.ndjson").write_text(text)
    for source, given, name in (("some.ndjson", None, "some.ndjson"), ("-", text, "<stdin>")):
        done = called("validate", source, cwd=tmp_path, given=given)
        lines = done.stdout.splitlines()
        assert done.returncode == 1
        assert lines[0].startswith(f"{name}:3: CORE-031 ")
        assert lines[-1] == "3 documents, 1 finding"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: None, "cannot be read"),
        (lambda path: path.mkdir(), "holds no .json"),
    ],
    ids=["missing", "empty folder"],
)
def test_what_cannot_be_read_exits_2(make: object, says: str, tmp_path: Path) -> None:
    """A missing file and a folder without documents are the user's to mend."""
    make(tmp_path / "some.json")  # type: ignore[operator]
    done = called("validate", "some.json", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "some.json" in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_file_is_judged(tmp_path: Path) -> None:
    """An empty .json is no JSON; an empty .ndjson holds nothing to judge."""
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "empty.ndjson").write_text("")
    assert called("validate", "empty.json", cwd=tmp_path).returncode == 1
    done = called("validate", "empty.ndjson", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no document" in done.stderr


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`sbw ... | head` ends quietly."""
    line = f"{SBW} openapi | head -c 10"
    done = subprocess.run(
        ["sh", "-c", line], check=True, capture_output=True, cwd=tmp_path, env=environment()
    )
    assert done.stderr == b""
    assert len(done.stdout) == 10


def test_serve_ends_with_its_process() -> None:
    """A signal to the command reaches the provider: nothing goes on listening."""
    command = [SBW, "serve", "--ready-json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unmeasured()) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        address = ("127.0.0.1", urlsplit(ready["url"]).port)
        socket.create_connection(address).close()
        process.terminate()
        process.wait(20)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


# Listings


def test_requirements_are_listed_with_their_proof(tmp_path: Path) -> None:
    """One object a requirement, in the order of the text, checks by id."""
    value = json.loads(called("requirements", "--json", cwd=tmp_path).stdout)
    standard = load_standard()
    assert [row["id"] for row in value] == [r.id for r in load_requirements(standard)]
    known = {check.id for check in catalog()}
    for row in value:
        assert set(row["checks"]) <= known
        assert bool(row["checks"]) == (row["kind"] == "checked" and row["judged_by"] == "suite")
    of_core = called("requirements", "--class", "core", "--json", cwd=tmp_path).stdout
    assert json.loads(of_core) == [row for row in value if row["class"] == "core"]
    text = sbw("requirements", cwd=tmp_path, measured=False).stdout.splitlines()
    assert len([line for line in text if line[:1].isalpha()]) >= len(value)


def test_a_gap_is_said(tmp_path: Path) -> None:
    """A checked requirement without a check or a defect lacks something."""
    del tmp_path
    entries = index(load_standard(), checks=(), known=())
    gaps = {e.requirement.id: e.gaps for e in entries if e.requirement.kind == "checked"}
    assert set(gaps.values()) <= {("check", "defect"), ()}
    assert ("check", "defect") in gaps.values()
    others = [e for e in entries if e.requirement.kind != "checked"]
    assert others
    assert all(e.gaps == () for e in others)


def test_explain_takes_requirements_checks_and_defects(tmp_path: Path) -> None:
    """Each leads to the sentence, and a misspelled one to what is near."""
    done = sbw("explain", "CORE-041", cwd=tmp_path, measured=False)
    assert done.returncode == 0
    assert done.stdout.startswith("CORE-041\n  The provider MUST refuse an update")
    assert "core.stale_version_is_refused" in done.stdout
    assert "CORE-041" in called("explain", "core.stale_version_is_refused", cwd=tmp_path).stdout
    wrong = called("explain", "CORE-0411", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean CORE-041" in wrong.stderr
    value = json.loads(called("explain", "CORE-041", "--json", cwd=tmp_path).stdout)
    assert [row["id"] for row in value] == ["CORE-041"]
    assert {"id", "kind", "title"} <= set(value[0]["checks"][0])


def test_openapi_and_bundles_are_json(tmp_path: Path) -> None:
    """What is printed for machines is JSON and nothing else."""
    assert json.loads(called("openapi", cwd=tmp_path).stdout)["openapi"].startswith("3.1")
    bundle = called("schema", "bundle", "contact", "--variant", "create", cwd=tmp_path).stdout
    assert json.loads(bundle)["$id"].endswith("contact.create.json")


def test_the_scored_set_is_what_it_says() -> None:
    """Sorted, known, and with the digest that every report names."""
    scored = load_scored("draft")
    assert list(scored.checks) == sorted(set(scored.checks))
    assert set(scored.checks) <= {check.id for check in catalog()}
    assert scored.digest == digest_of(reversed(scored.checks))


def test_a_scored_set_that_was_altered_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ids that do not fit their digest are nobody's scored set."""
    from sbw_conformance import scored

    value = {"checks": ["core.a"], "digest": digest_of(["core.b"])}
    (tmp_path / "draft.json").write_text(json.dumps(value))
    monkeypatch.setattr(scored, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match="was altered"):
        scored.load_scored.__wrapped__("draft")


def test_check_ids_are_unique_and_name_their_module() -> None:
    """`module.function`, in order, each with a title and requirements of the standard."""
    known = {r.id for r in load_requirements(load_standard())}
    ids = [check.id for check in catalog()]
    assert ids == sorted(set(ids))
    for check in catalog():
        assert check.id.count(".") == 1
        assert check.title.endswith(".")
        assert set(check.requirements) <= known


def test_a_fault_of_the_suite_exits_5(tmp_path: Path) -> None:
    """A bug shows where it is, asks for a report, and never looks like a verdict."""
    script = (
        "import sbw_validator.openapi as o, sys\n"
        "def broken(_): raise ZeroDivisionError('bug')\n"
        "o.compose = broken\n"
        "from sbw_conformance.cli import main\n"
        "main(['openapi'])\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 5
    assert "ZeroDivisionError: bug" in done.stderr
    assert "please report it" in done.stderr
