"""One capture that playback told of, and that a listing shows: one row."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from pipelines.catalog import database
from pipelines.catalog.schema import captures
from pipelines.catalog.writer import Catalog
from pipelines.items import Answer, Capture, Fate, MementoKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN, PAGE, SECOND, URL = "a.example", "example,a)/privacy", "20190301000000", "http://a.example/privacy"
TOLD = Capture(PAGE, SECOND, URL, "text/html", "200", "-", "-", "wayback")


def listed(digest: str = "A", archive: str = "wayback", timestamp: str = SECOND) -> Capture:
    return Capture(PAGE, timestamp, URL, "text/html", "200", digest, "900", archive)


def read(capture: Capture, text: str = "t") -> Answer:
    return Answer(DOMAIN, capture, Fate.STORED, text_sha256=text, memento=MementoKey(SECOND, URL, capture.archive))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as opened:
        yield opened


def rows(catalog: Catalog) -> list[tuple[str, str, str | None, str | None]]:
    found = catalog.page(DOMAIN, PAGE, as_it_is=True)
    return [
        (capture.digest, capture.archive, *((answer.fate, answer.text_sha256) if answer else (None, None)))
        for capture, answer in found
    ]


@pytest.mark.parametrize("order", [(TOLD, listed()), (listed(), TOLD)])
def test_one_capture_told_and_listed_is_one(order: tuple[Capture, Capture], catalog: Catalog) -> None:
    for capture in order:
        catalog.add_captures(DOMAIN, [capture])
    assert rows(catalog) == [("A", "wayback", None, None)]


def test_the_listed_capture_takes_the_text_and_memento(catalog: Catalog) -> None:
    catalog.add_captures(DOMAIN, [TOLD])
    catalog.put_answers([read(TOLD)])
    catalog.add_captures(DOMAIN, [listed(), listed("B", timestamp="20190301000001")])
    assert rows(catalog) == [("A", "wayback", Fate.STORED, "t"), ("B", "wayback", None, None)]
    ((_, answer), _) = catalog.page(DOMAIN, PAGE, as_it_is=True)
    assert answer is not None
    assert answer.memento == MementoKey(SECOND, URL, "wayback")


def test_captures_of_another_archive_are_others(catalog: Catalog) -> None:
    catalog.add_captures(DOMAIN, [TOLD, listed(archive="other")])
    assert [row[:2] for row in rows(catalog)] == [("-", "wayback"), ("A", "other")]


def test_two_rows_of_an_earlier_release_are_merged_by_the_next_listing(catalog: Catalog) -> None:
    """The listed row has a false fate: playback served the other row of its second, which is the same capture."""
    catalog.add_captures(DOMAIN, [listed()])
    catalog.put_answers([Answer(DOMAIN, listed(), Fate.MISSING, "playback serves another capture of the same second")])
    with catalog.transaction(), catalog.connection() as db:
        db.execute(sa.insert(captures).values(domain=DOMAIN, **vars_of(TOLD)))
    catalog.put_answers([read(TOLD)])
    assert len(rows(catalog)) == 2
    catalog.add_captures(DOMAIN, [listed("C", timestamp="20200101000000")])
    assert rows(catalog) == [("A", "wayback", Fate.STORED, "t"), ("C", "wayback", None, None)]


def test_what_was_read_of_the_listed_one_stays(catalog: Catalog) -> None:
    catalog.add_captures(DOMAIN, [listed()])
    catalog.put_answers([read(listed(), "own")])
    catalog.add_captures(DOMAIN, [TOLD])
    assert rows(catalog) == [("A", "wayback", Fate.STORED, "own")]


def test_of_two_listed_in_one_second_one_was_served(catalog: Catalog) -> None:
    catalog.add_captures(DOMAIN, [TOLD])
    catalog.put_answers([read(TOLD)])
    catalog.add_captures(DOMAIN, [listed("B"), listed("A")])
    assert rows(catalog) == [("A", "wayback", Fate.STORED, "t"), ("B", "wayback", None, None)]


def vars_of(capture: Capture) -> dict[str, str]:
    return {name: getattr(capture, name) for name in ("urlkey", "timestamp", "original", "mimetype", "statuscode",
                                                      "digest", "length", "archive")}  # fmt: skip
