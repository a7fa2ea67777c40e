"""The output folder: one file per text whatever the order of arrival, versions as runs, one holder at a time."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from pipelines.convert import CONVERTER_VERSION
from pipelines.document import Document
from pipelines.errors import OutputError, RecordUnreadable
from pipelines.items import TEXT_GONE, Answer, Capture, Fate, Memento, MementoKey, Snapshot
from pipelines.output.row_values import file_names
from pipelines.output.store import OutputStore
from tests.support.either_database import ON_SQLITE
from tests.support.folders import versions_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("database")

DOMAIN = "example.com"
KEY = ("archive", DOMAIN, "domain", "", "", DOMAIN)


def opened(path: Path) -> OutputStore:
    library = OutputStore(path, "", software="test").open()
    library.catalog.set_company("Example", [DOMAIN])
    return library


def capture(timestamp: str, page: str = "privacy", digest: str = "") -> Capture:
    return Capture(
        f"com,example)/{page}",
        timestamp,
        f"http://example.com/{page}",
        "text/html",
        "200",
        digest or timestamp,
        "9",
        "wayback",
    )


def snapshot(asked: Capture, read: str = "") -> Snapshot:
    memento = Memento(read or asked.timestamp, asked.original, "http://archive/", 200, (), b"<p>", "wayback")
    return Snapshot(DOMAIN, asked, memento)


def document(what: Snapshot, text: str) -> Document:
    stamp = what.memento.timestamp
    return Document(
        domain=DOMAIN,
        date=f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}",
        snapshot_url=f"https://web.archive.org/web/{stamp}id_/{what.memento.url}",
        title="Privacy",
        body=f"{text}\n",
        converter_version=CONVERTER_VERSION,
    )


def list_(library: OutputStore, asked: Capture) -> None:
    library.catalog.add_listing_page(
        KEY, DOMAIN, [asked], total=1, newest=asked.timestamp, resume_key=None, complete=True
    )


def record(library: OutputStore, asked: Capture, text: str, read: str = "") -> Answer:
    list_(library, asked)
    taken = snapshot(asked, read)
    return library.record(taken, document(taken, text))


def names(library: OutputStore) -> dict[str, str]:
    folder = library.root / "text" / DOMAIN
    return {path.name: path.read_text().splitlines()[-1] for path in sorted(folder.iterdir())}


HISTORY = [("20100101000000", "a"), ("20110101000000", "a"), ("20120101000000", "b"), ("20130101000000", "a")]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_record_earliest_capture_names_file(tmp_path: Path, order: tuple[int, ...]) -> None:
    library = opened(tmp_path)
    for index in order:
        stamp, text = HISTORY[index]
        record(library, capture(stamp), text)
    library.finish_domain(DOMAIN)
    assert names(library) == {"20100101000000.txt": "a", "20120101000000.txt": "b"}
    versions = versions_in(library)
    runs = [(f"{v.first_seen:%Y}", f"{v.last_seen:%Y}", v.captures, v.path[-18:-14]) for v in versions]
    assert runs == [("2010", "2011", 2, "2010"), ("2012", "2012", 1, "2012"), ("2013", "2013", 1, "2010")]
    fates = library.catalog.fates(DOMAIN)
    assert fates == {"stored": 2, "same text": 2}
    library.close()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_record_two_pages_in_same_second(tmp_path: Path, order: tuple[int, ...]) -> None:
    library = opened(tmp_path)
    arrivals = [(capture("20150101000000", "privacy"), "a"), (capture("20150101000000", "legal/privacy"), "b"),
                (capture("20140101000000", "privacy"), "b")]  # fmt: skip
    for index in order:
        record(library, *arrivals[index])
    assert names(library) == {"20140101000000.txt": "b", "20150101000000.txt": "a"}
    paths = {row["path"] for row in library.catalog.documents_of(DOMAIN)}
    assert paths == {f"text/{DOMAIN}/20140101000000.txt", f"text/{DOMAIN}/20150101000000.txt"}
    library.close()


@ON_SQLITE
def test_open_refuses_empty_catalog_beside_texts(tmp_path: Path) -> None:
    """A crawl would delete them as leftovers: a catalog was lost, or CATALOG_URL names another."""
    library = opened(tmp_path)
    library.catalog.set_company("Example", [DOMAIN])
    record(library, capture("20150101000000"), "a")
    library.close()
    before = names(opened_again := opened(tmp_path))
    opened_again.close()
    (tmp_path / "catalog.db").rename(tmp_path / "elsewhere.db")
    with pytest.raises(OutputError, match=r"no catalog \(.*catalog\.db\): put the catalog back"):
        opened(tmp_path)
    (tmp_path / "elsewhere.db").replace(tmp_path / "catalog.db")
    library = opened(tmp_path)
    assert names(library) == before
    library.close()


def test_file_names_in_one_second_ignore_order() -> None:
    one, other = "a" * 64, "b" * 64
    assert file_names("20150101000000", [one]) == {one: "20150101000000.txt"}
    assert file_names("20150101000000", [one, other]) == {
        one: "20150101000000-aaaaaaaa.txt",
        other: "20150101000000-bbbbbbbb.txt",
    }


def test_record_redirected_capture_under_fetched_memento(tmp_path: Path) -> None:
    library = opened(tmp_path)
    answer = record(library, capture("20150101000000"), "a", read="20150301000000")
    assert answer.fate is Fate.STORED
    assert names(library) == {"20150301000000.txt": "a"}
    assert record(library, capture("20150202000000"), "a", read="20150301000000").fate is Fate.SAME_TEXT
    library.close()


def test_record_repeated_conversion_changes_nothing(tmp_path: Path) -> None:
    library = opened(tmp_path)
    first = record(library, capture("20150101000000"), "a")
    assert record(library, capture("20150101000000"), "a") == first
    library.close()


def test_record_near_duplicate_is_marked(tmp_path: Path) -> None:
    library = opened(tmp_path)
    policy = " ".join(f"We collect item {n} of your personal data to provide the service." for n in range(80))
    record(library, capture("20150101000000"), f"{policy} Copyright 2015 Example Inc.")
    record(library, capture("20160101000000"), f"{policy} Copyright 2016 Example Inc.")
    record(library, capture("20170101000000"), "Something else altogether, which was never about any of that at all.")
    library.finish_domain(DOMAIN)
    rows = {row["timestamp"][:4]: row for row in library.catalog.documents_of(DOMAIN)}
    assert rows["2016"]["near_duplicate_of"] == rows["2015"]["text_sha256"]
    assert rows["2015"]["near_duplicate_of"] is rows["2017"]["near_duplicate_of"] is None
    library.close()


def test_catalog_keeps_answers(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked = capture("20150101000000")
    list_(library, asked)
    library.catalog.add_answers([Answer(DOMAIN, asked, Fate.FAILED, "timed out")])
    library.close()
    again = opened(tmp_path)
    ((found, answer),) = again.catalog.page(DOMAIN, asked.urlkey)
    assert found.key == asked.key
    assert answer is not None
    assert (answer.fate, answer.cause) == (Fate.FAILED, "timed out")
    again.close()


def test_catalog_keeps_words_of_answer(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked, other = capture("20150101000000"), capture("20160101000000", digest="other")
    answers = [record(library, asked, "one two three"), record(library, other, "one two three")]
    library.close()
    again = opened(tmp_path)
    assert [answer for _, answer in again.catalog.page(DOMAIN, asked.urlkey)] == answers
    assert [answer.words for answer in answers] == [3, 3]
    again.close()


@ON_SQLITE
def test_open_locked_folder_names_owner(tmp_path: Path) -> None:
    library = opened(tmp_path)
    with pytest.raises(OutputError, match="in use by process"):
        OutputStore(tmp_path, "", software="test").open()
    library.close()
    opened(tmp_path).close()


def test_open_unusable_catalog_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="see CATALOG_URL") as caught:
        OutputStore(tmp_path, "nonsense://here", software="test").open()
    assert "\n" not in str(caught.value)


def test_catalog_listing_continues_overlaps_and_renews(tmp_path: Path) -> None:
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
    library.close()


def test_catalog_repeated_rows_are_one_capture(tmp_path: Path) -> None:
    library = opened(tmp_path)
    once, twin = capture("20150101000000"), capture("20150101000000", digest="TWIN")
    for rows in ([once, once, twin], [twin, once]):
        library.catalog.open_listing(KEY, relist_days=30)
        library.catalog.add_listing_page(KEY, DOMAIN, rows, total=3, newest="", resume_key="k", complete=False)
    known = [found for found, _ in library.catalog.page(DOMAIN, once.urlkey)]
    assert sorted(found.digest for found in known) == sorted([once.digest, "TWIN"])
    library.close()


@ON_SQLITE
def test_catalog_ignores_unusable_urls_of_earlier_release(tmp_path: Path) -> None:
    """A link of two megabytes, once recorded, stopped every later run."""
    library = opened(tmp_path)
    long = f"http://example.com/p?%{'25' * 1_000_000}"
    library.catalog.add_links(DOMAIN, "20150101000000", [long, "http://example.com/p"])
    library.catalog.add_links(DOMAIN, "20160101000000", ["http://example.com/p"])
    usable, unusable = capture("20150101000000"), replace(capture("20160101000000"), original=long)
    library.catalog.add_captures(DOMAIN, [usable, unusable, replace(unusable, urlkey="com,example)/p")])
    assert [link.url for link in library.catalog.home_links(DOMAIN)] == ["http://example.com/p"] * 2
    assert library.catalog.pages(DOMAIN) == [(usable.urlkey, usable.original)]
    assert library.catalog.page(DOMAIN, usable.urlkey) == [(usable, None)]
    library.close()


def keep(library: OutputStore, asked: Capture, body: bytes = b"<p>") -> bool:
    return library.store_memento(Memento(asked.timestamp, asked.original, "http://archive/", 200, (), body, "wayback"))


def test_answer_loss_keeps_text_of_capture(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked = capture("20150101000000")
    stored = record(library, asked, "a")
    for fate in (Fate.FAILED, Fate.MISSING, Fate.EXCLUDED, Fate.ARCHIVED_ERROR):
        told = library.answer(Answer(DOMAIN, asked, fate, "why"))
        assert (told.fate, told.cause) == (Fate.FAILED, "why; what was read of it earlier stays")
        library.catalog.add_answers([Answer(DOMAIN, asked, fate, "why")])
        ((_, answer),) = library.catalog.page(DOMAIN, asked.urlkey)
        assert answer == stored
    library.close()


def test_answer_lost_text_is_open_until_read_again(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked = capture("20150101000000")
    record(library, asked, "a")
    (row,) = library.catalog.documents_of(DOMAIN)
    library.catalog.reopen_text(DOMAIN, row["text_sha256"])
    assert library.catalog.count_gone(DOMAIN) == 1
    for _ in range(2):
        told = library.answer(Answer(DOMAIN, asked, Fate.MISSING, "not there"))
        assert (told.fate, told.cause) == (Fate.FAILED, f"{TEXT_GONE}; asked again: not there")
        assert library.catalog.fates(DOMAIN) == {"failed": 1}
    assert library.catalog.count_gone(DOMAIN) == 0
    assert record(library, asked, "a").fate is Fate.STORED
    library.close()


def test_store_memento_again_after_unreadable_record(tmp_path: Path) -> None:
    library = opened(tmp_path)
    one, same = capture("20150101000000"), capture("20160101000000")
    assert not keep(library, one)
    assert not keep(library, same)
    kept = library.stored_memento(MementoKey(one.timestamp, one.original, "wayback"))
    assert kept
    (tmp_path / kept.record[0]).unlink()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "other.txt").write_text(
        "other", encoding="utf-8"
    )  # a folder without any file may not be mounted
    with pytest.raises(RecordUnreadable) as caught:
        kept.read()
    library.mark_unreadable(kept, caught.value)
    library.close()
    again = opened(tmp_path)  # the file is gone, and both mementos with it
    for asked in (same, one):
        assert keep(again, asked)
        assert not keep(again, asked)
        found = again.stored_memento(MementoKey(asked.timestamp, asked.original, "wayback"))
        assert found
        assert (found.record[0], found.read().body) == ("warc/policies-00002.warc.gz", b"<p>")
    again.close()


def test_trouble_with_a_record_is_not_that_of_the_memento_stored_anew(tmp_path: Path) -> None:
    """Two listed domains may have one memento: the one reads its old record while the other fetches it."""
    library = opened(tmp_path)
    asked = capture("20150101000000")
    keep(library, asked)
    record(library, asked, "a")
    key = MementoKey(asked.timestamp, asked.original, "wayback")
    old = library.stored_memento(key)
    library.note_trouble(key, old, "the file ends before it")
    keep(library, asked)
    record(library, asked, "a")
    library.note_trouble(key, old, "the file ends before it")
    ((_, answer),) = library.catalog.page(DOMAIN, asked.urlkey)
    assert answer
    assert not answer.again
    assert not keep(library, asked)
    library.close()


def test_open_damaged_warc_file_reopens_captures(tmp_path: Path) -> None:
    library = opened(tmp_path)
    asked = [capture("20150101000000"), capture("20160101000000")]
    for number, each in enumerate(asked):
        keep(library, each, f"<p>{number}".encode())
        record(library, each, str(number))
    (file, end), *_ = library.catalog.warc_ends().items()
    library.close()
    os.truncate(tmp_path / "warc" / file, end - 1)
    again = opened(tmp_path)
    known = again.catalog.page(DOMAIN, asked[0].urlkey)
    assert [(answer.fate, answer.again) for _, answer in known if answer] == [("stored", False), ("stored", True)]
    keep(again, asked[1], b"<p>1")
    record(again, asked[1], "1")
    assert not any(answer.again for _, answer in again.catalog.page(DOMAIN, asked[0].urlkey) if answer)
    again.close()


def test_open_dangling_warc_link_marks_no_memento(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    asked = capture("20150101000000")
    keep(folder, asked)
    folder.close()
    away = tmp_path / "away"
    (tmp_path / "warc").rename(away)
    (tmp_path / "warc").symlink_to(tmp_path / "not mounted")
    with pytest.raises(OutputError, match="warc"):
        opened(tmp_path)
    (tmp_path / "warc").unlink()
    away.rename(tmp_path / "warc")
    again = opened(tmp_path)
    found = again.stored_memento(MementoKey(asked.timestamp, asked.original, "wayback"))
    assert found
    assert found.read().body == b"<p>"
    assert not keep(again, asked)
    again.close()
