"""What the sdist and the wheel hold, and what they must not."""

import re
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "sbw_validator": ROOT / "validator" / "sbw_validator",
    "sbw_conformance": ROOT / "conformance" / "sbw_conformance",
    "sbw_reference": ROOT / "reference" / "sbw_reference",
    "sbw_miniature": ROOT / "reference" / "sbw_miniature",
}
DIST_INFO = r"smallbusinessweb-[^/]+\.dist-info"
SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    rb"|\b(?:ghp|gho|ghs|github_pat|glpat|pypi|npm)[_-][A-Za-z0-9_-]{30,}"
    rb"|\bAKIA[0-9A-Z]{16}\b",
)


def files_below(folder: Path) -> dict[str, bytes]:
    """Return path -> content of each source file below a folder of the checkout."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def below(prefix: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files below a prefix, by their path from there."""
    return {
        path.removeprefix(prefix): data for path, data in files.items() if path.startswith(prefix)
    }


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from the checkout and the wheel from the sdist, as a release does."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel_path(dist: Path) -> Path:
    """Return the one wheel."""
    [path] = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(wheel_path: Path) -> dict[str, bytes]:
    """Return path -> content of the wheel."""
    with zipfile.ZipFile(wheel_path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(dist: Path) -> dict[str, bytes]:
    """Return path -> content of the sdist, without its outer folder."""
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = [(member, archive.extractfile(member)) for member in archive.getmembers()]
        return {
            member.name.partition("/")[2]: content.read() for member, content in members if content
        }


@pytest.fixture(scope="module")
def metadata(wheel: dict[str, bytes]) -> Message:
    """Return the wheel's core metadata."""
    [content] = [
        data for path, data in wheel.items() if re.fullmatch(f"{DIST_INFO}/METADATA", path)
    ]
    return message_from_bytes(content)


def test_wheel_has_only_our_packages(wheel: dict[str, bytes]) -> None:
    """No tests, and no top-level name that a vendor's own module could have."""
    tops = {path.partition("/")[0] for path in wheel}
    [dist_info] = [top for top in tops if re.fullmatch(DIST_INFO, top)]
    assert tops == {*PACKAGES, dist_info}


@pytest.mark.parametrize("package", PACKAGES)
def test_wheel_has_every_file_of_a_package(package: str, wheel: dict[str, bytes]) -> None:
    """Code, templates and py.typed come along, byte for byte."""
    bundled = below(f"{package}/", wheel)
    code = {path: data for path, data in bundled.items() if not path.startswith("_data/")}
    assert code == files_below(PACKAGES[package])
    assert "py.typed" in code


@pytest.mark.parametrize("folder", ["schemas", "spec"])
def test_wheel_bundles_the_standard(folder: str, wheel: dict[str, bytes]) -> None:
    """The standard that is installed is the standard of the checkout."""
    bundled = below(f"sbw_validator/_data/{folder}/", wheel)
    assert bundled != {}
    assert bundled == files_below(ROOT / folder)


@pytest.mark.parametrize(
    "folder", ["schemas", "spec", "tests", "validator", "conformance", "reference"]
)
def test_sdist_has_the_sources(folder: str, sdist: dict[str, bytes]) -> None:
    """A packager can build and test from the sdist alone."""
    assert below(f"{folder}/", sdist) == files_below(ROOT / folder)


def test_sdist_has_what_a_build_needs_and_nothing_that_work_left_behind(
    sdist: dict[str, bytes],
) -> None:
    """The list of what is included is closed."""
    tops = {path.partition("/")[0] for path in sdist}
    needed = {
        "LICENSE",
        "LICENSE-TEXT",
        "Makefile",
        "PKG-INFO",
        "README.md",
        "noxfile.py",
        "pyproject.toml",
    }
    assert needed <= tops
    assert {".git", ".venv", "dist", "sbw-report"} & tops == set()


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_no_secret_and_no_path_of_the_builder(kind: str, request: pytest.FixtureRequest) -> None:
    """Nothing that looks like a key or a token, and not where it was built."""
    files: dict[str, bytes] = request.getfixturevalue(kind)
    here = f"{ROOT}/".encode()
    found = [path for path, data in files.items() if SECRET.search(data) or here in data]
    assert found == []


def test_metadata_says_python_licences_and_command(
    metadata: Message, wheel: dict[str, bytes]
) -> None:
    """An installer learns what it needs."""
    assert metadata["Name"] == "smallbusinessweb"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0 AND CC-BY-4.0"
    assert metadata.get_all("License-File") == ["LICENSE", "LICENSE-TEXT"]
    [said] = [data for path, data in wheel.items() if path.endswith("/entry_points.txt")]
    found = ConfigParser()
    found.read_string(said.decode())
    assert {section: dict(found[section]) for section in found.sections()} == {
        "console_scripts": {"sbw": "sbw_conformance.cli:main"},
        "pytest11": {"sbw": "sbw_conformance.pytest_plugin"},
    }


SHOW_DATA = """
import sbw_validator
from sbw_validator.data import data
print(sbw_validator.__file__)
print(*sorted(child.name for child in data().iterdir() if child.name in {"schemas", "spec"}))
print((data() / "spec" / "draft" / "classes.yaml").read_text(encoding="utf-8"), end="")
"""


def run_show_data(where: Path, cwd: Path) -> list[str]:
    """Return code's place, data's children and a data file's text, with a path put first."""
    command = [sys.executable, "-c", SHOW_DATA]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=cwd, env={"PYTHONPATH": str(where)}
    )
    return done.stdout.split("\n", 2)


def test_data_is_read_from_a_zipped_wheel(wheel_path: Path, tmp_path: Path) -> None:
    """The bundled standard is found without unpacking and without a checkout."""
    code, children, text = run_show_data(wheel_path, tmp_path)
    assert code.startswith(str(wheel_path))
    assert children == "schemas spec"
    assert text == (ROOT / "spec" / "draft" / "classes.yaml").read_text(encoding="utf-8")


def test_data_is_read_from_the_checkout(tmp_path: Path) -> None:
    """An editable install sees an edit of the standard at once."""
    code, children, text = run_show_data(ROOT / "validator", tmp_path)
    assert code.startswith(str(ROOT))
    assert children == "schemas spec"
    assert text == (ROOT / "spec" / "draft" / "classes.yaml").read_text(encoding="utf-8")
