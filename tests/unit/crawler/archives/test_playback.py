"""Reading playback: a memento is a response with Memento-Datetime, whatever its status."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scrapy.http import Response

from crawler.archives.cut_bodies import EMPTY_DIGEST, cut_cause
from crawler.archives.http_body import CUT, WHOLE
from crawler.archives.playback import (
    MAX_HOPS,
    Absence,
    Pointer,
    Refusal,
    is_busy,
    read_playback,
    why_not,
)
from crawler.archives.playback_urls import playback_address, read_playback_address
from crawler.archives.wayback import WAYBACK
from pipelines.items import MIB, Capture, Fate, Memento

ASKED = "https://web.archive.org/web/20150911043127id_/http://example.com/privacy"
MEMENTO = {"Memento-Datetime": "Fri, 11 Sep 2015 04:31:27 GMT"}
CAPTURE = Capture(
    "com,example)/privacy", "20150911043127", "http://example.com/privacy", "text/html", "200", "A", "1", "wayback"
)


def answer(status: int = 200, body: bytes = b"<p>policy", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(ASKED, status=status, body=body, headers=named)


def memento(status: int = 200, **headers: str) -> Response:
    return answer(status, **{**MEMENTO, **headers})


@pytest.mark.parametrize("status", [200, 404, 429, 503])
def test_read_playback_memento_of_any_status(status: int) -> None:
    found = read_playback(memento(status), WAYBACK)
    assert isinstance(found, Memento)
    assert (found.timestamp, found.url, found.status) == ("20150911043127", "http://example.com/privacy", status)


def test_read_playback_original_url_from_link_header() -> None:
    link = '<http://www.example.com:80/privacy>; rel="original", <https://web.archive.org/web/x>; rel="timemap"'
    found = read_playback(memento(Link=link), WAYBACK)
    assert isinstance(found, Memento)
    assert found.url == "http://www.example.com:80/privacy"


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        (
            "https://web.archive.org/web/20150912000000id_/https://example.org/p",
            ("20150912000000", "https://example.org/p"),
        ),
        ("/web/20150912000000id_/https://example.org/p", ("20150912000000", "https://example.org/p")),
        ("//web.archive.org/web/20150912000000id_/https://example.org/p", ("20150912000000", "https://example.org/p")),
        ("http://web.archive.org/web/https://example.org/p", ("20150911043127", "https://example.org/p")),
        ("https://example.org/p", ("20150911043127", "https://example.org/p")),
        ("/legal/privacy", ("20150911043127", "http://example.com/legal/privacy")),
    ],
)
def test_read_playback_archived_redirect(location: str, leads_to: tuple[str, str]) -> None:
    found = read_playback(memento(301, Location=location), WAYBACK)
    assert isinstance(found, Memento)
    assert found.location == leads_to


def test_read_playback_nearest_capture_pointer() -> None:
    found = read_playback(answer(302, Location="/web/20150503010203id_/https://example.com/privacy"), WAYBACK)
    assert found == Pointer("20150503010203", "https://example.com/privacy")


@pytest.mark.parametrize(
    "location", ["https://elsewhere.example/web/20150503010203id_/http://a.example/", "/web/*/http://a", ""]
)
def test_read_playback_redirect_stays_in_archive(location: str) -> None:
    found = read_playback(answer(302, Location=location), WAYBACK)
    assert found == Absence(Fate.FAILED, "redirected out of the archive")


def test_read_playback_429_is_a_refusal() -> None:
    found = read_playback(answer(429), WAYBACK)
    assert found == Refusal("HTTP 429", None)
    assert found.absence.fate is Fate.THROTTLED


@pytest.mark.parametrize(
    ("response", "fate"),
    [
        (answer(404, b"<p>The Wayback Machine has not archived that URL.</p>"), Fate.MISSING),
        (answer(200, b"<p>This URL has been excluded from the Wayback Machine.</p>"), Fate.EXCLUDED),
        (answer(403, b"x AdministrativeAccessControlException: Blocked Site Error"), Fate.EXCLUDED),
        (answer(403, b"RobotAccessControlException"), Fate.EXCLUDED),
        (answer(503), Fate.FAILED),
        (answer(200, b"<title>Internet Archive: Temporarily Offline</title>"), Fate.FAILED),
    ],
)
def test_read_playback_non_memento_is_no_document(response: Response, fate: Fate) -> None:
    found = read_playback(response, WAYBACK)
    assert isinstance(found, Absence)
    assert found.fate is fate


def test_is_busy_archive_page_not_archived_page() -> None:
    page = b"<title>Internet Archive: Temporarily Offline</title>"
    assert is_busy(answer(200, page))
    assert not is_busy(Response(ASKED, body=page, headers=MEMENTO))


TRUNCATED = '299 - "truncated by \\"length\\""'


@pytest.mark.parametrize(
    ("headers", "size", "is_cut"),
    [
        ({"x_archive_orig_content_length": "100"}, 99, True),
        ({"x_archive_orig_content_length": "100"}, 0, True),
        ({"x_archive_orig_content_length": "100"}, 100, False),
        ({"x_archive_orig_content_length": "100"}, 300, False),  # was compressed when it was captured
        ({"x_archive_orig_content_length": "-1"}, 99, False),
        ({}, 0, False),
        ({"x_archive_orig_content_length": str(2 * MIB)}, MIB, False),  # cut when it was captured
        ({"x_archive_orig_content_length": "100", "Warning": TRUNCATED}, 99, False),
    ],
)
def test_read_playback_body_shorter_than_archived_length(
    headers: dict[str, str],
    size: int,
    is_cut: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert bool(cut_cause(memento(**headers).replace(body=b"x" * size))) is is_cut


def test_read_playback_cut_flag_gives_cause() -> None:
    flagged = memento(x_archive_orig_content_length="3").replace(flags=["cached", f"{CUT}without its end"])
    assert cut_cause(flagged) == "without its end"
    assert read_playback(flagged, WAYBACK) == Absence(Fate.CUT_SHORT, "without its end")
    redirect = memento(302, Location="/legal").replace(flags=[f"{CUT}without its end"])
    assert isinstance(read_playback(redirect, WAYBACK), Memento)


@pytest.mark.parametrize(
    ("headers", "size", "by"),
    [
        ({"Warning": TRUNCATED}, 99, "WARC-Truncated: length"),
        ({"Warning": TRUNCATED.replace("length", "time")}, 99, "WARC-Truncated: time"),
        ({"Warning": TRUNCATED.replace("length", "<b>")}, 99, "WARC-Truncated: unspecified"),
        ({}, MIB, "at exactly 1 MiB"),
        ({}, MIB + 1, ""),
        ({"Warning": '299 - "Deprecated API"'}, 99, ""),
    ],
)
def test_read_playback_body_cut_at_capture_gives_cause(headers: dict[str, str], size: int, by: str) -> None:
    found = read_playback(memento(**headers).replace(body=b"x" * size), WAYBACK)
    assert isinstance(found, Memento)
    assert found.truncation == by


@pytest.mark.parametrize(
    ("capture", "absence"),
    [
        (CAPTURE, None),
        (replace(CAPTURE, digest=EMPTY_DIGEST), None),
        (replace(CAPTURE, mimetype="warc/revisit"), Absence(Fate.MISSING, "empty body")),
    ],
)
def test_why_not_empty_body_of_revisit(capture: Capture, absence: Absence | None) -> None:
    assert why_not(replace(found(), body=b""), capture, HOPS) == absence


def test_read_playback_empty_body_needs_digest_or_end_of_stream() -> None:
    empty = memento().replace(body=b"")
    assert read_playback(empty, WAYBACK, CAPTURE) == Absence(Fate.CUT_SHORT, "body cut short")
    assert isinstance(read_playback(empty, WAYBACK, replace(CAPTURE, digest=EMPTY_DIGEST)), Memento)
    of_gzip = memento(x_archive_orig_content_length="20").replace(body=b"", flags=[WHOLE])
    assert isinstance(read_playback(of_gzip, WAYBACK, CAPTURE), Memento)


def found(timestamp: str = "20150911043127", status: int = 200, location: tuple[str, str] | None = None) -> Memento:
    return Memento(timestamp, "http://example.com/privacy", ASKED, status, (), b"<p>", "wayback", location)


HOPS = ((CAPTURE.timestamp, CAPTURE.original),)


@pytest.mark.parametrize(
    ("what", "hops", "fate"),
    [
        (found(), HOPS, None),
        (found("20160101000000"), HOPS, None),
        (found("20160401000000"), HOPS, Fate.MISSING),
        (Pointer("20100101000000", "http://example.com/privacy"), HOPS, Fate.MISSING),
        (found(status=404), HOPS, Fate.ARCHIVED_ERROR),
        (found(status=301), HOPS, Fate.ARCHIVED_ERROR),
        (found(status=301, location=("20150911043127", "http://example.org/")), HOPS, None),
        (found(status=301, location=HOPS[0]), HOPS, Fate.MISSING),
        (found(status=301, location=("20150911043127", "javascript:alert(1)")), HOPS, Fate.ARCHIVED_ERROR),
        (
            found(status=301, location=("20150911043127", "http://example.org/")),
            tuple((CAPTURE.timestamp, f"http://example.com/{n}") for n in range(MAX_HOPS + 1)),
            Fate.ARCHIVED_ERROR,
        ),
    ],
)
def test_read_playback_memento_within_half_a_year(
    what: Memento | Pointer, hops: tuple[tuple[str, str], ...], fate: Fate | None
) -> None:
    absence = why_not(what, CAPTURE, hops)
    assert (absence.fate if absence else None) is fate


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a b?x=1&y=%20#part",
        "https://example.com/überblick/datenschutz",
        "http://example.com:80/%7Euser/",
        "http://example.com/redirect?to=http://other.example/",
    ],
)
def test_playback_address_keeps_captured_url(url: str) -> None:
    address = playback_address("https://web.archive.org/web/", "20150911043127", url)
    assert address.isascii()
    assert " " not in address
    assert "#" not in address
    named = read_playback_address("https://web.archive.org/web/", address)
    assert named is not None
    assert named[0] == "20150911043127"
    if url.isascii() and not set(" #") & set(url):
        assert named[1] == url


def test_why_not_part_of_a_page() -> None:
    found = read_playback(memento(206), WAYBACK)
    assert isinstance(found, Memento)
    absence = why_not(found, CAPTURE, [(found.timestamp, found.url)])
    assert absence is not None
    assert absence.cause == "HTTP 206: a part of the page"
