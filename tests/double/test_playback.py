"""Playback of the double, plain and troubled, over HTTP."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.sample.build import SAMPLE, render
from tests.sample.captures import CAPTURES
from tests.support.archive_double import ArchiveDouble, Behaviour, Held, WarcHoldings, memento
from tests.support.double.cdx import BLOCKED, ROBOTS
from tests.support.double.client import Reply, fetch, play, search
from tests.support.double.holdings import digest
from tests.support.double.playback import ENCODINGS, LOCATIONS, MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://www.example.com/privacy"
STAMP = "20150509120000"
BODY = "<html><title>Privacy</title><p>" + "What we know and why. " * 50 + "</p></html>"
PLAIN = (("Content-Type", "text/html"),)


def _holdings() -> Held:
    lost = memento("https://example.com/lost", "20100101000000", "lost")[0]
    moved = (("Content-Type", "text/html"), ("Location", "/privacy"))
    return Held(
        [
            memento(URL, STAMP, BODY, headers=PLAIN),
            memento("https://example.com/privacy", "20160101000000", "newer"),
            memento("http://example.com/moved?a=1&b", "20150510000000", "", status=301, headers=moved),
            memento("http://example.com/gone", "20150510000000", "gone", status=404),
            memento("http://example.com/busy", "20150510000000", "busy", status=429),
            memento("http://example.com/down", "20150510000000", "down", status=503),
            (lost, None),
            memento("https://example.com/lost", "20120101000000", "kept"),
            memento("https://example.com/twice", STAMP, "first"),
            memento("http://www.example.com/twice", STAMP, "second"),
        ]
    )


@pytest.fixture(scope="module")
def double() -> Iterator[ArchiveDouble]:
    with ArchiveDouble(_holdings()) as running:
        yield running


def _troubled(behaviour: Behaviour, timestamp: str = STAMP, url: str = URL) -> Reply:
    with ArchiveDouble(_holdings(), behaviour) as double:
        return play(double.url, timestamp, url)


def test_memento_headers(double: ArchiveDouble) -> None:
    reply = play(double.url, STAMP, "https://example.com/privacy/")  # http, www and the slash are all the same key
    assert (reply.status, reply.body) == (200, BODY.encode())
    assert reply.header("Memento-Datetime") == "Sat, 09 May 2015 12:00:00 GMT"
    assert (reply.header("Link") or "").startswith(f'<{URL}>; rel="original", ')
    assert reply.header("Content-Type") == "text/html"
    assert reply.header("x-archive-orig-content-length") == str(len(BODY))
    assert reply.header("x-archive-src") == "double.warc.gz"
    assert reply.header("Content-Length") is None


@pytest.mark.parametrize(("page", "status"), [("gone", 404), ("busy", 429), ("down", 503)])
def test_archived_error_is_memento(double: ArchiveDouble, page: str, status: int) -> None:
    reply = play(double.url, "20150510000000", f"http://example.com/{page}")
    assert (reply.status, reply.body) == (status, page.encode())
    assert reply.header("Memento-Datetime")


@pytest.mark.parametrize("asked", ["20150601000000", "20150601", "2015", "20000800241623"])
def test_nearest_capture_is_redirect(double: ArchiveDouble, asked: str) -> None:
    reply = play(double.url, asked, URL)
    assert reply.status == 302
    assert reply.header("Location") == f"{double.url}/web/{STAMP}id_/{URL}"
    assert reply.header("x-archive-redirect-reason") == f"found capture at {STAMP}"
    assert reply.header("Memento-Datetime") is None


def test_nearest_capture_with_other_url(double: ArchiveDouble) -> None:
    reply = play(double.url, "20151231", URL)
    assert reply.header("Location") == f"{double.url}/web/20160101000000id_/https://example.com/privacy"


def test_unarchived_url_is_404(double: ArchiveDouble) -> None:
    for url, stamp in (("http://example.com/never", STAMP), ("https://example.com/lost", "20100101000000")):
        reply = play(double.url, stamp, url)
        assert reply.status == 404
        assert b"has not archived that URL" in reply.body
        assert reply.header("Memento-Datetime") is None


def test_lost_capture_redirects() -> None:
    reply = _troubled(Behaviour(lost_redirects=True), "20100101000000", "https://example.com/lost")
    assert reply.status == 302
    assert "/web/20120101000000id_/https://example.com/lost" in (reply.header("Location") or "")


def test_two_captures_in_one_second_serve_first(double: ArchiveDouble) -> None:
    rows = search(double.url, url="example.com/twice")
    assert [row[1] for row in rows] == [STAMP, STAMP]
    assert [row[5] for row in rows] == [digest(b"first"), digest(b"second")]
    assert play(double.url, STAMP, "https://example.com/twice").body == b"first"


def test_url_raw_or_quoted(double: ArchiveDouble) -> None:
    raw = fetch(f"{double.url}/web/20150510000000id_/http://example.com/moved?a=1&b")
    quoted = fetch(f"{double.url}/web/20150510000000id_/http%3A//example.com/moved%3Fa%3D1%26b")
    assert raw.status == quoted.status == 301


@pytest.mark.parametrize("style", LOCATIONS)
def test_archived_redirect_points_into_archive(style: str) -> None:
    with ArchiveDouble(_holdings(), Behaviour(location=style)) as double:
        reply = play(double.url, "20150510000000", "http://example.com/moved?a=1&b")
        host = urlsplit(double.url).netloc
    inside = "/web/20150510000000id_/http://example.com/privacy"
    expected = {
        "absolute": f"http://{host}{inside}",
        "path": inside,
        "schemeless": f"//{host}{inside}",
        "no timestamp": f"http://{host}/web/http://example.com/privacy",
    }
    assert reply.status == 301
    assert reply.header("Memento-Datetime")
    assert reply.header("Location") == expected[style]


def test_redirect_without_timestamp_leads_to_rewritten_view(double: ArchiveDouble) -> None:
    newest = fetch(f"{double.url}/web/{URL}")
    assert newest.header("Location") == f"{double.url}/web/20160101000000/https://example.com/privacy"
    view = fetch(newest.header("Location") or "")
    assert view.body.startswith(b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->")


def test_redirect_years() -> None:
    reply = _troubled(Behaviour(redirect_years=3), "20150510000000", "http://example.com/moved?a=1&b")
    assert "/web/20180510000000id_/" in (reply.header("Location") or "")


def test_loop_never_ends() -> None:
    with ArchiveDouble(_holdings(), Behaviour(loops="/privacy")) as double:
        seen, address = [], f"{double.url}/web/{STAMP}id_/{URL}"
        for _ in range(6):
            reply = fetch(address)
            address = reply.header("Location") or ""
            seen.append((address, bool(reply.header("Memento-Datetime"))))
    assert len(set(seen)) == 2
    assert seen[0] == seen[2] == seen[4]


@pytest.mark.parametrize("name", [name for name in ENCODINGS if name != "as archived"])
def test_content_encoding_as_named(name: str) -> None:
    labels, layers = ENCODINGS[name]
    reply = _troubled(Behaviour(encoding=name))
    assert reply.all("Content-Encoding") == list(labels)
    body = reply.body
    for _ in range(layers):
        body = gzip.decompress(body)
    assert body == BODY.encode()


def test_archived_encoding_is_replayed() -> None:
    headers = (*PLAIN, ("Content-Encoding", "gzip"))
    packed = gzip.compress(BODY.encode())
    with ArchiveDouble(Held([memento(URL, STAMP, packed, headers=headers)])) as double:
        reply = play(double.url, STAMP, URL)
    assert (reply.header("Content-Encoding"), reply.body) == ("gzip", packed)


def test_unknown_length() -> None:
    reply = _troubled(Behaviour(unknown_length=True))
    assert (reply.header("x-archive-orig-content-length"), reply.body) == ("-1", BODY.encode())


def test_cut_at_1_mib() -> None:
    reply = _troubled(Behaviour(cut_at_1_mib=True))
    assert len(reply.body) == MIB
    assert int(reply.header("x-archive-orig-x-crawler-content-length") or 0) > MIB
    assert "truncated" in (reply.header("Warning") or "")


def test_the_sentence_of_an_excluded_page_stands_far_in() -> None:
    reply = _troubled(Behaviour(excluded=frozenset({"example.com"})))
    assert reply.body.index(b"This URL has been excluded") > 50_000


def test_a_capture_with_its_file_offline_redirects_elsewhere() -> None:
    reply = _troubled(Behaviour(offline=STAMP))
    assert (reply.status, reply.header("Memento-Datetime")) == (302, None)
    assert reply.header("x-archive-redirect-reason") == "found capture at 20160101000000"
    assert "/web/20160101000000id_/" in (reply.header("Location") or "")
    assert _troubled(Behaviour(offline="20160101000000")).status == 200


def test_an_escaped_link_header() -> None:
    reply = _troubled(Behaviour(escaped_link=True), "20150510000000", "http://example.com/moved?a=1&b")
    assert (reply.header("Link") or "").startswith("<http://example.com/moved?a=1&amp;b>")


@pytest.mark.parametrize("status", [200, 403])
def test_excluded_site_is_no_memento(status: int) -> None:
    reply = _troubled(Behaviour(excluded=frozenset({"example.com"}), excluded_status=status))
    assert reply.status == status
    assert b"This URL has been excluded" in reply.body
    assert reply.header("X-Archive-Wayback-Runtime-Error") == (BLOCKED if status == 403 else None)
    assert reply.header("Memento-Datetime") is None


def test_robots_exclusion_differs() -> None:
    reply = _troubled(Behaviour(robots=frozenset({"example.com"})))
    assert reply.status == 403
    assert b"robots.txt" in reply.body
    assert reply.header("X-Archive-Wayback-Runtime-Error") == ROBOTS


def test_sample_archive_plays_back() -> None:
    holdings = WarcHoldings(SAMPLE)
    assert len(holdings) == len(CAPTURES)
    lost = [holdings[index].timestamp for index in range(len(holdings)) if holdings.load(index) is None]
    assert lost == ["20171010101010"]
    with ArchiveDouble(holdings) as double:
        for spec in CAPTURES:
            if spec.timestamp in lost:
                continue
            reply = play(double.url, spec.timestamp, spec.url)
            original = next((s for s in CAPTURES if s.timestamp == spec.revisit_of), spec)
            assert (reply.status, reply.body) == (spec.status, render(original)), spec


def test_real_captures_are_indexed() -> None:
    path = Path("../shared/archive/real-captures.warc.gz")
    if not path.exists():
        pytest.skip("the shared material is not here")
    holdings = WarcHoldings(path)
    assert len(holdings) == 1030
    payload = holdings.load(0)
    assert payload
    assert digest(payload.body) == holdings[0].digest
