#!/usr/bin/env python3
"""The picture of a report in README.md: pcaps/recorded/slow_page.pcap as the page of `analyzer report` shows it.

    scripts/picture.py [OUTPUT]

Shown is what answers the question at a glance: the verdict, the figures, who was waited for, and the waterfall; the findings, of
which the page has a screen of its own, are hidden. Needs playwright and a Chromium (the extra `browser`).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
CAPTURE: Final = "pcaps/recorded/slow_page.pcap"
PICTURE: Final = (ROOT / CAPTURE).with_suffix(".png")
WIDTH: Final = 1180  #: pixels of the page: what README.md shows at about 900 is still read easily
COLOURS: Final = 128  #: of the picture: flat areas and letters need no more, and it is a third of the size
HIDDEN: Final = """
nav, #theme, footer, .skip, main > section:not(#verdict, #journeys), .controls .choice { display: none !important; }
.frame { grid-template-columns: minmax(0, 1fr) !important; padding-bottom: 28px !important; }
header { padding: 1.6rem 0 0.4rem !important; }
section { padding-top: 1.8rem !important; }
main > section:first-child { padding-top: 0.6rem !important; }
.verdict > p { max-width: none !important; font-size: 1.15rem !important; }
"""


def taken(page: Path, output: Path) -> None:
    """A screenshot of the page."""
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=browser_path)
        view = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light", reduced_motion="reduce")
        view.goto(page.as_uri())
        view.add_style_tag(content=HIDDEN)
        view.locator(".frame").screenshot(path=output)
        browser.close()


def smaller(picture: Path) -> None:
    """The same with few colours."""
    from PIL import Image

    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(picture, optimize=True)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    output.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        subprocess.run([sys.executable, "-m", "analyzer", "report", CAPTURE, "-o", str(page)], check=True, cwd=ROOT)
        taken(page, output)
    smaller(output)
    print(f"{output}: {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
