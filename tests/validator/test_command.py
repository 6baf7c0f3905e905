"""`sbw validate` with what people and machines throw at it: verdicts, exit codes, memory."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from tests.conformance.calling import called
from tests.validator.support import EXAMPLES, MIB, SBW, sbw

from sbw_validator.limits import LARGEST

GOOD = (EXAMPLES / "contact" / "valid" / "minimal.json").read_bytes()
BAD = b'{"type": "contact"}'
USUAL = 100 * MIB
"""More than the command needs for documents of a usual size."""
WORST = 768 * MIB
"""More than it needs for any document within the bounds."""

CIRCLE = "it is a symbolic link that leads in a circle"


def hole(path: Path, size: int) -> Path:
    """Write a file that has a size and takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


# Verdicts and exit codes


def test_a_folder_says_how_many_files_were_looked_at(tmp_path: Path) -> None:
    """Documents, files, findings, and what was not read."""
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "a.json").write_bytes(GOOD)
    (tmp_path / "export" / "b.yaml").write_bytes(GOOD)
    (tmp_path / "export" / "c.ndjson").write_bytes(b" ".join(GOOD.split()) + b"\n" + BAD)
    (tmp_path / "export" / "empty.ndjson").touch()
    ran = called("validate", "export", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines()[-1] == "4 documents in 4 files, 4 findings"
    assert {line.partition(": ")[0] for line in ran.stdout.splitlines()[:-1]} == {
        "export/c.ndjson:2"
    }
    (tmp_path / "export" / "d.json").symlink_to("nowhere")
    ran = called("validate", "export", "--json", cwd=tmp_path)
    value = json.loads(ran.stdout)
    assert (ran.returncode, len(value.pop("findings"))) == (2, 4)
    assert value == {"documents": 4, "files": 5, "unread": 1, "valid": False}


def test_what_cannot_be_read_does_not_hide_the_rest(tmp_path: Path) -> None:
    """Each is told with a reason and advice, the others are judged, and the exit code is 2."""
    (tmp_path / "a.json").symlink_to("a.json")
    hole(tmp_path / "b.json", LARGEST + 1)
    os.mkfifo(tmp_path / "c.json")
    (tmp_path / "d.json").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "e.json"))
    (tmp_path / "f.json").write_bytes(BAD)
    (tmp_path / "loop").symlink_to(".")
    ran = sbw("validate", ".", cwd=tmp_path)
    assert ran.code == 2
    piped = "Send what it holds through standard input: `sbw validate -`."
    larger = "it is larger than 64 MiB, the most for one document"
    smaller = "Records one a line in a file named .ndjson are documents of their own."
    assert ran.err.splitlines() == [
        f"error: a.json cannot be read: {CIRCLE}. Remove the link, or mend it.",
        f"error: b.json cannot be read: {larger}. {smaller}",
        f"error: c.json cannot be read: it is a pipe. {piped}",
        f"error: d.json cannot be read: it is a device. {piped}",
        f"error: e.json cannot be read: it is a socket. {piped}",
        "note: loop is a link to a folder and was not followed",
    ]
    assert ran.out.splitlines()[-1] == "1 document in 6 files, 4 findings, 5 not read"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    """A file, and a folder."""
    (tmp_path / "a.json").write_bytes(GOOD)
    (tmp_path / "a.json").chmod(0)
    (tmp_path / "b").mkdir(mode=0)
    ran = sbw("validate", ".", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert [line.split(" cannot")[0] for line in ran.err.splitlines()] == [
        "error: a.json",
        "error: b",
    ]
    assert ran.err.count("Permission denied. Check the path and its permissions.") == 2


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("what", ["empty folder", "other files", "empty lines", "links", "no name"])
def test_nothing_looked_at_is_never_a_pass(
    tmp_path: Path, what: str, arguments: tuple[str, ...]
) -> None:
    """The exit code is 2, the first sentence names the place, and JSON says not valid."""
    folder = tmp_path / "some"
    folder.mkdir()
    if what == "other files":
        (folder / "a.txt").write_bytes(GOOD)
    if what == "empty lines":
        (folder / "a.ndjson").write_bytes(b"\n\n")
    if what == "links":
        (folder / "a").symlink_to(EXAMPLES)
    source = "" if what == "no name" else "some"
    ran = called("validate", source, *arguments, cwd=tmp_path)
    assert ran.returncode == 2
    assert "error: '' cannot" in ran.stderr if what == "no name" else "error: some" in ran.stderr
    if arguments:
        value = json.loads(ran.stdout)
        assert (value["valid"], value["documents"], value["findings"]) == (False, 0, [])
    else:
        assert ran.stdout == ""


def test_more_links_than_one_are_counted(tmp_path: Path) -> None:
    """The first is named."""
    (tmp_path / "one.json").write_bytes(GOOD)
    for name in "abc":
        (tmp_path / name).symlink_to(".")
    ran = called("validate", ".", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (
        0,
        "note: a is a link to a folder and was not followed\n",
    )
    assert ran.stdout == "1 document in 1 file, 0 findings, 3 links to folders not followed\n"


def test_a_type_may_be_given(tmp_path: Path) -> None:
    """For what does not say it, in any syntax; a type that there is not is an error."""
    (tmp_path / "page.json").write_text('{"items": []}')
    (tmp_path / "page.yaml").write_text("items: []\n")
    (tmp_path / "page.ndjson").write_text('{"items": []}\n{"items": 7}\n')
    assert called("validate", "page.json", cwd=tmp_path).returncode == 1
    assert (
        called("validate", "page.json", "page.yaml", "--type", "page", cwd=tmp_path).returncode == 0
    )
    ran = called("validate", "page.ndjson", "--type", "page", cwd=tmp_path)
    assert (ran.returncode, ran.stdout.startswith("page.ndjson:2: CORE-073 /items: ")) == (1, True)
    ran = called("validate", "none.json", "--type", "pages", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Did you mean 'page'?" in ran.stderr


def test_yaml_findings_have_lines(tmp_path: Path) -> None:
    """In YAML as in JSON."""
    text = "type: contact\nname:\n  given: Ada\nemails:\n- address: 7\n"
    (tmp_path / "one.yaml").write_text(text)
    ran = sbw("validate", "one.yaml", cwd=tmp_path)
    assert ran.code == 1
    assert "one.yaml:5: CONTACTS-001 /emails/0/address: expected " in ran.out


# Names and terminals


@pytest.mark.parametrize("arguments", [(), ("--json",)], ids=["text", "json"])
def test_a_name_of_any_bytes_is_told_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Bytes that are no UTF-8, and what a terminal would act upon, are escaped."""
    for name in (b"caf\xe9.json", b"\x1b[31m\n.json", "\u202ex.json".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(b"{}")
    ran = sbw("validate", ".", *arguments, cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert "\x1b" not in ran.out
    if arguments:
        names = [row["file"] for row in json.loads(ran.out)["findings"]]
    else:
        names = [line.partition(":1: ")[0] for line in ran.out.splitlines()[:-1]]
    assert names == ["\\x1b[31m\\n.json", "caf\\xe9.json", "\\u202ex.json"]
    ran = sbw("validate", b"caf\xe9.none", cwd=tmp_path)
    assert (ran.code, ran.err.startswith("error: caf\\xe9.none cannot be read: ")) == (2, True)


def test_a_member_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Nor fill it."""
    names = {"\x1b[2J\n\x9b": 1, "long" * 1000: 2}
    ran = sbw(
        "validate", "-", cwd=tmp_path, given=json.dumps({**json.loads(GOOD), **names}).encode()
    )
    assert ran.code == 1
    assert len(ran.out.splitlines()) == 3
    assert not set(ran.out) & {"\x1b", "\x9b"}
    assert "/\\x1b[2J\\n\\x9b: expected no such member" in ran.out
    assert "/" + "long" * 49 + "lon…: expected" in ran.out


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_a_terminal_that_lacks_characters_is_no_reason_to_fail(
    tmp_path: Path, encoding: str
) -> None:
    """What it lacks is escaped; JSON stays JSON."""
    given = '{"type": "Ω…"}'.encode()
    env = {"PYTHONIOENCODING": encoding}
    ran = sbw("validate", "-", cwd=tmp_path, given=given, env=env)
    assert (ran.code, ran.err) == (1, "")
    assert ('"Ω…"' in ran.out) == (encoding == "utf-8")
    assert ('"\\u03a9\\u2026"' in ran.out) == (encoding != "utf-8")
    ran = sbw("validate", "-", "--json", cwd=tmp_path, given=given, env=env)
    assert json.loads(ran.out)["findings"][0]["got"] == '"Ω…"'


def test_odd_standard_input_is_told(tmp_path: Path) -> None:
    """Closed, or with nothing in it."""
    line = [f"{SBW} validate - <&-"]
    done = subprocess.run(["sh", "-c", *line], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "error: <stdin> cannot be read: it is closed. Give it a file or a pipe.\n"
    ran = sbw("validate", "-", cwd=tmp_path, given=b"")
    assert (ran.code, ran.err) == (1, "")
    assert "got text that is empty" in ran.out


# Memory


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.txt"])
def test_a_file_of_a_gibibyte_is_refused_before_it_is_read(tmp_path: Path, name: str) -> None:
    """In the memory of a small one."""
    hole(tmp_path / name, 1024 * MIB)
    ran = sbw("validate", name, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {name} cannot be read: it is larger than 64 MiB")
    assert ran.peak < USUAL


def test_a_line_of_a_gibibyte_is_refused(tmp_path: Path) -> None:
    """In the memory of the longest line that is read; what comes before it is judged."""
    hole(tmp_path / "a.ndjson", 1024 * MIB)
    with (tmp_path / "a.ndjson").open("r+b") as file:
        file.write(BAD + b"\n" + b"[")
    ran = sbw("validate", "a.ndjson", cwd=tmp_path)
    assert ran.code == 2
    assert ran.out.splitlines()[-1] == "1 document, 4 findings, 1 not read"
    assert ran.err.startswith("error: a.ndjson:2 cannot be read: it is larger than 64 MiB")
    assert ran.peak < USUAL + 2 * LARGEST


def test_endless_standard_input_is_refused(tmp_path: Path) -> None:
    """The pipe is closed after as much as a document may have."""
    command = f"cat /dev/zero | {SBW} validate -"
    done = subprocess.run(
        ["sh", "-c", command], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: <stdin>:1 cannot be read: it is larger than 64 MiB")


@pytest.mark.parametrize(
    "head", [b"", b"[", b'{"a":\n' + b"\n" * 1000, b'"'], ids=["nothing", "array", "lines", "text"]
)
def test_the_largest_file_is_read_in_bounded_memory(tmp_path: Path, head: bytes) -> None:
    """Where nothing but zeros follows."""
    hole(tmp_path / "a.json", LARGEST)
    with (tmp_path / "a.json").open("r+b") as file:
        file.write(head)
    ran = sbw("validate", "a.json", cwd=tmp_path, measured=False)
    assert ran.code in (1, 2)
    assert "Traceback" not in ran.err
    assert ran.peak < USUAL + 3 * LARGEST


def worst(kind: str) -> bytes:
    """Return a document within the bounds that costs as much memory as it can."""
    base = json.loads(GOOD)
    text = "a" * (MIB - 100)
    if kind == "findings":
        value = {**base, "emails": [{} for _ in range(99_000)]}
    elif kind == "long texts":
        value = {**base, "tags": [text] * 60}
    elif kind == "wide texts":
        value = {**base, "tags": [text] * 59 + ["😀"]}
    elif kind == "long names":
        value = {**base, **{chr(97 + i) * 1000 + text[:-1000]: i for i in range(20)}}
    else:
        value = {**base, "x": [1] * 90_000}
        for _ in range(240):
            value["x"] = {text[:200_000]: value["x"]}
    return json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.full
@pytest.mark.parametrize(
    "kind", ["findings", "long texts", "wide texts", "long names", "long pointers"]
)
def test_the_worst_document_is_judged_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    """However a document within the bounds is made."""
    (tmp_path / "a.json").write_bytes(worst(kind))
    ran = sbw("validate", "a.json", "--json", "--sarif", "a.sarif", cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert json.loads(ran.out)["documents"] == 1
    assert ran.peak < WORST


def spread(folder: Path, number: int, good: int = 0) -> Path:
    """Write as many small files, each of which has a finding behind the good ones."""
    folder.mkdir()
    for index in range(number):
        content = GOOD if index < good else b'{"type": "contacts"}'
        (folder / f"{index:06}.json").write_bytes(content)
    return folder


@pytest.mark.parametrize("arguments", [(), ("--json", "--sarif", "a.sarif")], ids=["text", "json"])
def test_memory_does_not_grow_with_the_number_of_files(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Neither with that of findings; results are printed when they come."""
    few, many = (
        sbw("validate", spread(tmp_path / name, number), *arguments, cwd=tmp_path, measured=False)
        for name, number in (("few", 20), ("many", 3000))
    )
    assert (few.code, many.code) == (1, 1)
    assert many.peak - few.peak < 5 * MIB
    if arguments:
        value = json.loads(many.out)
        assert (value["files"], value["documents"], len(value["findings"])) == (3000, 3000, 3000)
    else:
        assert many.out.splitlines()[-1] == "3000 documents in 3000 files, 3000 findings"


@pytest.mark.full
def test_a_hundred_thousand_files_are_looked_at(tmp_path: Path) -> None:
    """In the memory of a few, plus their names."""
    ran = sbw("validate", spread(tmp_path / "many", 100_000, good=99_000), cwd=tmp_path)
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "100000 documents in 100000 files, 1000 findings"
    assert ran.peak < USUAL


def test_results_are_printed_when_they_come(tmp_path: Path) -> None:
    """Whoever reads the first lines of many need not wait for the last."""
    spread(tmp_path / "many", 2000)
    for arguments in ("", "--json"):
        line = f"{SBW} validate many {arguments} | head -n 3"
        done = subprocess.run(
            ["sh", "-c", line], check=True, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == 3
