"""Listings made to hurt: unusable rows are counted by cause and the others used, and nothing costs more than it may."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.archives import cdx_rows as rows
from crawler.archives.base import Match, Query, listing_bytes
from crawler.archives.cdx_rows import FIELDS, MAX_RESUME_KEY, read_rows, valid_timestamp
from crawler.archives.json_rows import MAX_ROW, MAX_SCAN, Unreadable, json_rows
from crawler.archives.pywb import PywbArchive
from crawler.archives.wayback import WaybackArchive
from pipelines.errors import ArchiveError, UnexpectedResponse
from pipelines.untrusted import MAX_URL, url_problem
from tests.support.hostile import unusable_rows

if TYPE_CHECKING:
    from crawler.archives.base import ListingPage

ROW = ["com,example)/privacy", "20150911043127", "https://example.com/privacy", "text/html", "200", "A" * 32, "1234"]
QUERY = Query("example.com", Match.DOMAIN)
WAYBACK = WaybackArchive("https://web.archive.org")
PYWB = PywbArchive("http://localhost:8080/policies")
PYWB_NAMES = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")


def listing(body: object) -> ListingPage:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WAYBACK.read_listing(Response("https://web.archive.org/cdx/search/cdx", body=data), QUERY)


def row(**changes: Any) -> list[Any]:
    return list({**dict(zip(FIELDS, ROW, strict=True)), **changes}.values())


def test_read_listing_counts_unusable_rows_by_cause() -> None:
    causes = Counter(cause for cause, _ in unusable_rows("example.com"))
    table = [[getattr(capture, name) for name in FIELDS] for _, capture in unusable_rows("example.com")]
    page = listing([list(FIELDS), ROW, *table, ROW])
    assert page.unusable == causes
    assert [capture.original for capture in page.captures] == [ROW[2]] * 2


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"urlkey": ""}, "no urlkey"),
        ({"urlkey": None}, "urlkey that is no text"),
        ({"urlkey": "x" * (MAX_URL + 1)}, "urlkey too long"),
        ({"urlkey": "com,example)/\0"}, "urlkey with control characters"),
        ({"timestamp": None}, "timestamp that is no text"),
        ({"timestamp": "00000000000000"}, "impossible date"),
        ({"timestamp": "99991231235959"}, "impossible date"),
        ({"timestamp": "00010101000000"}, "impossible date"),
        ({"timestamp": "20150911240000"}, "impossible date"),
        ({"timestamp": "2" * 2_000}, "impossible date"),
        ({"timestamp": 1.5}, "impossible date"),
        ({"original": None}, "original that is no text"),
        ({"original": {}}, "not a flat row"),
        ({"mimetype": "text/html\x1b[2J"}, "mimetype with control characters"),
        ({"statuscode": True}, "statuscode that is no text"),
        ({"statuscode": "2" * 9}, "statuscode too long"),
        ({"digest": "A" * 129}, "digest too long"),
        ({"digest": ["A"]}, "not a flat row"),
        ({"length": 10**4_000}, "length too long"),
    ],
)
def test_read_listing_unusable_field(changes: dict[str, Any], cause: str) -> None:
    assert listing([list(FIELDS), row(**changes), ROW]).unusable == {cause: 1}


def test_read_listing_numbers_and_unknown_values() -> None:
    page = listing(
        [list(FIELDS), row(timestamp=20150911043127, mimetype=None, statuscode=200, digest=None, length=None)]
    )
    (capture,) = page.captures
    assert (capture.timestamp, capture.mimetype, capture.statuscode) == ("20150911043127", "-", "200")
    assert (capture.digest, capture.length) == ("-", "-")


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (b"null", "not a flat row"),
        (b'"text"', "not a flat row"),
        (b"123456789012345678901234567890", "not a flat row"),
        (b'{"a": [{}]}', "not a flat row"),
        (b"[" * 40_000 + b"]" * 40_000, "not a flat row"),
        (b"[]", "wrong number of fields"),
        (b'["a", b]', "row that is not JSON"),
        (b'["\\x"]', "row that is not JSON"),
        (b'["\xff"]', "row that is not UTF-8"),
        (b"[" + b"9" * 5_000 + b"]", "wrong number of fields"),
        (b'["' + b"x" * (MAX_ROW + 1) + b'"]', "row too long"),
        (b'["' + b"\\\\" * MAX_ROW + b'"]', "row too long"),
    ],
)
def test_read_listing_invalid_row_loses_no_other(bad: bytes, cause: str) -> None:
    head, good = json.dumps(list(FIELDS)).encode(), json.dumps(ROW).encode()
    page = listing(b"\xef\xbb\xbf [" + b", \n".join([head, good, bad, good]) + b"] ")
    assert page.unusable == {cause: 1}
    assert len(page.captures) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b'[["' + b"x" * (MAX_SCAN + 1) + b'"]]',
        b"[[" + b"[]," * 100_000 + b"[]]]",
        b'[["urlkey"',
        b'["urlkey"',
        b"[[]]]",
        b"[[],]",
        b"[[] []]",
        b"[[]",
        b"[",
        b"nonsense",
        b"\xff\xfe[\0]\0",
    ],
)
def test_read_listing_other_content_is_named_error(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match=r"domain example\.com"):
        listing(body)


@pytest.mark.parametrize(
    "key", [None, 1.5e3, True, ["a"], {}, "", "x" * (MAX_RESUME_KEY + 1), "x" * (MAX_ROW + 1), "\ud800", "a\nb"]
)
def test_read_listing_unusable_resume_key_is_named_error(key: object) -> None:
    body = [list(FIELDS), ROW, [], [key]]
    if key == 1.5e3:
        assert listing(body).resume_key == "1500.0"  # a number can be sent as it is written
        return
    with pytest.raises(UnexpectedResponse, match="resume key that can't be used"):
        listing(body)


def test_read_listing_rows_beyond_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROWS", 10)
    whole = listing([list(FIELDS), *[ROW] * 9])
    assert (len(whole.captures), whole.incomplete) == (9, "")
    cut = listing([list(FIELDS), *[ROW] * 20, [], ["key"]])
    assert (len(cut.captures), cut.resume_key) == (9, None)
    assert cut.incomplete == "the archive sent more than 10 rows at once"
    with pytest.raises(UnexpectedResponse, match="none of them usable"):
        listing([list(FIELDS), *[[]] * 20])
    lines = b"".join(json.dumps(dict(zip(PYWB_NAMES, ROW, strict=True))).encode() + b"\n" for _ in range(20))
    page = PYWB.read_listing(Response("http://localhost/", body=lines), QUERY)
    assert (len(page.captures), page.incomplete) == (10, "the archive sent more than 10 rows at once")


def test_json_rows_memory_is_bounded() -> None:
    body = b"[" + b"[]," * 1_000_000 + b"[]]"
    tracemalloc.start()
    try:
        found = Counter(map(type, islice(json_rows(body), 50_000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == {list: 50_000}
    assert peak < 1 << 20  # json.loads takes 70 MB for it


def test_listing_request_size_limit_fits_rows() -> None:
    sizes = {limit: listing_bytes(limit) >> 20 for limit in (3, 10_000, 100_000, 10**9)}
    assert sizes == {3: 16, 10_000: 39, 100_000: 64, 10**9: 64}
    for archive in (WAYBACK, PYWB):
        assert archive.listing_request(QUERY).meta["download_maxsize"] == listing_bytes(archive.limit)


def pywb(body: bytes) -> ListingPage:
    return PYWB.read_listing(Response("http://localhost/", body=body), QUERY)


def test_pywb_read_listing_counts_unusable_lines() -> None:
    good = json.dumps(dict(zip(PYWB_NAMES, ROW, strict=True))).encode()
    spaced = good.replace(b"/privacy", "/privacy\u2028policy".encode())  # no end of a line in JSON
    nested = b'{"a":' * 30_000 + b"1" + b"}" * 30_000
    bad = [b"{}", b'{"urlkey": [1]}', nested, b'{"a": "\xff"}', b'{"' + b"x" * MAX_ROW + b'": 1}']
    page = pywb(b"\n".join([good, *bad, b" ", spaced, b""]))
    assert page.unusable == {
        "not a web address": 1, "urlkey that is no text": 1, "not a flat row": 1, "row that is not UTF-8": 1, "row too long": 1,
    }  # fmt: skip
    assert [capture.original for capture in page.captures] == [ROW[2], "https://example.com/privacy\u2028policy"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(ROW),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)
VALUES = st.one_of(
    JSON, st.text(alphabet=st.characters(), max_size=60), st.sampled_from(["\ud800", "http://[", "x" * 3_000])
)
ROWS = st.one_of(
    JSON, st.tuples(*[st.one_of(st.just(value), st.just(value), VALUES) for value in ROW]).map(list), st.just(ROW)
)


def check(page: ListingPage) -> None:
    for capture in page.captures:
        for name in FIELDS:
            getattr(capture, name).encode()
            assert "\0" not in getattr(capture, name)
        assert url_problem(capture.original) == ""
        assert valid_timestamp(capture.timestamp) == capture.timestamp
    for cause in page.unusable:
        cause.encode()
    if page.resume_key is not None:
        page.resume_key.encode()


@settings(deadline=None, max_examples=150)
@given(st.lists(ROWS, max_size=8))
def test_read_rows_never_raises(table: list[Any]) -> None:
    captures, unusable = read_rows(table, "wayback")
    assert len(captures) + unusable.total() == len(table)


@settings(deadline=None, max_examples=150)
@given(st.lists(ROWS, max_size=6), st.binary(max_size=5), st.integers(0, 200))
def test_read_listing_raises_only_named_errors(table: list[Any], noise: bytes, at: int) -> None:
    whole = json.dumps([list(FIELDS), *table]).encode()
    for body in (whole, whole[:at] + noise + whole[at:], whole[:at], noise):
        try:
            check(listing(body))
        except ArchiveError as error:
            str(error).encode()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.dictionaries(st.sampled_from(PYWB_NAMES), VALUES) | JSON, max_size=5), st.binary(max_size=5))
def test_pywb_read_listing_raises_only_named_errors(lines: list[Any], noise: bytes) -> None:
    body = b"\n".join([*(json.dumps(line).encode() for line in lines), noise])
    try:
        check(pywb(body))
    except ArchiveError as error:
        str(error).encode()


def test_json_rows_unreadable_is_text() -> None:
    (found,) = json_rows(b"[1]")
    assert found == "not a flat row"
    assert isinstance(found, Unreadable)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=30), st.text(max_size=30) | st.just("*"), st.sampled_from(Match))
def test_usable_url_can_be_requested(host: str, path: str, match: Match) -> None:
    url = f"http://{host or 'example.com'}/{path}"
    if url_problem(url) or match is Match.NEAREST:
        return
    for archive in (WAYBACK, PYWB):
        assert archive.listing_request(Query(url, match)).url.isascii()
        assert archive.snapshot_request("20150911043127", url).url.isascii()


def test_listing_request_quotes_asterisk() -> None:
    for archive in (WAYBACK, PYWB):
        asked = archive.listing_request(Query("http://example.com/privacy*", Match.EXACT)).url
        assert parse_qs(urlsplit(asked).query)["url"] == ["http://example.com/privacy%2A"]
