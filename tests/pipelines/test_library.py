"""The output folder: one file per text whatever the order of arrival, versions as runs, one holder at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from crawler.captures import Answer, Capture, Fate, Memento, Snapshot, key_of
from crawler.errors import OutputError
from pipelines.document import Document
from pipelines.library import Library, file_names

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = "example.com"
KEY = ("archive", DOMAIN, "domain", "", "")


def opened(path: Path) -> Library:
    library = Library(path, "", software="test").open()
    library.catalog.set_company("Example", [DOMAIN])
    return library


def capture(timestamp: str, page: str = "privacy", digest: str = "") -> Capture:
    return Capture(
        f"com,example)/{page}", timestamp, f"http://example.com/{page}", "text/html", "200", digest or timestamp, "9"
    )


def snapshot(asked: Capture, read: str = "") -> Snapshot:
    memento = Memento(read or asked.timestamp, asked.original, "http://archive/", 200, (), b"<p>")
    return Snapshot(DOMAIN, asked, memento)


def document(what: Snapshot, text: str) -> Document:
    stamp = what.memento.timestamp
    return Document(
        domain=DOMAIN,
        date=f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}",
        snapshot_url=f"https://web.archive.org/web/{stamp}id_/{what.memento.url}",
        title="Privacy",
        body=f"{text}\n",
        converter_version="test",
    )


def record(library: Library, asked: Capture, text: str, read: str = "") -> Answer:
    library.catalog.add_listing_page(
        KEY, DOMAIN, [asked], total=1, newest=asked.timestamp, resume_key=None, complete=True
    )
    taken = snapshot(asked, read)
    return library.record(taken, document(taken, text))


def names(library: Library) -> dict[str, str]:
    folder = library.root / "text" / DOMAIN
    return {path.name: path.read_text().splitlines()[-1] for path in sorted(folder.iterdir())}


HISTORY = [("20100101000000", "a"), ("20110101000000", "a"), ("20120101000000", "b"), ("20130101000000", "a")]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_whatever_the_order_the_earliest_names_the_file(tmp_path: Path, order: tuple[int, ...]) -> None:
    library = opened(tmp_path)
    for index in order:
        stamp, text = HISTORY[index]
        record(library, capture(stamp), text)
    library.settle(DOMAIN)
    assert names(library) == {"20100101000000.txt": "a", "20120101000000.txt": "b"}
    versions = list(library.versions())
    runs = [(v["first_seen"][:4], v["last_seen"][:4], v["captures"], v["path"][-18:-14]) for v in versions]
    assert runs == [("2010", "2011", 2, "2010"), ("2012", "2012", 1, "2012"), ("2013", "2013", 1, "2010")]
    fates = library.catalog.fates(DOMAIN)
    assert fates == {"stored": 2, "same text": 2}
    asyncio.run(library.close())


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_pages_in_the_same_second(tmp_path: Path, order: tuple[int, ...]) -> None:
    library = opened(tmp_path)
    arrivals = [(capture("20150101000000", "privacy"), "a"), (capture("20150101000000", "legal/privacy"), "b"),
                (capture("20140101000000", "privacy"), "b")]  # fmt: skip
    for index in order:
        record(library, *arrivals[index])
    assert names(library) == {"20140101000000.txt": "b", "20150101000000.txt": "a"}
    paths = {row["path"] for row in library.catalog.documents_of(DOMAIN)}
    assert paths == {f"text/{DOMAIN}/20140101000000.txt", f"text/{DOMAIN}/20150101000000.txt"}
    asyncio.run(library.close())


def test_names_in_one_second_do_not_depend_on_who_came_first() -> None:
    one, other = "a" * 64, "b" * 64
    assert file_names("20150101000000", [one]) == {one: "20150101000000.txt"}
    assert file_names("20150101000000", [one, other]) == {
        one: "20150101000000-aaaaaaaa.txt",
        other: "20150101000000-bbbbbbbb.txt",
    }


def test_a_redirected_capture_is_filed_under_the_memento_really_read(tmp_path: Path) -> None:
    library = opened(tmp_path)
    answer = record(library, capture("20150101000000"), "a", read="20150301000000")
    assert answer.fate is Fate.STORED
    assert names(library) == {"20150301000000.txt": "a"}
    assert record(library, capture("20150202000000"), "a", read="20150301000000").fate is Fate.SAME_TEXT
    asyncio.run(library.close())


def test_the_same_conversion_repeated_changes_nothing(tmp_path: Path) -> None:
    library = opened(tmp_path)
    first = record(library, capture("20150101000000"), "a")
    assert record(library, capture("20150101000000"), "a") == first
    asyncio.run(library.close())


def test_a_near_duplicate_is_kept_and_marked(tmp_path: Path) -> None:
    library = opened(tmp_path)
    policy = " ".join(f"We collect item {n} of your personal data to provide the service." for n in range(80))
    record(library, capture("20150101000000"), f"{policy} Copyright 2015 Example Inc.")
    record(library, capture("20160101000000"), f"{policy} Copyright 2016 Example Inc.")
    record(library, capture("20170101000000"), "Something else altogether, which was never about any of that at all.")
    library.settle(DOMAIN)
    rows = {row["timestamp"][:4]: row for row in library.catalog.documents_of(DOMAIN)}
    assert rows["2016"]["near_duplicate_of"] == rows["2015"]["text_sha256"]
    assert rows["2015"]["near_duplicate_of"] is rows["2017"]["near_duplicate_of"] is None
    asyncio.run(library.close())


def test_answers_survive(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked = capture("20150101000000")
    record(library, asked, "a")
    library.catalog.add_answers([Answer(DOMAIN, asked, Fate.FAILED, "timed out")])
    asyncio.run(library.close())
    again = opened(tmp_path)
    ((found, answer),) = again.catalog.page(DOMAIN, asked.urlkey)
    assert key_of(found) == key_of(asked)
    assert answer is not None
    assert (answer.fate, answer.cause) == (Fate.FAILED, "timed out")
    asyncio.run(again.close())


def test_the_words_of_an_answer_survive(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked, other = capture("20150101000000"), capture("20160101000000", digest="other")
    answers = [record(library, asked, "one two three"), record(library, other, "one two three")]
    asyncio.run(library.close())
    again = opened(tmp_path)
    assert [answer for _, answer in again.catalog.page(DOMAIN, asked.urlkey)] == answers
    assert [answer.words for answer in answers] == [3, 3]
    asyncio.run(again.close())


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    library = opened(tmp_path)
    with pytest.raises(OutputError, match="in use by process"):
        Library(tmp_path, "", software="test").open()
    asyncio.run(library.close())
    asyncio.run(opened(tmp_path).close())


def test_a_catalog_that_can_not_be_used_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="see CATALOG_URL") as caught:
        Library(tmp_path, "nonsense://here", software="test").open()
    assert "\n" not in str(caught.value)


def test_a_listing_goes_on_overlaps_and_is_renewed(tmp_path: Path) -> None:
    library = opened(tmp_path)
    catalog = library.catalog
    assert catalog.open_listing(KEY, relist_days=30) == ("", None)
    catalog.add_listing_page(
        KEY, DOMAIN, [capture("20150101000000")], total=5, newest="20190701000000", resume_key="k1", complete=False
    )
    assert catalog.open_listing(KEY, relist_days=30) == ("", "k1")
    catalog.add_listing_page(KEY, DOMAIN, [], total=0, newest="", resume_key=None, complete=True)
    assert catalog.open_listing(KEY, relist_days=30) == ("20190102", None)
    catalog.add_listing_page(KEY, DOMAIN, [], total=0, newest="", resume_key=None, complete=True)
    assert catalog.open_listing(KEY, relist_days=0) == ("", None)
    asyncio.run(library.close())


def test_rows_that_come_again_are_one_capture_and_two_digests_in_a_second_are_two(tmp_path: Path) -> None:
    library = opened(tmp_path)
    once, twin = capture("20150101000000"), capture("20150101000000", digest="TWIN")
    for rows in ([once, once, twin], [twin, once]):
        library.catalog.open_listing(KEY, relist_days=30)
        library.catalog.add_listing_page(KEY, DOMAIN, rows, total=3, newest="", resume_key="k", complete=False)
    known = [found for found, _ in library.catalog.page(DOMAIN, once.urlkey)]
    assert sorted(found.digest for found in known) == sorted([once.digest, "TWIN"])
    asyncio.run(library.close())


def test_what_an_earlier_release_recorded_and_no_archive_can_be_asked_for_is_left_out(tmp_path: Path) -> None:
    """A link of two megabytes, once recorded, stopped every later run."""
    library = opened(tmp_path)
    long = f"http://example.com/p?%{'25' * 1_000_000}"
    library.catalog.add_links(DOMAIN, "20150101000000", [long, "http://example.com/p"])
    library.catalog.add_links(DOMAIN, "20160101000000", ["http://example.com/p"])
    usable, unusable = capture("20150101000000"), replace(capture("20160101000000"), original=long)
    library.catalog.add_captures(DOMAIN, [usable, unusable, replace(unusable, urlkey="com,example)/p")])
    assert library.catalog.links(DOMAIN) == {"http://example.com/p": 2}
    assert library.catalog.pages(DOMAIN) == [(usable.urlkey, usable.original)]
    assert library.catalog.page(DOMAIN, usable.urlkey) == [(usable, None)]
    asyncio.run(library.close())
