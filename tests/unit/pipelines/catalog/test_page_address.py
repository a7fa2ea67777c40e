"""The address that people read, from a page's urlkey."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.archives.urlkey import urlkey_of
from pipelines.catalog.page_address import address_of
from pipelines.versions import Version


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://www.example.com/legal/privacy", "example.com/legal/privacy"),
        ("http://legal.example.co.uk/", "legal.example.co.uk/"),
        ("http://example.com:8080/a?b=1&a=(2)", "example.com:8080/a?a=(2)&b=1"),
        ("http://1.2.3.4:8080/privacy", "1.2.3.4:8080/privacy"),
        ("http://localhost/a,b)c", "localhost/a,b)c"),
        ("http://example.com/a%20b", "example.com/a%20b"),
    ],
)
def test_address_of_urlkey(url: str, address: str) -> None:
    assert address_of(urlkey_of(url)) == address


@pytest.mark.parametrize("key", ["", "http://[evil/a)b", "mailto:me@example.com", "http://example.com/a)b", ")"])
def test_what_is_no_surt_stays(key: str) -> None:
    assert address_of(key) == key


def test_place_of_a_text_read_on_another_page_is_an_address() -> None:
    """It was the page's SURT."""
    moment = datetime(2012, 4, 11, tzinfo=UTC)
    version: Any = SimpleNamespace(
        page="example,larkfield)/legal/privacy", url="http://www.larkfield.example/privacy.php",
        timestamp="20090227000316", first_seen=moment, last_seen=moment,
    )  # fmt: skip
    place = Version.place.fget
    assert place is not None
    said = "larkfield.example/legal/privacy, with the text of http://www.larkfield.example/privacy.php of 2009-02-27"
    assert place(version) == said
    version.timestamp = "20120411000000"
    assert place(version) == "http://www.larkfield.example/privacy.php"
