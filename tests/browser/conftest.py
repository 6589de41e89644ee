"""A page in a browser that has no network: playwright with a Chromium of the system. Without either these tests are skipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PCAPS = Path(__file__).parents[2] / "pcaps"
CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)


@pytest.fixture(scope="module")  # not for longer: while playwright runs, nobody else can have an event loop
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (the extra `browser`)")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """report("recorded/http_loss.pcap"): its page, made once."""
    made: dict[str, Path] = {}

    def page(name: str) -> Path:
        if name not in made:
            made[name] = tmp_path_factory.mktemp("report") / "report.html"
            command = [sys.executable, "-m", "analyzer", "report", str(PCAPS / name), "-o", str(made[name])]
            subprocess.run(command, check=True, cwd=PCAPS.parent)
        return made[name]

    return page


class Visit:
    """A page that was opened, and what went wrong there."""

    def __init__(self, browser: Any, path: Path, width: int, scheme: str) -> None:
        self.complaints: list[str] = []
        view = {"width": width, "height": 900}
        self.context = browser.new_context(viewport=view, color_scheme=scheme, reduced_motion="reduce", offline=True)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", self._asked)
        self._path = path
        self.page.goto(path.as_uri())

    def _asked(self, request: Any) -> None:
        if request.url != self._path.as_uri() and not request.url.startswith("data:"):
            self.complaints.append(f"asked for {request.url}")

    def draw(self) -> None:
        """Open everything and go through it, so that all graphs are drawn."""
        self.page.evaluate("document.querySelectorAll('details.group').forEach((group) => { group.open = true; })")
        for place in self.page.locator(".graph").all():
            place.scroll_into_view_if_needed()
            place.locator(".plot-container").wait_for()


@pytest.fixture
def visit(browser: Any, report: Callable[[str], Path]) -> Iterator[Callable[..., Visit]]:
    opened: list[Visit] = []

    def go(name: str, width: int = 1440, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, report(name), width, scheme))
        return opened[-1]

    yield go
    for one in opened:
        one.context.close()
