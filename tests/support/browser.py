"""A Chromium without network access. It records its requests and its console errors."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)

INSIDE = ("file:", "about:", "chrome:", "data:")
"""Beginnings of addresses that need no network. Chromium's own first tab may still be loading its parts (`chrome:`)."""


@dataclass
class Browser:
    """A real Chromium. `problems` and `requests` return what was recorded since their last call."""

    driver: Chrome

    def screen(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, path: Path, fragment: str = "") -> None:
        self.driver.get("about:blank")  # so that another fragment of the same page is a new page
        self.driver.get(path.absolute().as_uri() + fragment)

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return str(self.js("return document.querySelector(arguments[0]).innerText", selector))

    def count(self, selector: str) -> int:
        return int(self.js("return document.querySelectorAll(arguments[0]).length", selector))

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def until(self, condition: str, *arguments: Any) -> Any:
        from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415 - selenium may be absent

        return WebDriverWait(self.driver, 20, 0.02).until(lambda _: self.js(f"return {condition}", *arguments))

    def problems(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]  # type: ignore[no-untyped-call]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium for the session. The tests skip if Chromium or its driver is absent; in CI they fail."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    helper = shutil.which("chromedriver")
    if not (binary and helper):
        reason = "chromium and chromedriver are not here (Debian: apt-get install chromium chromium-driver)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from selenium import webdriver  # noqa: PLC0415 - as above

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS.split(), f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(helper))
    yield Browser(driver)
    driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser in desktop size and light mode. The test fails if it made outside requests or logged an error."""
    chromium.problems()
    chromium.requests()
    chromium.screen()
    yield chromium
    problems, outside = chromium.problems(), [url for url in chromium.requests() if not url.startswith(INSIDE)]
    assert not problems, problems
    assert not outside, outside
