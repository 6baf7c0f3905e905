"""`sbw clean` finishes what a run that was killed left behind."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.calling import called
from tests.conformance.support import (
    SBW,
    SUITE_APP,
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    leftovers,
    problem,
    refuses_deletion,
    run,
    sbw,
    stored,
    tokens,
    unmeasured,
    until,
)

from sbw_conformance.cleaning import clean_target
from sbw_conformance.cleanup import Journal
from sbw_conformance.journals import journal_at, journals_in, notice, resumed
from sbw_conformance.target import ConfigurationError, Target
from sbw_validator.standard import load_standard

STANDARD = load_standard()
CONTACT = STANDARD.resources["contact"]
ABOUT = {
    "run": "r0123456789",
    "target": "https://api.example.com/sbw",
    "standard": "draft",
    "started_at": "2026-11-22T12:00:00+00:00",
}


def journals(folder: Path) -> list[Path]:
    """The journal files in a folder."""
    return sorted(folder.glob("journal-*.ndjson"))


def killed(target: Target, folder: Path) -> Path:
    """The journal of a run of the real command that was killed in the middle (`kill -9`)."""
    busy = subprocess.Popen(
        [SBW, "test", target.base, "--out", folder, "--workers", "4"],
        cwd=folder,
        env=unmeasured(tokens(target)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: len(leftovers(target)) > 5, "the first records", 60)
    assert notice(folder) is None  # it is at work
    assert journals_in(folder) == []
    busy.kill()
    busy.wait()
    [journal] = journals(folder)
    return journal


@pytest.fixture
def small(provider: Providers) -> Target:
    """Give a provider without batches."""
    return provider(classes=["core", "contacts"])


def refused(target: Target, folder: Path, *names: str) -> Path:
    """The journal of a run whose records could not be removed."""
    with Proxy(target, refuses_deletion) as proxy:
        run(proxy.seen, *(names or ("core.create_answers",)), folder=folder)
    [journal] = journals(folder)
    _moved(journal, target.base)
    return journal


def _moved(journal: Path, base: str) -> None:
    """Let a journal name another target."""
    first, *rest = journal.read_text().splitlines(keepends=True)
    journal.write_text(json.dumps({**json.loads(first), "target": base}) + "\n" + "".join(rest))


def test_a_killed_run_is_cleaned_up_after(small: Target, tmp_path: Path) -> None:
    """`kill -9`, then `sbw clean URL`: nothing is left, neither records nor journal."""
    journal = killed(small, tmp_path)
    journal.write_text(journal.read_text() + '{"event": "made", "resou')  # it was cut off
    there = len(leftovers(small))
    told = notice(tmp_path)
    assert told is not None
    assert told.startswith(f"1 earlier run against {small.base} left records behind")
    assert f"`sbw clean {small.base} --out {tmp_path}`" in told
    env = tokens(small)
    dry = called("clean", small.base, "--out", tmp_path, "--dry-run", cwd=tmp_path, env=env)
    assert dry.returncode == 1, dry.stderr
    assert "would be removed from" in dry.stdout
    assert len(leftovers(small)) == there
    done = sbw("clean", small.base, "--out", tmp_path, "--json", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert len(value["removed"]) >= there
    assert (value["kept"], value["nothing_left"]) == ([], True)
    assert value["journals"] == [str(journal)]
    assert leftovers(small) == []
    assert journals(tmp_path) == []
    assert notice(tmp_path) is None
    again = called("clean", small.base, "--out", tmp_path, cwd=tmp_path, env=env)
    assert again.returncode == 0
    assert "nothing to remove" in again.stdout


def test_what_cannot_be_removed_is_told_and_stays_in_the_journal(
    small: Target, tmp_path: Path
) -> None:
    """Exit code 1, each record with its reason, and the next attempt finishes."""
    refused(small, tmp_path)
    there = len(leftovers(small))
    with Proxy(small, refuses_deletion) as proxy:
        _moved(journals(tmp_path)[0], proxy.seen.base)
        env = tokens(small)
        done = called("clean", proxy.seen.base, "--out", tmp_path, cwd=tmp_path, env=env)
        assert done.returncode == 1
        assert "status 405, problem type about:blank" in done.stdout
        assert len(leftovers(small)) == there
        _moved(journals(tmp_path)[0], small.base)
    found = clean_target(small, journals_in(tmp_path))
    assert (len(found.removed), found.kept, found.done) == (there, [], True)
    assert leftovers(small) == []
    assert journals(tmp_path) == []


def test_an_interrupted_cleaning_goes_on_where_it_was(small: Target, tmp_path: Path) -> None:
    """What was removed is noted in the journal: it is not asked for again."""
    journal = refused(small, tmp_path, "core.create_answers", "core.limit_bounds")
    deleted: list[str] = []

    def before(asked: Asked) -> Reply | None:
        if asked.method != "DELETE":
            return None
        deleted.append(asked.place)
        return problem(405) if len(deleted) % 2 else None

    with Proxy(small, before) as proxy:
        _moved(journal, proxy.seen.base)
        first = clean_target(proxy.seen, journals_in(tmp_path))
    gone = {trace.record_id for trace in first.removed}
    assert gone
    _moved(journal, small.base)
    left = {trace.record_id for trace in resumed_traces(journal)}
    assert left == {row["record"] for row in first.kept}
    assert left.isdisjoint(gone)


def resumed_traces(path: Path) -> list[Any]:
    """What a journal still holds."""
    journal = resumed(journal_at(path))
    found = journal.open()
    journal.close(finished=False)
    return found


def test_a_journal_of_another_target_is_left_alone(small: Target, tmp_path: Path) -> None:
    """Its records are not there; the line says which target to name."""
    journal = refused(small, tmp_path)
    _moved(journal, "https://elsewhere.example/sbw")
    env = tokens(small)
    done = called("clean", small.base, "--out", tmp_path, cwd=tmp_path, env=env)
    assert done.returncode == 0
    assert f"not looked at: {journal} is of a run against https://elsewhere" in done.stdout
    named = called("clean", small.base, "--journal", journal, cwd=tmp_path, env=env)
    assert named.returncode == 2
    assert "https://elsewhere.example/sbw, not" in named.stderr
    assert journals(tmp_path) == [journal]
    assert leftovers(small)


def test_records_without_a_journal_are_found_by_their_external_id(
    provider: Providers, tmp_path: Path
) -> None:
    """`--app-wide` takes the records of the suite in both businesses, and no other."""
    target = provider(seed_data=2)
    before = stored(target), stored(target, "b1")
    with Proxy(target, refuses_deletion) as proxy:
        run(proxy.seen, "core.create_answers", "core.external_ids_of")
    assert {len(stored(target, role, external_id=SUITE_APP)) > 0 for role in ("a1", "b1")} == {True}
    there = len(leftovers(target))
    env = tokens(target)
    given = ("clean", target.base, "--app-wide", "--out", tmp_path)
    dry = called(*given, "--dry-run", "--json", cwd=tmp_path, env=env)
    assert (dry.returncode, len(json.loads(dry.stdout)["removed"])) == (1, there)
    done = called(*given, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "removed from" in done.stdout
    assert leftovers(target) == []
    assert (stored(target), stored(target, "b1")) == before
    again = called(*given, cwd=tmp_path, env=env)
    assert again.stdout == f"Nothing of the suite is left at {target.base}.\n"


def test_lists_that_tell_nothing_are_named(small: Target) -> None:
    """Where a list cannot be read, nobody says that nothing is left."""

    def after(_: Asked, passed: Passed) -> Reply | None:
        return problem(500) if passed.is_page else None

    with Proxy(small, after=after) as proxy:
        found = clean_target(proxy.seen, [], app_wide=True)
    assert not found.done
    assert any(line.startswith("contact, as a1: ") for line in found.unread)
    assert any("as b1" in line for line in found.unread)


def test_records_of_a_client_that_is_not_given_stay(small: Target, tmp_path: Path) -> None:
    """Another app of the same business does as well; for another business the token is named."""
    journal = Journal(tmp_path / "journal-r1.ndjson", {**ABOUT, "target": small.base})
    journal.made(CONTACT, "a2", "no-such-record-of-a2")
    journal.made(CONTACT, "b1", "no-such-record-of-b1")
    journal.close(finished=False)
    env = tokens(small, "a1")
    done = called("clean", small.base, "--out", tmp_path, cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert "left: 1 contact (no-such-record-of-b1): it needs SBW_B1_TOKEN" in done.stdout
    assert "of-a2" not in done.stdout


def test_a_record_of_a_resource_that_is_unknown_stays(small: Target, tmp_path: Path) -> None:
    """A journal of another version of the standard is not thrown away unread."""
    line = {"event": "made", "resource": "gadget", "client": "a1", "record_id": "g1"}
    path = _written(tmp_path, {**ABOUT, "target": small.base}, {**line, "external_ids": []})
    found = clean_target(small, [journal_at(path)])
    assert [row["resource"] for row in found.kept] == ["gadget"]
    assert not found.done
    assert path.exists()


def _written(folder: Path, *lines: Any) -> Path:
    path = folder / "journal-r0123456789.ndjson"
    head = {"event": "run", **lines[0]} if isinstance(lines[0], dict) else lines[0]
    path.write_text(
        "".join(
            (line if isinstance(line, str) else json.dumps(line)) + "\n"
            for line in (head, *lines[1:])
        )
    )
    return path


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Give a folder of its own."""
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


WRONG: dict[str, tuple[tuple[Any, ...], str]] = {
    "no JSON": (("what is this",), "line 1: this is no line of a journal"),
    "another file": (({"name": "Ada"},), "line 1: this does not say of which run and target"),
    "a list": ((ABOUT, [1, 2]), "line 2: this is no line of a journal"),
    "half an event": ((ABOUT, {"event": "made"}), "line 2: this is no line of a journal"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_journal_is_refused(alone: Path, small: Target, name: str) -> None:
    """File, line, what and what to try; exit code 2."""
    lines, said = WRONG[name]
    path = _written(alone, *lines)
    if isinstance(lines[0], dict) and "target" in lines[0]:
        _moved(path, small.base)
    with pytest.raises(ConfigurationError, match=said) as caught:
        resumed(journal_at(path))
    assert str(path) in str(caught.value)
    given = ("clean", small.base, "--out", alone)
    done = called(*given, cwd=alone, env=tokens(small))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr
    assert path.exists()


def test_a_run_that_was_killed_before_its_first_record_left_nothing(
    alone: Path, small: Target
) -> None:
    """A journal of which not even the first line is whole goes without a word."""
    path = alone / "journal-r0123456789.ndjson"
    path.write_text('{"event": "run", "ru')
    assert notice(alone) is None
    done = called("clean", small.base, "--out", alone, cwd=alone, env=tokens(small))
    assert done.returncode == 0
    assert not path.exists()


def test_a_journal_that_is_being_written_is_left_alone(alone: Path) -> None:
    """A run at work removes its records itself."""
    journal = Journal(alone / "journal-r0123456789.ndjson", ABOUT)
    journal.planned(CONTACT, "a1", "r0123456789.1")
    path = journal.path
    assert path is not None
    assert journals_in(alone) == []
    assert notice(alone) is None
    with pytest.raises(ConfigurationError, match="a run is at work with it"):
        journal_at(path)
    journal.close(finished=False)
    assert [left.path for left in journals_in(alone)] == [path]
    assert notice(alone) is not None


USAGE: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "no URL": ((), {}, 2, "Give its URL or write sbw.yaml."),
    "no token": (("https://api.example.com/sbw",), {}, 2, "SBW_A1_TOKEN"),
    "no such journal": (
        ("http://127.0.0.1:9", "--journal", "none.ndjson"),
        {"SBW_A1_TOKEN": "t"},
        2,
        "none.ndjson: there is no such file",
    ),
    "nothing answers": (
        ("http://127.0.0.1:9", "--app-wide"),
        {"SBW_A1_TOKEN": "t"},
        3,
        "Connection refused",
    ),
    "no URL, but a base": (("ftp://x",), {"SBW_A1_TOKEN": "t"}, 2, "is no base URL"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_told(tmp_path: Path, name: str) -> None:
    """A sentence and the exit code for it."""
    arguments, env, code, said = USAGE[name]
    done = called("clean", *arguments, cwd=tmp_path, env=env)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_is_refused_is_a_matter_of_configuration(
    small: Target, tmp_path: Path
) -> None:
    """Nothing is touched, and the token is named, not shown."""
    env = {**tokens(small), "SBW_A1_TOKEN": "this-one-is-wrong"}
    done = called("clean", small.base, "--app-wide", "--out", tmp_path, cwd=tmp_path, env=env)
    assert done.returncode == 2
    assert "a1" in done.stderr
    assert "this-one-is-wrong" not in done.stdout + done.stderr


def test_without_a_valid_landing_page_nothing_is_tried(small: Target) -> None:
    """How records are removed stands there; the sentence says what to do."""

    def after(asked: Asked, passed: Passed) -> None:
        if asked.place == "/":
            passed.json = {"sbw_version": "draft"}

    with (
        Proxy(small, after=after) as proxy,
        pytest.raises(ConfigurationError, match="is not valid") as caught,
    ):
        clean_target(proxy.seen, [], app_wide=True)
    assert "sbw test" in caught.value.hint


def test_the_value_of_a_singleton_is_put_back(provider: Providers, tmp_path: Path) -> None:
    """A journal remembers the value that there was before the run changed it first."""
    journal = Journal(tmp_path / "journal-r1.ndjson", ABOUT)
    business = STANDARD.resources["business"]
    journal.changed(business, "a1", {"name": "Old"})
    journal.changed(business, "a1", {"name": "New"})
    journal.close(finished=False)
    traces = resumed_traces(tmp_path / "journal-r1.ndjson")
    assert [trace.restore for trace in traces] == [{"name": "Old"}]
    target = provider()
    left = journal_at(tmp_path / "journal-r1.ndjson")
    dry = clean_target(target, [left], dry=True)
    assert [trace.resource for trace in dry.restored] == ["business"]
    assert left.path.exists()
