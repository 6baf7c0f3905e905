"""Which files a name leads to, and what is no file."""

import inspect
import os
import socket
import sys
from pathlib import Path

import pytest

from sbw_validator import UnreadableDocumentError
from sbw_validator.sources import Unfollowed, find_files, open_file


def found(folder: Path) -> list[str]:
    """Return the files that a folder leads to, by their path in it."""
    return [str(item.relative_to(folder)) for item in find_files(folder) if isinstance(item, Path)]


def errors(source: str | Path) -> list[str]:
    """Return the reasons of what a name leads to and cannot be read."""
    return [e.reason for e in find_files(source) if isinstance(e, UnreadableDocumentError)]


def test_a_folder_is_walked_in_the_order_of_names(tmp_path: Path) -> None:
    """Folders and files alike, whatever the case of a suffix; other files are left out."""
    for name in ("b/z.json", "b/a.YML", "a.jsonl", "c.yaml", "b.ndjson", "a.json.gz", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "d.json").mkdir()
    assert found(tmp_path) == ["a.jsonl", "b/a.YML", "b/z.json", "b.ndjson", "c.yaml"]


def test_a_folder_is_walked_while_it_is_read(tmp_path: Path) -> None:
    """What lies behind the first file is not looked at before it is asked for."""
    (tmp_path / "a.json").touch()
    (tmp_path / "b").mkdir()
    walk = find_files(tmp_path)
    assert next(walk) == tmp_path / "a.json"
    (tmp_path / "b" / "later.json").touch()
    assert list(walk) == [tmp_path / "b" / "later.json"]


def test_folders_nest_deeper_than_python_calls_do(tmp_path: Path) -> None:
    """A walk is no recursion."""
    deep = tmp_path.joinpath(*"x" * 300)
    deep.mkdir(parents=True)
    (deep / "one.json").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        walked = list(find_files(tmp_path))
    finally:
        sys.setrecursionlimit(limit)
    assert walked == [deep / "one.json"]


def test_links_to_folders_are_told_and_not_followed(tmp_path: Path) -> None:
    """A loop ends at once; a link that is named itself is followed."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "one.json").touch()
    (tmp_path / "own" / "loop").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    assert list(find_files(tmp_path)) == [
        Unfollowed(tmp_path / "link"),
        Unfollowed(tmp_path / "own" / "loop"),
        tmp_path / "own" / "one.json",
    ]
    assert found(tmp_path / "link") == ["one.json"]


def test_links_to_files_are_files(tmp_path: Path) -> None:
    """Also those that lead nowhere, so that opening them says so."""
    (tmp_path / "one.txt").touch()
    (tmp_path / "a.json").symlink_to(tmp_path / "one.txt")
    (tmp_path / "b.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "c.json").symlink_to(tmp_path / "c.json")
    assert found(tmp_path) == ["a.json", "b.json", "c.json"]


def test_a_folder_without_anything_to_read_is_an_error(tmp_path: Path) -> None:
    """Empty, with other files, or with links to folders alone."""
    expected = ["it holds no .json, .ndjson, .jsonl, .yaml or .yml file"]
    assert errors(tmp_path) == expected
    (tmp_path / "notes.txt").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert errors(tmp_path) == expected
    (tmp_path / "one.json").touch()
    assert errors(tmp_path) == []


def test_an_empty_name_is_not_the_current_folder() -> None:
    """A variable without value is a mistake, not a wish to read everything."""
    assert errors("") == ["a name is empty"]


def test_what_is_no_folder_is_one_file(tmp_path: Path) -> None:
    """Whether it exists is for opening it to say."""
    assert list(find_files(tmp_path / "none.json")) == [tmp_path / "none.json"]
    long = tmp_path / ("x" * 5000)
    assert list(find_files(long)) == [long]


def test_a_folder_that_may_not_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files beside it are read all the same."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b.json").touch()
    scan = os.scandir

    def refuse(path: Path) -> "os.ScandirIterator[str]":
        if path.name == "a":
            raise PermissionError(13, "Permission denied")
        return scan(str(path))

    monkeypatch.setattr("os.scandir", refuse)
    first, second = find_files(tmp_path)
    assert str(first).startswith(f"{tmp_path / 'a'} cannot be read: Permission denied.")
    assert second == tmp_path / "b.json"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Give a folder with what has a file's name and is no regular file."""
    os.mkfifo(tmp_path / "pipe.json")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket is short
        listener.bind("socket.json")
        os.chdir(here)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "device.json").symlink_to("/dev/zero")
    (tmp_path / "nowhere.json").symlink_to("none")
    (tmp_path / "circle.json").symlink_to("circle.json")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "it is a pipe"),
        ("socket", "it is a socket"),
        ("device", "it is a device"),
        ("folder", "it is a folder"),
        ("nowhere", "it is a symbolic link that leads nowhere"),
        ("circle", "it is a symbolic link that leads in a circle"),
        ("missing", "No such file or directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_is_no_regular_file_is_refused_without_opening_it(
    odd: Path, name: str, reason: str
) -> None:
    """Opening a pipe would wait for ever, and reading a device would not end."""
    with pytest.raises(UnreadableDocumentError) as caught:
        open_file(odd / f"{name}.json")
    assert caught.value.reason == reason
    assert caught.value.advice


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    """The positive control of what is refused."""
    (tmp_path / "one.json").write_bytes(b"1")
    with open_file(tmp_path / "one.json") as stream:
        assert stream.read() == b"1"
