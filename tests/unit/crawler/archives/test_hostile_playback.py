"""Playback that names impossible dates and unusable URLs, and headers of every kind: an absence with a cause, no exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import Headers, Response

from crawler.archives.playback import Absence, Pointer, read_playback, why_not
from crawler.archives.response_headers import (
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    header_pairs,
    http_date,
    retry_after,
    timestamp_of,
)
from crawler.archives.wayback import WAYBACK
from pipelines.items import Capture, Fate, Memento
from pipelines.untrusted import url_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKED = "https://web.archive.org/web/20150911043127id_/http://example.com/privacy"
DATE = "Fri, 11 Sep 2015 04:31:27 GMT"
CAPTURE = Capture(
    "com,example)/privacy", "20150911043127", "http://example.com/privacy", "text/html", "200", "A", "1", "wayback"
)
HOPS = ((CAPTURE.timestamp, CAPTURE.original),)


def answer(status: int, headers: Mapping[str, str | bytes | list[bytes]], body: bytes = b"<p>policy") -> Response:
    return Response(ASKED, status=status, body=body, headers=Headers(headers))


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        (b"/web/99999999999999id_/http://example.com/privacy", "redirected to an impossible date"),
        (b"/web/00000000000000id_/http://example.com/privacy", "redirected to an impossible date"),
        (b"/web/99991231235959id_/http://example.com/privacy", "redirected to an impossible date"),
        (b"/web/2015id_/http://example.com/privacy", "redirected to an impossible date"),
        (b"/web/20150503010203id_/http://example.com/" + b"x" * 9_000, "redirected: URL too long"),
        (b"/web/20150503010203id_/http://[evil/", "redirected: URL without a usable host"),
        (b"/web/20150503010203id_/javascript:alert(1)", "redirected: not a web address"),
        (b"/web/20150503010203id_/http://1.2/", "redirected: URL without a usable host"),
        (b"/web/20150503010203id_/http://example.com/\x00", "redirected out of the archive"),
        (b"/web/20150503010203id_/http://\xff\xfe.example/\xed\xa0\x80\x1b", "redirected out of the archive"),
        (b"http://[evil/", "redirected out of the archive"),
        (b"//[/web/20150503010203id_/http://example.com/", "redirected out of the archive"),
    ],
)
def test_read_playback_unusable_pointer_is_open_loss(location: bytes, cause: str) -> None:
    assert read_playback(answer(302, {"Location": location}), WAYBACK, CAPTURE) == Absence(Fate.FAILED, cause)


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        (b"http://[evil/", "redirect: URL without a usable host"),
        (b"http://example.com:99999/", "redirect: URL without a usable host"),
        (b"http://example.com/" + b"x" * 9_000, "redirect: URL too long"),
        (b"/privacy\x00", "redirect: URL with control characters"),
        (b"javascript:alert(1)", "redirect to no web address"),
    ],
)
def test_read_playback_unusable_redirect_is_archived_error(location: bytes, cause: str) -> None:
    found = read_playback(answer(302, {"Memento-Datetime": DATE, "Location": location}), WAYBACK, CAPTURE)
    assert isinstance(found, Memento)
    assert why_not(found, CAPTURE, HOPS) == Absence(Fate.ARCHIVED_ERROR, cause)


def test_read_playback_redirect_to_impossible_date_keeps_own() -> None:
    location = "/web/99999999999999id_/https://example.org/p"
    found = read_playback(answer(302, {"Memento-Datetime": DATE, "Location": location}), WAYBACK)
    assert isinstance(found, Memento)
    assert found.location == ("20150911043127", "https://example.org/p")


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 99999 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1400",
        "Fri, 11 Sep 2015 99:99:99 GMT",
        "Fri, 11 Sep 2015 04:31:27 +99999999999999",
        "99999999999999999999999999999999 Sep 2015",
        "tomorrow",
        "",
        "9" * 10_000,
    ],
)
def test_read_playback_memento_without_date_is_open_loss(date: str) -> None:
    assert timestamp_of(date) is None
    found = read_playback(answer(200, {"Memento-Datetime": date}), WAYBACK)
    assert found == Absence(Fate.FAILED, "unreadable Memento-Datetime")


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 -1400", "Fri, 11 Sep 2015 04:31:27 +99999999999999", "9" * 10_000, "\xb2"]
)
def test_retry_after_unusable_date(date: str) -> None:
    assert retry_after(answer(429, {"Retry-After": date})) in {None, 999_999_999.0}


def test_read_playback_invalid_status_is_open_loss() -> None:
    for status in (0, 99, 1_000, 10**30):
        found = read_playback(answer(status, {"Memento-Datetime": DATE}), WAYBACK)
        assert found == Absence(Fate.FAILED, "unreadable status")


@pytest.mark.parametrize(
    "link",
    [
        b"<" * 16_000,
        b"<http://a>;" * 2_000,
        b'<http://[evil/>; rel="original"',
        b"<http://example.com/" + b"x" * 9_000 + b'>; rel="original"',
        b'<http://example.com/\x00>; rel="original"',
        b"\xff\xfe;,<>",
    ],
)
def test_read_playback_ignores_unusable_original(link: bytes) -> None:
    found = read_playback(answer(200, {"Memento-Datetime": DATE, "Link": link}), WAYBACK)
    assert isinstance(found, Memento)
    assert found.url == "http://example.com/privacy"


def test_read_playback_headers_are_kept_and_bounded() -> None:
    values = [b"gr\xf6sse=1", "größe=1".encode(), b"a\x00b\r\nc"]
    (first, second, third) = header_pairs(answer(200, {"Set-Cookie": values}))
    assert [value.encode("latin-1") for _, value in (first, second)] == values[:2]
    assert third == ("Set-Cookie", "a b  c")
    many = header_pairs(answer(200, {"X": [b"y"] * (MAX_HEADERS + 1)}))
    assert len(many) == MAX_HEADERS
    large = header_pairs(answer(200, {"X": [b"y" * (MAX_HEADER_BYTES // 2)] * 3}))
    assert len(large) == 1


BYTES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"/web/",
            b"20150503010203id_/",
            b"99999999999999id_/",
            b"http://",
            b"[",
            b"//web.archive.org/",
            b"\xff",
            b"\t",
        ]
    ),
)
VALUES = st.lists(BYTES, max_size=5).map(b"".join)
NAMES = ["Location", "Link", "Memento-Datetime", "Warning", "Content-Type", "x-archive-orig-content-length", "X-Any"]


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES | st.just(DATE.encode()), max_size=5),
    st.sampled_from([200, 302, 404, 503]),
    st.binary(max_size=10),
)
def test_read_playback_never_raises(headers: dict[str, bytes], status: int, body: bytes) -> None:
    found = read_playback(answer(status, headers, body), WAYBACK, CAPTURE)
    if isinstance(found, Absence):
        found.cause.encode()
        return
    absence = why_not(found, CAPTURE, HOPS)
    assert url_problem(found.url) == ""
    if isinstance(found, Pointer):
        assert len(found.timestamp) == len(CAPTURE.timestamp)
    elif found.location and not absence:
        assert url_problem(found.location[1]) == ""


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40) | st.text(alphabet="0123456789:+-, JanSepMonGMT", max_size=40))
def test_http_date_never_raises(value: str) -> None:
    moment = http_date(value)
    assert moment is None or moment.tzinfo is not None
