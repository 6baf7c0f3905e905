"""All pages under docs/: links that lead somewhere, fences that say what they hold."""

import re
from pathlib import Path

import pytest
from tests.docs.guide import GUIDE, fences

from sbw_conformance.configuration import read_configuration
from sbw_conformance.target import variable

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
OPENING = re.compile(r"^```(.*)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_between_files_lead_to_files(page: Path) -> None:
    """A page that was renamed or left out is noticed."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_fence_says_its_language(page: Path) -> None:
    """What a fence holds can be found and tried."""
    marks = OPENING.findall(page.read_text(encoding="utf-8"))
    assert len(marks) % 2 == 0
    assert all(marks[::2])
    assert not any(marks[1::2])


def test_the_configuration_of_the_guide_is_one(tmp_path: Path) -> None:
    """It names the app, and a variable for each client that the guide has set."""
    [text] = fences(GUIDE.read_text(encoding="utf-8"), "yaml")
    (tmp_path / "sbw.yaml").write_text(text, encoding="utf-8")
    roles = ("a1", "a2", "b1", "a1.read_only", "a1.business_only")
    environment = {variable(role): f"token-of-{role}" for role in roles}
    configuration = read_configuration(tmp_path / "sbw.yaml", environment)
    assert configuration.app == "app:app"
    known = configuration.at("http://127.0.0.1:1").clients
    assert {role: known[role].token for role in known} == {
        role: f"token-of-{role}" for role in roles
    }
