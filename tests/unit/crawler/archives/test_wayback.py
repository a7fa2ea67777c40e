"""Reading listings: the recorded shapes of research/wayback.md, and what is not a listing."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Response

from crawler.archives.base import Match, Query
from crawler.archives.cdx_rows import FIELDS, valid_timestamp
from crawler.archives.pywb import PywbArchive
from crawler.archives.wayback import WaybackArchive
from pipelines.errors import ListingExcluded, ListingRefused, UnexpectedResponse

QUERY = Query("example.com", Match.DOMAIN, "2015", "2016")
ROW = ["com,example)/privacy", "20150911043127", "https://example.com/privacy", "text/html", "200", "A" * 32, "1234"]
WAYBACK = WaybackArchive("https://web.archive.org")
PYWB = PywbArchive("http://localhost:8080/policies", limit=3)


def answer(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response("https://web.archive.org/cdx/search/cdx", status=status, body=data, headers=headers)


def test_listing_request_has_limit_and_resume_key() -> None:
    asked = parse_qs(urlsplit(WAYBACK.listing_request(QUERY, "a key/with+signs").url).query)
    assert asked["limit"] == ["10000"]
    assert asked["showResumeKey"] == ["true"]
    assert asked["resumeKey"] == ["a key/with+signs"]
    assert asked["url"] == ["example.com"]
    assert asked["matchType"] == ["domain"]
    assert (asked["from"], asked["to"]) == (["2015"], ["2016"])
    assert asked["output"] == ["json"]  # rows as text shift where a URL has a space
    assert not asked.keys() & {"page", "pageSize", "showNumPages", "offset", "resolveRevisits", "collapse"}


def test_read_listing_rows_and_resume_key() -> None:
    page = WAYBACK.read_listing(
        answer([list(FIELDS), ROW, [], ["eJxLzy_TyUssTtTUVzAyMDAxsDQwNTA3NTe0BABfMwZl"]]), QUERY
    )
    assert [capture.timestamp for capture in page.captures] == ["20150911043127"]
    assert page.resume_key == "eJxLzy_TyUssTtTUVzAyMDAxsDQwNTA3NTe0BABfMwZl"


@pytest.mark.parametrize("body", [b"", b"[]", b"\n"])
def test_read_listing_without_captures(body: bytes) -> None:
    page = WAYBACK.read_listing(answer(body), QUERY)
    assert (page.captures, page.resume_key) == ((), None)


@pytest.mark.parametrize("header", [[list(FIELDS)], []])
def test_read_listing_resume_key_without_rows(header: list[list[str]]) -> None:
    page = WAYBACK.read_listing(answer([*header, [], ["com%2Ccnn%29%2F+2001041400593%3A"]]), QUERY)
    assert (page.captures, page.resume_key) == ((), "com%2Ccnn%29%2F+2001041400593%3A")


def test_read_listing_unusable_rows_are_counted_by_cause() -> None:
    impossible, mail, data, short = [*ROW], [*ROW], [*ROW], ROW[:6]
    impossible[1] = "20151399000000"
    mail[2], data[2] = "http://mailto:someone@example.com", "data:image/png;base64,iVBORw0KGgo="
    page = WAYBACK.read_listing(answer([list(FIELDS), impossible, mail, data, short, ROW]), QUERY)
    assert len(page.captures) == 1
    assert page.unusable == {"impossible date": 1, "not a web address": 2, "wrong number of fields": 1}


def test_read_listing_odd_rows_are_captures() -> None:
    spaced = [*ROW[:2], "https://example.com/our privacy policy.html", *ROW[3:]]
    dashes = [*ROW[:3], "unk", "-", ROW[5], "-"]
    page = WAYBACK.read_listing(answer([list(FIELDS), spaced, dashes, dashes]), QUERY)
    assert [capture.original for capture in page.captures] == [spaced[2], ROW[2], ROW[2]]
    assert (page.captures[1].statuscode, page.rows) == ("-", 3)


@pytest.mark.parametrize(
    ("timestamp", "means"),
    [
        ("20150911043127", "20150911043127"),
        ("20000800241623", "20000824162300"),
        ("20000012170449", "20001217044900"),
        ("20150931000000", None),
        ("2015", None),
        ("\uff12\uff10\uff11\uff150911043127", None),  # full-width digits
    ],
)
def test_valid_timestamp(timestamp: str, means: str | None) -> None:
    assert valid_timestamp(timestamp) == means


def test_read_listing_refused_or_excluded() -> None:
    with pytest.raises(ListingRefused, match=r"refuses this kind of listing: domain example\.com"):
        WAYBACK.read_listing(answer(b"This type of CDX query requires authorization.", status=403), QUERY)
    blocked = b"org.archive.util.io.RuntimeIOException: org.archive.wayback.exception."
    with pytest.raises(ListingExcluded, match="excludes this site: domain"):
        WAYBACK.read_listing(
            answer(blocked + b"AdministrativeAccessControlException: Blocked Site Error", status=403), QUERY
        )
    with pytest.raises(ListingExcluded, match=r"robots\.txt"):
        WAYBACK.read_listing(answer(blocked + b"RobotAccessControlException", status=403), QUERY)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>Internet Archive: Temporarily Offline</html>", "listing is not JSON: '<html>Internet"),
        (b'{"message": "no"}', "listing is not a list of rows"),
        ([["urlkey", "timestamp"], ROW[:2]], "without the header row"),
    ],
)
def test_read_listing_unexpected_response_names_line_and_query(body: object, says: str) -> None:
    with pytest.raises(UnexpectedResponse, match=says) as caught:
        WAYBACK.read_listing(answer(body), QUERY)
    assert "domain example.com 2015 to 2016" in str(caught.value)


def pywb_line(**changes: str) -> bytes:
    names = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")
    return json.dumps({**dict(zip(names, ROW, strict=True)), **changes}).encode() + b"\n"


def test_pywb_read_listing_lines() -> None:
    page = PYWB.read_listing(answer(pywb_line() + pywb_line(mime="warc/revisit", status="-")), QUERY)
    assert [capture.is_revisit for capture in page.captures] == [False, True]
    assert page.captures[0].original == "https://example.com/privacy"
    assert not page.incomplete


def test_pywb_read_listing_detects_cut() -> None:
    page = PYWB.read_listing(answer(pywb_line() * 3), QUERY)
    assert "cut the listing at 3 rows" in page.incomplete


def test_pywb_read_listing_without_captures() -> None:
    assert PYWB.read_listing(answer(b'{"message": "No Captures found for: x"}', status=404), QUERY).captures == ()
    assert PYWB.read_listing(answer(b""), QUERY).captures == ()


def test_pywb_read_listing_unexpected_response() -> None:
    with pytest.raises(UnexpectedResponse, match=r"not a JSON object.*<html>"):
        PYWB.read_listing(answer(b"<html>"), QUERY)
