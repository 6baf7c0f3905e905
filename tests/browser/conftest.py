"""What tests of pages share: a real Chromium, and pages that are watched while they are used."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.conformance.reports.make import FROZEN

from sbw_conformance.events import read_events
from sbw_conformance.reports import html
from sbw_conformance.results import Report, fold

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give the Chromium that is installed, one for all tests of a worker."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """Opens pages from disk, and notes what none of them may do."""

    browser: Browser
    wrong: list[str] = field(default_factory=list)

    def __call__(self, file: Path, anchor: str = "", **options: Any) -> Page:
        """Open a file in a context of its own; options are Playwright's."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **options}
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: self.wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._request(request.url, file))
        page.goto(file.as_uri() + anchor)
        return page

    def _request(self, url: str, file: Path) -> None:
        if url.partition("#")[0] != file.as_uri():
            self.wrong.append(f"request: {url}")


@pytest.fixture
def opened(browser: Browser) -> Iterator[Watched]:
    """Give a function that opens pages; whatever a page complains of or fetches is a failure."""
    watched = Watched(browser)
    yield watched
    for context in browser.contexts:
        context.close()
    assert watched.wrong == []


@pytest.fixture(scope="session")
def report() -> Report:
    """Give the frozen run: every kind of result, and a provider that tries to break out."""
    return fold(read_events(FROZEN))


Written = Callable[[Report], Path]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Give a function that writes the page of a report."""

    def write(report: Report) -> Path:
        file = tmp_path_factory.mktemp("page") / "report.html"
        file.write_text(html.render(report), encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def page_file(report: Report, written: Written) -> Path:
    """Give the page of the frozen run."""
    return written(report)
