"""TimeMaps (RFC 7089): in link-format and three kinds of JSON, over several pages, and what strangers may write in them."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.archives.base import Match, Query
from crawler.archives.opening import open_archive
from crawler.archives.playback import read_playback
from crawler.archives.timemap import TimeMapArchive
from crawler.archives.timemap_pages import MAX_TIMEMAPS, Paging, read_timemap
from pipelines.errors import UnexpectedResponse
from pipelines.items import Memento

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://archive.example/col/timemap/link"
URL = "http://a.example.org/privacy"
ARCHIVE = TimeMapArchive(BASE)
QUERY = Query(URL, Match.EXACT)
ADDRESS = f"{BASE}/{URL}"

OF_RFC = """<http://a.example.org/privacy>;rel="original",
 <https://archive.example/col/timemap/link/http://a.example.org/privacy>
   ; rel="self";type="application/link-format"
   ; from="Tue, 20 Jun 2000 18:02:59 GMT"
   ; until="Wed, 09 Apr 2008 20:30:51 GMT",
 <https://archive.example/col/http://a.example.org/privacy>
   ; rel="timegate",
 <http://archive.example/col/20000620180259/http://a.example.org/privacy>
   ; rel="first memento";datetime="Tue, 20 Jun 2000 18:02:59 GMT"
   ; license="http://creativecommons.org/publicdomain/zero/1.0/",
 <https://archive.example/col/20091027204954/http://a.example.org/privacy>
   ; rel="last memento";datetime="Tue, 27 Oct 2009 20:49:54 GMT",
 <https://archive.example/col/20000621011731/http://a.example.org/privacy>
   ; rel="memento";datetime="Wed, 21 Jun 2000 01:17:31 GMT"
"""
"""As RFC 7089 has it in section 5.1.1, with the addresses of one archive."""


def answer(body: str | bytes, address: str = ADDRESS, resume_key: str | None = None, status: int = 200) -> Response:
    data = body if isinstance(body, bytes) else body.encode()
    request = Request(address, meta={"resume_key": resume_key})
    return Response(address, body=data, status=status, request=request)


def test_read_listing_of_the_rfc() -> None:
    page = ARCHIVE.read_listing(answer(OF_RFC), QUERY)
    assert [(row.timestamp, row.original, row.locator) for row in page.captures] == [
        (stamp, URL, f"https://archive.example/col/{stamp}/{URL}")
        for stamp in ("20000620180259", "20000621011731", "20091027204954")
    ]
    assert (page.captures[0].urlkey, page.captures[0].archive) == ("org,example,a)/privacy", f"timemap+{BASE}")
    assert {(row.statuscode, row.mimetype, row.digest, row.length) for row in page.captures} == {("-", "-", "-", "-")}
    assert (page.resume_key, page.incomplete, page.unusable) == (None, "", {})


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(
            {
                "original_uri": URL,
                "mementos": {
                    "list": [{"datetime": "2000-06-20T18:02:59Z", "uri": f"https://archive.example/col/20000620180259/{URL}"}],
                    "first": {"datetime": "2000-06-20T18:02:59Z", "uri": "https://other.example/"},
                },
                "timegate_uri": "https://archive.example/",
            },
            indent=2,
        ),
        json.dumps([["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "redirect", "length"],
            ["org,example,a)/privacy", "20000620180259", URL, "text/html", "200", "ABC", "-", "12"]]),
        json.dumps({"urlkey": "org,example,a)/privacy", "timestamp": "20000620180259", "url": URL, "mime": "text/html",
            "status": "200", "digest": "ABC", "length": "12", "offset": "0", "filename": "x.warc.gz"}) + "\n",
        f'\ufeff<{URL}>; rel=original, </col/20000620180259mp_/{URL}>; rel=memento; datetime="Tue, 20 Jun 2000 18:02:59 GMT"',
    ],
    ids=["object", "table", "lines", "relative"],
)  # fmt: skip
def test_read_listing_knows_the_forms_in_use(body: str) -> None:
    (row,) = ARCHIVE.read_listing(answer(body), QUERY).captures
    assert (row.timestamp, row.original, row.urlkey) == ("20000620180259", URL, "org,example,a)/privacy")
    request = ARCHIVE.snapshot_request(row.timestamp, row.original, row.locator)
    assert request is not None
    assert request.url == f"https://archive.example/col/20000620180259id_/{URL}"
    assert request.meta["target"] == ("20000620180259", URL)


@pytest.mark.parametrize(
    ("locator", "asked"),
    [
        (f"http://archive.example/web/20000620180259if_/{URL}?a=b#c", f"https://archive.example/web/20000620180259id_/{URL}?a=b%23c"),
        ("https://archive.example/memento/17", "https://archive.example/memento/17"),
    ],
)  # fmt: skip
def test_mementos_are_asked_for_by_their_own_addresses_raw_where_the_layout_is_known(locator: str, asked: str) -> None:
    body = f'<{URL}>; rel="original", <{locator}>; rel="memento"; datetime="Tue, 20 Jun 2000 18:02:59 GMT"'
    (row,) = ARCHIVE.read_listing(answer(body), QUERY).captures
    request = ARCHIVE.snapshot_request(row.timestamp, row.original, row.locator)
    assert request is not None
    assert request.url == asked


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("https://other.example/20000620180259/http://a/", "memento on another host"),
        ("https://archive.example:8443/20000620180259/http://a/", "memento on another host"),
        ("https://archive.example@other.example/20000620180259/http://a/", "memento on another host"),
        ("http://[archive.example/20000620180259/http://a/", "memento on another host"),
        ("//other.example/20000620180259/http://a/", "memento on another host"),
        ("javascript:alert(1)", "memento on another host"),
        (f"https://archive.example/20000620180259/{URL}/{'x' * 40_000}", "memento on another host"),
        ("https://archive.example/99999999999999/http://a.example/", "impossible date"),
    ],
)  # fmt: skip
def test_what_is_not_the_archives_own_is_counted_and_never_asked_for(address: str, cause: str) -> None:
    datetime = "" if "date" in cause else '; datetime="Tue, 20 Jun 2000 18:02:59 GMT"'
    page = ARCHIVE.read_listing(answer(f'{OF_RFC.rstrip()}, <{address}>; rel="memento"{datetime}'), QUERY)
    assert len(page.captures) == 3
    assert page.unusable == {cause: 1}


def test_pages_of_a_timemap_are_read_once_each_and_only_on_its_host() -> None:
    pages = {
        name: f'<{BASE}/{name}/{URL}>; rel="timemap"; type="application/link-format"; from="Tue, 20 Jun 2000 18:02:59 GMT"'
        for name in ("1", "2", "3")
    }
    index = f'<{URL}>; rel="original", ' + ", ".join(
        [*pages.values(), f'<https://other.example/4/{URL}>; rel="timemap"', f'<{BASE.replace("link", "json")}/{URL}>; rel="timemap"; type="application/json"']
    )  # fmt: skip
    read, key, address = [], None, ADDRESS
    for _ in range(9):
        own = f'<{address}>; rel="self", {index}'
        stamp = f"200006201802{len(read):02}"
        memento = f', <https://archive.example/col/{stamp}/{URL}>; rel="memento"' if read else ""
        page = ARCHIVE.read_listing(answer(own + memento, address, key), QUERY)
        assert page.is_part
        read.append((address, len(page.captures)))
        key = page.resume_key
        if key is None:
            break
        address = ARCHIVE.listing_request(QUERY, key).url
    assert read == [(ADDRESS, 0), *((f"{BASE}/{name}/{URL}", 1) for name in "123")]


def test_a_chain_of_pages_without_an_end_is_cut_and_said() -> None:
    paging, address, number = Paging(), ADDRESS, 0
    for number in range(MAX_TIMEMAPS + 2):
        paging, problem = paging.after(address, [f"{BASE}/{number}"], bool)
        if problem:
            break
        address = paging.left[0]
    assert (problem, paging.key) == (f"more than {MAX_TIMEMAPS} TimeMaps of one URL", None)
    assert number >= MAX_TIMEMAPS - 2


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><body>Not here</body></html>", "<html>", "no TimeMap", "[1, 2]", '[["a", "b"]]', "{", "[" * 99,
        '{"a":' * 100_000, "<>", "[[]]",
    ],
)  # fmt: skip
def test_read_listing_other_than_a_timemap_is_an_error_in_one_line(body: str) -> None:
    with pytest.raises(UnexpectedResponse) as caught:
        ARCHIVE.read_listing(answer(body), QUERY)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("body", "status"), [("", 200), (" \n", 200), ("nothing", 404), ("[]", 200), ("{}", 200)])
def test_read_listing_without_mementos(body: str, status: int) -> None:
    page = ARCHIVE.read_listing(answer(body, status=status), QUERY)
    assert (page.captures, page.resume_key, page.incomplete) == ((), None, "")


@pytest.mark.parametrize(
    "body",
    [b"<" * 1_000_000, b"<a>" * 100_000, b'<a>;rel="' * 100_000, b"<a>" + b";" * 1_000_000, b"<a>; " + b"rel=memento " * 100_000,
     b"<a>;" + b" " * 1_000_000, b'<a>;x="' + b"y" * 1_000_000],
)  # fmt: skip
def test_reading_takes_time_in_proportion_to_the_length(body: bytes) -> None:
    began = time.process_time()
    with suppress(ValueError):
        read_timemap(body, ADDRESS)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "Mon, 99 Foo 2020", "", "1" * 99]
)
def test_impossible_dates_of_json_are_counted(moment: str) -> None:
    listed = {"mementos": {"list": [{"datetime": moment, "uri": "https://archive.example/m"}]}}
    page = ARCHIVE.read_listing(answer(json.dumps(listed)), QUERY)
    assert (page.captures, page.unusable) == ((), {"impossible date": 1})


@pytest.mark.parametrize("end", [OF_RFC.rindex("Wed"), OF_RFC.rindex(";"), OF_RFC.rindex("privacy")])
def test_a_timemap_that_ends_within_a_link_is_incomplete(end: int) -> None:
    page = ARCHIVE.read_listing(answer(OF_RFC[:end]), QUERY)
    assert page.captures
    assert page.incomplete == ("" if OF_RFC[end] == ";" else "the archive's answer ends within a link")


def test_links_beyond_the_bound_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.archives.timemap_pages.MAX_LINKS", 5)
    assert ARCHIVE.read_listing(answer(OF_RFC), QUERY).incomplete == "the archive sent more than 5 links at once"


def test_dates_of_a_query_hold_for_a_timemap() -> None:
    rows = ARCHIVE.read_listing(answer(OF_RFC), Query(URL, Match.EXACT, "20000621", "2008")).captures
    assert [row.timestamp for row in rows] == ["20000621011731"]


def test_a_timemap_lists_one_url() -> None:
    assert ARCHIVE.can_list == {Match.EXACT, Match.NEAREST}
    plain = TimeMapArchive("https://archive.example/tm")
    assert plain.can_list == {Match.EXACT}
    assert plain.snapshot_request("20000620180259", URL) is None
    with pytest.raises(ValueError, match="one URL"):
        ARCHIVE.listing_request(Query("a.example.org", Match.DOMAIN))
    asked = ARCHIVE.listing_request(Query("http://a.example.org/p?a=b#c ü", Match.EXACT))
    assert asked.url == f"{BASE}/http://a.example.org/p?a=b%23c%20%C3%BC"
    assert "target" not in asked.meta


def test_a_memento_is_read_with_the_url_that_was_asked_for() -> None:
    request = ARCHIVE.snapshot_request("20000620180259", URL, "https://archive.example/memento/17")
    assert request is not None
    headers = {"Memento-Datetime": "Tue, 20 Jun 2000 18:02:59 GMT"}
    response = Response(request.url, headers=headers, body=b"<p>We keep it.", request=request)
    found = read_playback(response, ARCHIVE, asked=request.meta["target"])
    assert isinstance(found, Memento)
    assert (found.url, found.timestamp, found.archive) == (URL, "20000620180259", ARCHIVE.name)


def test_open_archive_of_timemaps_keeps_its_login_out_of_its_name(tmp_path: Path) -> None:
    archive = open_archive("timemap+https://me:s3cret@archive.example/col/timemap/link/", index_dir=tmp_path)
    assert archive.name == f"timemap+{BASE}"
    assert archive.listing_request(QUERY).headers["Authorization"]
    assert archive.hosts == {"archive.example"}
