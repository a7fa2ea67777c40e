"""Which captures' full readings are looked up: those that a version depends on, and no others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from crawler.reconversion.neighbours import compare_readings, to_compare
from pipelines.catalog.judgements import ReadText
from pipelines.document import Document
from pipelines.items import Answer, Capture, Fate, Memento, MementoKey, Snapshot
from pipelines.versions import versions
from tests.support.folders import DOMAIN, PAGE, opened

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.output.store import OutputStore


def text(second: int, reading: str | None, full: str | None = None) -> ReadText:
    stamp = f"201501010000{second:02}"
    capture = Capture(PAGE, stamp, f"http://{DOMAIN}/", "text/html", "200", str(second), "9", "wayback")
    return ReadText(capture, MementoKey(stamp, capture.original, "wayback"), reading, full)


@pytest.mark.parametrize(
    ("readings", "wanted"),
    [
        ([], []),
        (["corpus", "corpus", "corpus"], []),
        (["corpus", "corpus", "full", "corpus"], [1, 3]),
        (["full", "full"], []),
        ([None, "full"], []),  # made by an earlier release, and not to be read again
    ],
)
def test_to_compare_names_the_neighbours_of_another_reading(readings: list[str | None], wanted: list[int]) -> None:
    texts = [text(second, reading) for second, reading in enumerate(readings)]
    assert to_compare(texts) == [texts[at] for at in wanted]


def test_to_compare_leaves_out_what_was_looked_up() -> None:
    assert to_compare([text(0, "corpus", "a" * 64), text(1, "full"), text(2, "corpus", "")]) == []


class Pages:
    """What stands for a Reconverter: the hashes of full readings by timestamp."""

    def __init__(self, store: OutputStore, full: dict[str, str]) -> None:
        self.asked: list[str] = []
        self.folder = self
        self._catalog = store.catalog
        self._full = full

    def __getattr__(self, name: str) -> Any:
        async def call(*args: Any) -> Any:
            return getattr(self._catalog, name)(*args)

        return call

    async def full_sha256(self, domain: str, capture: Capture, key: MementoKey) -> str | None:
        assert domain == DOMAIN
        self.asked.append(key.timestamp)
        return self._full.get(capture.timestamp)


def file(library: OutputStore, stamp: str, body: str, reading: str, digest: str = "") -> str:
    """File a document of a page's capture; return its text_sha256."""
    url = f"http://{DOMAIN}/p"
    capture = Capture(PAGE, stamp, url, "text/html", "200", digest or stamp, "9", "wayback")
    library.catalog.add_captures(DOMAIN, [capture])
    document = Document(DOMAIN, "2015-01-01", url, "Privacy", body, "3", reading=reading, reading_coverage=1.0)
    library.record(Snapshot(DOMAIN, capture, Memento(stamp, url, "http://archive/", 200, (), b"", "wayback")), document)
    return document.text_sha256


def test_compare_readings_makes_one_version_of_equal_full_readings(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150101000000", "the article\n", "corpus")
        file(library, "20150201000000", "the article\n", "corpus")
        full = file(library, "20150301000000", "the article and more\n", "full")
        file(library, "20150401000000", "another\n", "corpus")
        file(library, "20150501000000", "the article and more\n", "full")
        pages = Pages(library, {"20150201000000": full, "20150401000000": ""})
        asyncio.run(compare_readings(pages, DOMAIN))  # type: ignore[arg-type]
        assert pages.asked == ["20150201000000", "20150401000000"]
        asyncio.run(compare_readings(pages, DOMAIN))  # type: ignore[arg-type]
        assert len(pages.asked) == 2
        library.finish_domain(DOMAIN)
    found = list(versions(tmp_path))
    assert [(each.change, each.captures, each.reading, f"{each.last_seen:%m}") for each in found] == [
        ("first", 3, "corpus", "03"),
        ("changed", 1, "corpus", "04"),
        ("returned", 1, "full", "05"),
    ]
    assert (found[0].path, found[0].id[-8:]) == (f"text/{DOMAIN}/20150101000000.txt", found[0].text_sha256[:8])
    assert all((tmp_path / version.path).is_file() for version in found)


def test_compare_readings_different_full_readings_are_versions(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150101000000", "the article\n", "corpus")
        file(library, "20150301000000", "the article and more\n", "full")
        asyncio.run(compare_readings(Pages(library, {"20150101000000": "e" * 64}), DOMAIN))  # type: ignore[arg-type]
    assert [version.change for version in versions(tmp_path)] == ["first", "changed"]


def test_compare_readings_capture_by_digest_has_the_reading_of_the_one_read(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        sha = file(library, "20150101000000", "the article\n", "corpus", "same")
        late = Capture(PAGE, "20150201000000", f"http://{DOMAIN}/p", "text/html", "200", "same", "9", "wayback")
        library.catalog.add_captures(DOMAIN, [late])
        library.record_by_digest([Answer(DOMAIN, late, Fate.SAME_TEXT, "same digest as 20150101000000", sha)])
        full = file(library, "20150301000000", "the article and more\n", "full")
        pages = Pages(library, {"20150101000000": full})
        asyncio.run(compare_readings(pages, DOMAIN))  # type: ignore[arg-type]
        assert pages.asked == ["20150101000000"]
    assert [version.captures for version in versions(tmp_path)] == [3]


def test_compare_readings_unreadable_record_is_asked_for_again(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(library, "20150101000000", "the article\n", "corpus")
        file(library, "20150301000000", "the article and more\n", "full")
        pages = Pages(library, {})
        for _ in range(2):
            asyncio.run(compare_readings(pages, DOMAIN))  # type: ignore[arg-type]
        assert len(pages.asked) == 2
