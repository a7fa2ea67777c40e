"""Take the pictures of docs/images: the sample's report in a real Chromium, in light and dark, on a phone and on paper.

    python tools/report_images.py

Crawls the sample into a temporary folder (no network). Needs what the tests of the report need: Chromium, its driver, and
selenium. Pillow, if it is installed, makes the files a third as large.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import zlib
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pypdfium2 import PdfDocument  # noqa: E402 - after the path
from selenium import webdriver  # noqa: E402

from tests.support.browser import FLAGS, Browser  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGES = ROOT / "docs" / "images"
COLOURS = 256
READY = "document.querySelector('#reader-body .diff, #reader-body .text') !== null && !document.querySelector('[aria-busy]')"


@dataclass(frozen=True)
class Picture:
    """A view of the report: a page, its size in CSS pixels, and what is clicked before it is taken, by CSS selector."""

    name: str
    page: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    clicks: tuple[str, ...] = ()
    scroll_to: str = ""


COMPANY = "companies/larkfield-hosting.html#v5"
CHANGE = "companies/northlane.html#v5"
PICTURES = (
    Picture("report-overview", "index.html", height=1330),
    Picture("report-company", COMPANY, height=1250, clicks=("[value=split]",), scroll_to=".masthead"),
    Picture("report-dark", COMPANY, height=1250, dark=True, clicks=("[value=inline]",), scroll_to=".masthead"),
    Picture("report-diff", CHANGE, height=800, clicks=("[value=inline]",), scroll_to="#reader"),
    Picture("report-phone", CHANGE, width=390, height=844, scroll_to="#reader"),
    Picture("report-topics", "index.html", height=620, scroll_to="#chart-topics"),
)


def main() -> None:
    """Write the pictures over those that are there."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        for command in (("crawl", "policies", "-a", "archive=sample"), ("report",)):
            _scrapy(*command, "-s", f"OUTPUT_DIR={output}")
        browser = _chromium(Path(folder) / "profile")
        try:
            for picture in PICTURES:
                _take(browser, output / "report", picture)
            _print(browser, output / "report", CHANGE)
        finally:
            browser.driver.quit()


def _scrapy(*arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "scrapy", *arguments], check=True, env=environment, capture_output=True
    )


def _chromium(profile: Path) -> Browser:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    for flag in (*FLAGS.split(), "--force-device-scale-factor=1", "--hide-scrollbars", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Browser(webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))))


def _open(browser: Browser, site: Path, page: str) -> None:
    name, _, fragment = page.partition("#")
    browser.open(site / name, f"#{fragment}" if fragment else "")
    browser.until(READY if fragment else "document.querySelector('.plot canvas') !== null")


def _take(browser: Browser, site: Path, picture: Picture) -> None:
    browser.screen(width=picture.width, height=picture.height, dark=picture.dark)
    _open(browser, site, picture.page)
    for selector in picture.clicks:
        browser.js("document.querySelector(arguments[0]).click()", selector)
        browser.until(READY)
    if picture.scroll_to:
        browser.js(
            "document.querySelector(arguments[0]).scrollIntoView({block: 'start', behavior: 'instant'})",
            picture.scroll_to,
        )
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    _write(picture.name, b64decode(shot["data"]))


def _print(browser: Browser, site: Path, page: str) -> None:
    """Take the first sheet as it is printed."""
    browser.screen()
    _open(browser, site, page)
    printed = browser.driver.execute_cdp_cmd(
        "Page.printToPDF", {"preferCSSPageSize": True, "paperWidth": 8.27, "paperHeight": 11.69}
    )
    bitmap = PdfDocument(b64decode(printed["data"]))[0].render(scale=96 / 72, rev_byteorder=True)
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    data, channels = bytes(bitmap.buffer), bitmap.n_channels
    rows = (data[at * stride : at * stride + width * channels] for at in range(height))
    _write("report-print", png(rows, width, height, channels))


def png(rows: Iterable[bytes], width: int, height: int, channels: int) -> bytes:
    """Return 8-bit pixels in RGB or RGBA as a PNG file (https://www.w3.org/TR/png-3/)."""
    raw = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in ((b"IHDR", head), (b"IDAT", raw), (b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _write(name: str, data: bytes) -> None:
    path = IMAGES / f"{name}.png"
    path.write_bytes(data)
    with suppress(ImportError):
        from PIL import Image  # noqa: PLC0415 - optional

        shown = Image.open(path).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        shown.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
