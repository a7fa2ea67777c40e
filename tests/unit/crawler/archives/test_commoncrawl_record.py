"""Answers of the data server and of look-ups: mementos, and each reason for none."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.http import Response

from crawler.archives import commoncrawl_record as said
from crawler.archives.base import Match, Query
from crawler.archives.commoncrawl import LOOK_UP, NOT_IN_CRAWL, CommonCrawlArchive
from crawler.archives.commoncrawl_crawls import Crawl
from crawler.archives.playback import Absence, Refusal
from pipelines.defects import Defect
from pipelines.errors import ArchiveError
from pipelines.items import Fate, Memento
from tests.support.commoncrawl_client import judged, received
from tests.support.warc_formats import Record, gz, http

if TYPE_CHECKING:
    from scrapy import Request

FILE = "crawl-data/CC-MAIN-2016-18/segments/1.1/warc/a.warc.gz"
URL = "http://acme.example/privacy"
STAMP = "20160501120000"
PAGE = b"<html><body><p>We keep your address.</p></body></html>"
OTHER = Record(http(PAGE), "2016-05-01T12:00:00Z", url="http://other.example/privacy")
JSON = [("Content-Type", "application/json")]
QUERY = Query("acme.example", Match.DOMAIN)
LAST_CRAWL = (Crawl("CC-MAIN-2016-18", "20160501000000", "20160520000000"),)


def record(data: bytes = http(PAGE), **facts: Any) -> bytes:
    return gz(Record(data, "2016-05-01T12:00:00Z", url=facts.pop("url", URL), **facts))


def asked(member: bytes, offset: int = 1000) -> Request:
    return CommonCrawlArchive().snapshot_request(STAMP, URL, f"{FILE} {offset} {len(member)}")


def answer(member: bytes, status: int = 206, body: bytes | None = None, headers: Any = None) -> Any:
    """Return what the data server's answer to a request for a record is judged as."""
    archive, request = CommonCrawlArchive(), asked(member)
    range_ = [("Content-Range", f"bytes 1000-{999 + len(member)}/99999")]
    sent = member if body is None else body
    return judged(archive, request, received(request, status, range_ if headers is None else headers, sent))[0]


def test_request_names_the_bytes_and_nothing_else() -> None:
    request = asked(b"x" * 10)
    assert request.url == f"https://data.commoncrawl.org/{FILE}"
    assert request.headers["Range"] == b"bytes=1000-1009"
    assert request.meta["target"] == (STAMP, URL)


def test_record_becomes_a_memento_of_its_own_moment() -> None:
    found = answer(record())
    assert isinstance(found, Memento)
    assert (found.timestamp, found.url, found.status, found.body) == (STAMP, URL, 200, PAGE)
    assert found.source_url == f"https://data.commoncrawl.org/{FILE}#bytes=1000-{999 + len(record())}"
    assert found.archive == "commoncrawl"


def test_chunked_and_coded_body_is_decoded() -> None:
    packed = gzip.compress(PAGE)
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    assert answer(record(head + chunked)).body == PAGE
    cut = answer(record(head + chunked[:-20]))
    assert (cut.fate, cut.is_transient) == (Fate.CUT_SHORT, True)


def test_archived_redirect_and_error_are_mementos() -> None:
    found = answer(record(b"HTTP/1.1 301 Moved\r\nLocation: /legal/privacy#top\r\n\r\n"))
    assert (found.status, found.location) == (301, (STAMP, "http://acme.example/legal/privacy"))
    assert answer(record(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")).status == 503


def test_truncated_record_is_a_cut_memento() -> None:
    found = answer(record(fields={"WARC-Truncated": "length"}))
    assert found.truncation == "WARC-Truncated: length"
    assert found.is_truncated


@pytest.mark.parametrize(
    ("member", "cause"),
    [
        (record()[:-9], said.DAMAGED),
        (b"\0" * 500, said.DAMAGED),
        (b"<html>gone</html>", said.DAMAGED),
        (gz(OTHER), said.ANOTHER),
        (gz(Record(http(PAGE), "2016-05-01T12:00:01Z", url=URL)), said.ANOTHER),
        (record(b"User-agent: *", kind="metadata"), said.NO_RESPONSE),
    ],
    ids=["cut", "zeros", "no record", "another page's", "another second's", "no response"],
)
def test_record_without_the_memento(member: bytes, cause: str) -> None:
    found = answer(member)
    assert isinstance(found, Absence)
    assert (found.cause, found.fate.is_final) == (cause, False)
    assert isinstance(found.defect, Defect)


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (206, None, [("Content-Range", "bytes 0-9/99999")], Absence(Fate.FAILED, said.OTHER_BYTES)),
        (206, None, [], Absence(Fate.FAILED, said.OTHER_BYTES)),
        (206, b"short", None, Absence(Fate.FAILED, said.OTHER_BYTES)),
        (200, b"x" * 9999, [], Absence(Fate.FAILED, said.WHOLE_FILE)),
        (404, b"<Error><Code>NoSuchKey</Code></Error>", [], Absence(Fate.MISSING, said.NOT_KEPT)),
        (404, b"<h1>Sign in to the network</h1>", [], Absence(Fate.FAILED, "HTTP 404 without a record")),
        (403, b"<Error><Code>AccessDenied</Code></Error>", [], Absence(Fate.FAILED, said.NOT_SHOWN)),
        (403, b"<H1>403 ERROR</H1>Request blocked.", [], Refusal("HTTP 403", None)),
        (429, b"", [("Retry-After", "30")], Refusal("HTTP 429", 30.0)),
        (503, b"<Error><Code>SlowDown</Code></Error>", [], Refusal("HTTP 503", None)),
        (500, b"", [], Absence(Fate.FAILED, "HTTP 500 without memento")),
        (301, b"", [("Location", "https://evil.example/")], Absence(Fate.FAILED, "HTTP 301 without a record")),
    ],
)
def test_other_answers_of_the_data_server(status: int, body: bytes | None, headers: Any, expected: Any) -> None:
    assert answer(record(), status, body, headers) == expected


def test_range_beyond_the_end_is_the_captures_own_defect() -> None:
    found = answer(record(), 416, b"", [])
    assert (found.fate, found.cause, found.defect.detail) == (Fate.FAILED, said.BEYOND_END, "416")
    member = record()
    part = [("Content-Range", f"bytes 1000-1009/{1000 + len(member) - 1}")]  # what there is of the range
    assert answer(member, 206, member[:10], part) == found


def test_verdict_of_one_try_is_not_that_of_the_next() -> None:
    archive, request = CommonCrawlArchive(), asked(record())
    assert judged(archive, request, received(request, 500, [], b""))[0].is_transient
    range_ = [("Content-Range", f"bytes 1000-{999 + len(record())}/99999")]
    assert isinstance(judged(archive, request, received(request, 206, range_, record()))[0], Memento)


def test_whole_file_that_was_not_downloaded_is_no_page_that_is_too_large() -> None:
    archive, request = CommonCrawlArchive(), asked(record())
    response = archive.failed(request, DownloadCancelledError("more than download_maxsize"))
    assert response is not None
    assert judged(archive, request, response)[0] == Absence(Fate.FAILED, said.WHOLE_FILE)
    long = archive.snapshot_request(STAMP, URL, f"{FILE} 0 {64 << 20}")
    assert archive.failed(long, DownloadCancelledError("too large")) is None


def test_empty_reply_is_a_refusal_and_a_cut_one_is_none() -> None:
    archive, request = CommonCrawlArchive(), asked(record())
    response = archive.failed(request, DownloadFailedError("ResponseNeverReceived"))
    assert response is not None
    assert judged(archive, request, response)[0] == Refusal(said.EMPTY_REPLY, None)
    assert archive.failed(request, ResponseDataLossError("cut")) is None
    assert archive.failed(request, DownloadTimeoutError("slow")) is None


# The index


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (503, [], b"", Refusal("HTTP 503", None)),
        (403, [], b"<html>Forbidden</html>", Refusal("HTTP 403", None)),
        (429, [], b"", Refusal("HTTP 429", None)),
        (200, [], b"", Refusal(said.EMPTY_REPLY, None)),
        (200, [("Content-Type", "text/x-ndjson")], b"", None),
        (404, JSON, b'{"message": "No Captures found for: x"}', None),
        (504, [], b"<html>", Absence(Fate.FAILED, "HTTP 504 without memento")),
        (
            200,
            [("Content-Type", "text/x-ndjson")],
            b'{"urlkey": "com,exam',
            Absence(Fate.CUT_SHORT, "listing cut short"),
        ),
    ],
)
def test_answers_of_the_index(status: int, headers: Any, body: bytes, expected: Any) -> None:
    response = received(asked(record()), status, headers, body)
    assert said.read_index_trouble(response) == expected


def look_up(rows: list[dict[str, str]], url: str = URL, status: int = 200) -> tuple[Any, Request | None]:
    archive = CommonCrawlArchive()
    archive.crawls = LAST_CRAWL
    request = archive.snapshot_request("20160502000000", url)
    assert "/CC-MAIN-2016-18-index?url=" in request.url
    body = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    response = received(request, status, [("Content-Type", "text/x-ndjson")], body)
    found = archive.classify(request, response)
    return found, archive.next_request(request, response) if found is None else None


def row(url: str = URL, stamp: str = STAMP, status: str = "200", offset: int = 7) -> dict[str, str]:
    place = {"filename": FILE, "offset": str(offset), "length": "9"}
    return {"url": url, "timestamp": stamp, "mime": "text/html", "status": status, "digest": "-", **place}


def test_look_up_leads_to_the_record_that_is_nearest() -> None:
    found, request = look_up([row(stamp="20160515000000", offset=1), row(stamp="20160502010000", offset=2)])
    assert found is None
    assert request is not None
    assert request.headers["Range"] == b"bytes=2-10"
    assert request.meta["target"] == ("20160502010000", URL)


def test_look_up_prefers_the_address_itself_and_never_a_redirect_between_spellings() -> None:
    secure = URL.replace("http:", "https:")
    redirect, page = row(stamp="20160502000000", status="301", offset=1), row(secure, "20160510000000", offset=2)
    found, request = look_up([redirect, page], secure)
    assert request is not None
    assert request.headers["Range"] == b"bytes=2-10"
    found, request = look_up([redirect], secure)
    assert (found, request) == (Absence(Fate.MISSING, NOT_IN_CRAWL), None)
    _, request = look_up([row(stamp="20160502000000", offset=3)], secure)
    assert request is not None


def test_look_up_of_what_the_crawl_does_not_have() -> None:
    assert look_up([row("http://other.example/")])[0] == Absence(Fate.MISSING, NOT_IN_CRAWL)
    assert look_up([], status=404)[0] == Absence(Fate.FAILED, f"{LOOK_UP}HTTP 404")


def test_look_up_reads_the_list_of_crawls_first() -> None:
    archive = CommonCrawlArchive()
    request = archive.snapshot_request(STAMP, URL)
    assert request.url.endswith("/collinfo.json")
    broken = Response(request.url, body=b"[]", request=request)
    assert archive.classify(request, broken) == Absence(Fate.FAILED, f"{LOOK_UP}a list without a crawl")
    body = json.dumps([{"id": "CC-MAIN-2016-18", "from": "2016-05-01T00:00:00"}]).encode()
    answered = Response(request.url, body=body, request=request)
    assert archive.classify(request, answered) is None
    following = archive.next_request(request, answered)
    assert following is not None
    assert "/CC-MAIN-2016-18-index?" in following.url
    assert following.meta["target"] == (STAMP, URL)


def test_locator_that_was_tampered_with_is_looked_up() -> None:
    request = CommonCrawlArchive().snapshot_request(STAMP, URL, "../../etc/passwd 0 10")
    assert request.url == "https://index.commoncrawl.org/collinfo.json"


@given(st.data())
def test_any_bytes_are_judged(data: st.DataObject) -> None:
    """Whatever stands at a record's place, changed in any way or foreign, it is a memento or has its cause."""
    whole = record(
        data.draw(st.sampled_from([http(PAGE), PAGE, b"", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx"]))
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.binary(max_size=40))
    found = answer(
        data.draw(st.sampled_from([whole[:at] + noise + whole[at + len(noise) :], whole[:at] + noise, noise + b"x"]))
    )
    assert isinstance(found, Memento | Absence)


@given(st.binary(max_size=200), st.sampled_from([200, 206, 301, 400, 403, 404, 416, 429, 500, 503]))
def test_any_answer_of_the_index_is_judged(body: bytes, status: int) -> None:
    archive = CommonCrawlArchive()
    archive.crawls = LAST_CRAWL
    for request in (archive.listing_request(QUERY), archive.snapshot_request(STAMP, URL)):
        response = received(request, status, [], body)
        if archive.classify(request, response) is None and "target" not in request.meta:
            with suppress(ArchiveError):
                archive.read_listing(response, QUERY)
