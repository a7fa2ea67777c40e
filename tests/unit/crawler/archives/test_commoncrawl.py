"""Common Crawl's index: the crawls chosen, the parts of a listing, rows with locators, and hostile ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.archives.base import Match, Query
from crawler.archives.commoncrawl import MAX_PAGES, CommonCrawlArchive
from crawler.archives.commoncrawl_crawls import Crawl, read_choice, read_crawls
from crawler.archives.commoncrawl_position import Position, crawl_of, read_position
from crawler.archives.commoncrawl_rows import BAD_PLACE, Locator, captures_of, read_locator
from pipelines.errors import ArchiveError, ListingTooSlow, UnexpectedResponse

if TYPE_CHECKING:
    from crawler.archives.base import ListingPage

FILE = "crawl-data/CC-MAIN-2025-33/segments/1754151279521.11/warc/CC-MAIN-20250802220907-20250803010907-00970.warc.gz"
ROW = {
    "urlkey": "com,example)/",
    "timestamp": "20250802232428",
    "url": "http://www.example.com/",
    "mime": "text/html",
    "status": "200",
    "digest": "JI6OR3QR4CI526JD6TMMNZNV4QPMPQCH",
    "length": "1219",
    "offset": "34323482",
    "filename": FILE,
}
CRAWLS = tuple(
    Crawl(f"CC-MAIN-{name}", start, end)
    for name, start, end in (
        ("2008-2009", "20080509053712", "20090109205828"),
        ("2012", "20120127174151", "20120605062850"),
        ("2024-10", "20240220204111", "20240305140000"),
        ("2025-30", "20250707183638", "20250720205629"),
        ("2025-33", "20250802220907", "20250815234238"),
    )
)


def iso(timestamp: str) -> str:
    date, time = timestamp[:8], timestamp[8:]
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}"


LIST = json.dumps(
    [
        {"id": crawl.name, "cdx-api": "https://evil.example/", "from": iso(crawl.start), "to": iso(crawl.end)}
        for crawl in reversed(CRAWLS)
    ]
).encode()


def names(choice: str, since: str = "", until: str = "") -> list[str]:
    return [crawl.name.removeprefix("CC-MAIN-") for crawl in read_choice(choice).chosen(CRAWLS, since, until)]


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        ("", ["2008-2009", "2012", "2024-10", "2025-30", "2025-33"]),
        ("latest", ["2025-33"]),
        ("2025", ["2025-30", "2025-33"]),
        ("2025-30, 2012", ["2012", "2025-30"]),
        ("cc-main-2024-10..latest", ["2024-10", "2025-30", "2025-33"]),
        ("2009..2024", ["2012", "2024-10"]),
        ("2008..2012", ["2008-2009", "2012"]),
        ("2031", []),
    ],
)
def test_crawls_chosen(choice: str, chosen: list[str]) -> None:
    assert names(choice) == chosen


def test_crawls_chosen_by_dates() -> None:
    assert names("", "2024", "202507") == ["2024-10", "2025-30"]
    assert names("", "20250721") == ["2025-33"]
    assert names("2025", until="2024") == []


@pytest.mark.parametrize(
    "value", ["x", "2025-", "2025..2024", "latest..2024", "2024..", ",", "CC-MAIN-25", "..", "1", "../2025"]
)
def test_crawls_that_there_cannot_be(value: str) -> None:
    with pytest.raises(ValueError, match="write CC-MAIN-2025-30"):
        read_choice(value)


@given(st.text(max_size=30))
def test_any_choice_is_read_or_refused(value: str) -> None:
    try:
        choice = read_choice(value)
    except ValueError:
        return
    assert len(choice.chosen(CRAWLS)) <= len(CRAWLS)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"[1]", b'[{"id": "x"}]', b"[" * 100_000, b'[{"id": "CC-MAIN-2025-33/../x"}]']
)
def test_no_list_of_crawls(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"no JSON|no list|without a crawl"):
        read_crawls(body)


def test_crawl_of_a_moment() -> None:
    assert crawl_of(CRAWLS, "20250803000000").name == "CC-MAIN-2025-33"
    assert crawl_of(CRAWLS, "20240401000000").name == "CC-MAIN-2024-10"
    assert crawl_of(CRAWLS, "19990101000000").name == "CC-MAIN-2008-2009"


# Rows


def test_row_becomes_a_capture_with_its_place() -> None:
    (capture,), unusable = captures_of([ROW], "commoncrawl")
    assert not unusable
    assert (capture.urlkey, capture.timestamp, capture.statuscode) == ("com,example)/", "20250802232428", "200")
    assert read_locator(capture.locator) == Locator(FILE, 34323482, 1219)


@pytest.mark.parametrize(
    "place",
    [
        {"filename": "../secret.warc.gz"},
        {"filename": "crawl-data/../../a.warc.gz"},
        {"filename": "/etc/passwd.warc.gz"},
        {"filename": "https://evil.example/a.warc.gz"},
        {"filename": "//evil.example/a.warc.gz"},
        {"filename": "crawl-data/a.warc.gz?x=1"},
        {"filename": "crawl-data/a.warc.gz#"},
        {"filename": "crawl-data/a b/c.warc.gz"},
        {"filename": "crawl-data/a\n/c.warc.gz"},
        {"filename": "crawl-data/" + "a" * 4000 + ".warc.gz"},
        {"filename": None},
        {"filename": "crawl-data/a.exe"},
        {"offset": "-1"},
        {"offset": "1e9"},
        {"offset": "٣"},
        {"offset": "9" * 40},
        {"length": "0"},
        {"length": "12 0"},
    ],
    ids=str,
)
def test_row_at_no_usable_place_is_counted(place: dict[str, Any]) -> None:
    captures, unusable = captures_of([{**ROW, **place}, ROW], "commoncrawl")
    assert len(captures) == 1
    assert dict(unusable) == {BAD_PLACE: 1}


@pytest.mark.parametrize(
    "fault",
    [
        {"url": "http://[evil/privacy"},
        {"url": 5},
        {"url": None},
        {"timestamp": "99999999999999"},
        {"digest": ["x"]},
        {"mime": "\ud800"},
    ],
)
def test_unusable_row_is_counted(fault: dict[str, Any]) -> None:
    captures, unusable = captures_of([{**ROW, **fault}, {}, ROW], "commoncrawl")
    assert (len(captures), unusable.total()) == (1, 2)


def test_row_without_a_status_or_with_a_prefixed_digest() -> None:
    (capture,), _ = captures_of([{**ROW, "status": None, "mime": "", "digest": f"sha1:{ROW['digest']}"}], "commoncrawl")
    assert (capture.statuscode, capture.mimetype, capture.digest) == ("-", "unk", ROW["digest"])


def test_urlkey_is_ours_whatever_the_row_says() -> None:
    (capture,), _ = captures_of([{**ROW, "urlkey": "com,bank)/privacy"}], "commoncrawl")
    assert capture.urlkey == "com,example)/"


# Listings


def read(archive: CommonCrawlArchive, query: Query, resume_key: str | None, status: int, body: bytes) -> ListingPage:
    request = archive.listing_request(query, resume_key)
    return archive.read_listing(Response(request.url, status=status, body=body, request=request), query)


def known(choice: str = "") -> CommonCrawlArchive:
    archive = CommonCrawlArchive(read_choice(choice))
    archive.crawls = CRAWLS
    return archive


EXACT = Query("example.com", Match.EXACT)
DOMAIN = Query("example.com", Match.DOMAIN, "2025", filter="urlkey:.*priv.*")
NONE = b'{"message": "No Captures found for: example.com"}'


def test_list_of_crawls_is_asked_first_and_once() -> None:
    archive = CommonCrawlArchive()
    request = archive.listing_request(EXACT)
    assert request.url == "https://index.commoncrawl.org/collinfo.json"
    assert archive.known_answer(request) is None
    page = read(archive, EXACT, None, 200, LIST)
    assert (page.captures, page.resume_key, page.is_part) == ((), "CC-MAIN-2008-2009 0 0", True)
    assert archive.known_answer(request).body == LIST  # type: ignore[union-attr]
    assert archive.listing_request(EXACT).url.startswith(
        "https://index.commoncrawl.org/CC-MAIN-2008-2009-index?url=example.com&"
    )


def test_listing_of_a_page_takes_a_call_for_each_crawl_oldest_first() -> None:
    archive, key, keys = known("2024..latest"), None, []
    while True:
        page = read(archive, EXACT, key, 404, NONE)
        if page.resume_key is None:
            break
        key = page.resume_key
        keys.append(key)
    assert keys == ["CC-MAIN-2025-30 0 0", "CC-MAIN-2025-33 0 0"]


def test_listing_of_a_domain_asks_for_the_number_of_pages_first() -> None:
    archive = known()
    request = archive.listing_request(DOMAIN)
    assert "CC-MAIN-2025-30-index" in request.url
    assert "showNumPages=true" in request.url
    assert "filter=~urlkey%3A%28%3F%3A.%2Apriv.%2A%29%24" in request.url
    page = read(archive, DOMAIN, None, 200, b'{"pages": 2, "pageSize": 5, "blocks": 9}')
    assert page.resume_key == "CC-MAIN-2025-30 0 2"
    assert "page=0" in archive.listing_request(DOMAIN, page.resume_key).url
    page = read(archive, DOMAIN, page.resume_key, 200, json.dumps(ROW).encode() + b"\n")
    assert (len(page.captures), page.resume_key) == (1, "CC-MAIN-2025-30 1 2")
    page = read(archive, DOMAIN, page.resume_key, 404, NONE)
    assert page.resume_key == "CC-MAIN-2025-33 0 0"


def test_page_whose_rows_were_all_filtered_out_is_not_the_last() -> None:
    assert read(known(), DOMAIN, "CC-MAIN-2025-30 0 3", 404, NONE).resume_key == "CC-MAIN-2025-30 1 3"


def test_domain_without_pages_in_a_crawl() -> None:
    page = read(known(), DOMAIN, None, 200, b'{"pages": 0, "pageSize": 5, "blocks": 0}')
    assert page.resume_key == "CC-MAIN-2025-33 0 0"


def test_crawl_with_more_pages_than_are_read_is_named() -> None:
    page = read(known(), DOMAIN, f"CC-MAIN-2025-33 {MAX_PAGES - 1} 900", 404, NONE)
    assert page.resume_key is None
    assert page.note == f"CC-MAIN-2025-33: {MAX_PAGES} of 900 pages read of domain filtered example.com"


def test_page_beyond_the_last_ends_the_crawl() -> None:
    body = b'{"message": "Page 3 invalid: First Page is 0, Last Page is 0"}'
    assert read(known(), DOMAIN, "CC-MAIN-2025-30 3 9", 400, body).resume_key == "CC-MAIN-2025-33 0 0"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"<html>404 Not Found</html>", UnexpectedResponse),
        (400, b'{"message": "bad filter"}', UnexpectedResponse),
        (504, b"<html>504 Gateway Time-out</html>", ListingTooSlow),
        (500, b"", UnexpectedResponse),
        (200, b"<html>", UnexpectedResponse),
        (200, b'["a"]', UnexpectedResponse),
    ],
)
def test_answer_that_is_no_listing(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        read(known(), DOMAIN, "CC-MAIN-2025-30 0 1", status, body)


def test_number_of_pages_that_cannot_be_read() -> None:
    with pytest.raises(UnexpectedResponse, match="no number of pages"):
        read(known(), DOMAIN, None, 200, b'{"pages": "many"}')


@pytest.mark.parametrize("body", [b"<html>", b"[]"])
def test_list_of_crawls_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match="list of crawls"):
        read(CommonCrawlArchive(), EXACT, None, 200, body)


def test_crawl_that_does_not_exist_is_named() -> None:
    with pytest.raises(ArchiveError) as raised:
        read(CommonCrawlArchive(read_choice("2025-99,2024")), EXACT, None, 200, LIST)
    said = "crawls=CC-MAIN-2025-99: Common Crawl has no such crawl; the newest is CC-MAIN-2025-33"
    assert str(raised.value) == said


def test_no_crawl_within_the_dates_is_an_empty_listing() -> None:
    query = Query("example.com", Match.EXACT, "2031")
    page = read(known("2025"), query, None, 200, LIST)
    assert (page.captures, page.resume_key) == ((), None)


def test_listings_of_other_crawls_are_other_listings() -> None:
    assert known("2025").listing_name == "commoncrawl 2025"
    assert known().listing_name == known().name == known("2025").name


@given(st.builds(Position, st.sampled_from([crawl.name for crawl in CRAWLS]), st.integers(-1, 99), st.integers(0, 99)))
def test_position_is_its_own_resume_key(position: Position) -> None:
    assert read_position(str(position)) == position


@pytest.mark.parametrize(
    "key", ["", "CC-MAIN-2025-33", "x 0 0", "../x 0 0", "CC-MAIN-2025-33 -2 0", "CC-MAIN-2025-33 0 0 0"]
)
def test_resume_key_of_another_archive(key: str) -> None:
    with pytest.raises(ValueError, match="no place in Common Crawl's index"):
        known().listing_request(EXACT, key)


def test_the_newest_of_too_many_crawls_are_kept() -> None:
    listed = [{"id": f"CC-MAIN-{1950 + number // 50}-{number % 50:02}"} for number in range(2_500)]
    assert [crawl.name for crawl in read_crawls(json.dumps(listed).encode())] == [
        each["id"] for each in listed[-2_000:]
    ]
