"""What real archives answer, by kinds: whole pages of the archive's own, offline files, escaped and raw headers, twins."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scrapy.http import Headers, Response

from crawler.archives.archive_pages import MAX_PAGE, Said
from crawler.archives.http_body import CUT, UNKNOWN_CODING
from crawler.archives.listing_trouble import LISTING_CUT, read_listing_trouble
from crawler.archives.playback import (
    ELSEWHERE,
    ITSELF,
    NO_WORD,
    SAME_SECOND,
    Absence,
    Pointer,
    Refusal,
    is_listed_page,
    read_playback,
    why_not,
)
from crawler.archives.targets import browser_url
from crawler.archives.wayback import WAYBACK, WaybackArchive
from pipelines.defects import Defect, DefectKind
from pipelines.items import Capture, Fate, Memento

STAMP = "20150911043127"
URL = "http://example.com/privacy"
ASKED = f"https://web.archive.org/web/{STAMP}id_/{URL}"
DATE = "Fri, 11 Sep 2015 04:31:27 GMT"
CAPTURE = Capture("com,example)/privacy", STAMP, URL, "text/html", "200", "A", "1", "wayback")
SCRIPTS = b"<script>var archive = 1;</script>\n" * 2_900


def answer(
    status: int = 200, body: bytes = b"<p>policy", url: str = ASKED, **headers: str | bytes | list[bytes]
) -> Response:
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(url, status=status, body=body, headers=named)


def memento(status: int = 200, **headers: str | bytes | list[bytes]) -> Memento:
    url = headers.pop("url", ASKED)
    assert isinstance(url, str)
    found = read_playback(answer(status, url=url, Memento_Datetime=DATE, **headers), WAYBACK)
    assert isinstance(found, Memento)
    return found


# Pages of the archive's own


@pytest.mark.parametrize(
    ("status", "sentence", "fate", "cause"),
    [
        (200, b"<p>This URL has been excluded from the Wayback Machine.</p>", Fate.EXCLUDED, "site excluded"),
        (403, b"<p>This URL has been excluded from the Wayback Machine.</p>", Fate.EXCLUDED, "site excluded"),
        (200, b"<p>This URL has been\n      excluded from the\tWayback Machine.</p>", Fate.EXCLUDED, "site excluded"),
        (
            200,
            b"<b>This&nbsp;URL</b> has been\n excluded<br />from the Wayback Machine",
            Fate.EXCLUDED,
            "site excluded",
        ),
        (451, b"<p class=lead>Access Blocked to http://example.com/privacy</p>", Fate.EXCLUDED, "site excluded"),
        (451, b"<h1>Unavailable For Legal Reasons</h1>", Fate.FAILED, "HTTP 451 without memento"),
        (200, b"<p>Page cannot be crawled or displayed due to robots.txt.</p>", Fate.EXCLUDED, "robots.txt"),
        (403, b"<p>Page cannot be displayed due to robots.txt.</p>", Fate.EXCLUDED, "robots.txt"),
        (404, b"<p>The Wayback Machine has not archived that URL.</p>", Fate.MISSING, None),
        (200, b"<p>The Wayback Machine has not archived that URL.</p>", Fate.MISSING, None),
        (200, b"<h1>Temporarily Offline</h1><p>Internet Archive services are temporarily offline.", Fate.FAILED, None),
        (200, b"<p>nothing known", Fate.FAILED, "HTTP 200 without memento"),
    ],
)
def test_read_playback_decides_by_the_whole_page(status: int, sentence: bytes, fate: Fate, cause: str | None) -> None:
    for body in (sentence, SCRIPTS + sentence, SCRIPTS + sentence + SCRIPTS):
        found = read_playback(answer(status, body), WAYBACK, CAPTURE)
        assert isinstance(found, Absence)
        assert found.fate is fate
        assert cause in {None, found.cause}


@pytest.mark.parametrize(
    "page", [b"<h1>429 Too Many Requests</h1>", b"<title>Too Many Requests</title>", b"<h1>Too Many\nRequests"]
)
def test_read_playback_refusal_far_into_a_page(page: bytes) -> None:
    assert isinstance(read_playback(answer(200, SCRIPTS + page), WAYBACK, CAPTURE), Refusal)
    rows = b'[["com,example)/", "' + page.replace(b"\n", b" ") + b'"]]'
    assert read_listing_trouble(answer(200, rows)) is None


def test_read_playback_sentence_of_a_memento_says_nothing() -> None:
    body = SCRIPTS + b"This URL has been excluded from the Wayback Machine. 429 <h1>Too Many Requests</h1>"
    assert isinstance(read_playback(answer(200, body, Memento_Datetime=DATE), WAYBACK, CAPTURE), Memento)


# Temporary answers, and a 404 that may be anybody's


@pytest.mark.parametrize("status", [408, 413, 421, 425, 499, 500, 502, 503, 504, 520, 527, 530, 598, 599])
def test_read_playback_temporary_status_is_asked_again_in_the_run(status: int) -> None:
    for found in (read_playback(answer(status), WAYBACK, CAPTURE), read_listing_trouble(answer(status, b"error"))):
        assert isinstance(found, Absence)
        assert (found.fate, found.defect, found.is_transient) == (Fate.FAILED, None, True)
    archived = read_playback(answer(status, Memento_Datetime=DATE), WAYBACK, CAPTURE)
    assert isinstance(archived, Memento)
    assert archived.status == status


@pytest.mark.parametrize("status", [429, 509, 529])
def test_read_playback_refusal_of_everything_pauses_and_is_open(status: int) -> None:
    refused = answer(status, b"busy", Retry_After="30")
    for found in (read_playback(refused, WAYBACK, CAPTURE), read_listing_trouble(refused)):
        assert found == Refusal(f"HTTP {status}", 30.0)
        assert isinstance(found, Refusal)
        assert found.absence == Absence(Fate.THROTTLED, f"HTTP {status}")
    assert isinstance(read_playback(answer(status, Memento_Datetime=DATE), WAYBACK, CAPTURE), Memento)


STRANGERS = {
    "nothing": b"",
    "nginx": b"<html><head><title>404 Not Found</title></head><center><h1>404 Not Found</h1></center><hr>nginx</html>",
    "apache": f"<h1>Not Found</h1><p>The requested URL /web/{STAMP}id_/{URL} was not found on this server.</p>"
    "<address>Apache/2.4 Server at web.archive.org Port 443</address>".encode(),
    "kubernetes": b"default backend - 404",
    "squid": f"<p>The URL could not be retrieved: <a href='{ASKED}'>{ASKED}</a></p>".encode(),
    "portal": b"<title>Welcome to Hotel WiFi</title><a href='/login?to=https%3A%2F%2Fweb.archive.org%2Fweb'>Sign in",
    "script": b"<script>var snapshots = ['archive'];</script><h1>Page not found</h1><style>.capture {}</style>",
    "json": b'{"code": 404, "message": "no route matched"}',
}
OWN = {
    "pywb": f"<h4>URL Not Found</h4><p>The url <b>{URL}</b> could not be found in this collection.</p>".encode(),
    "pywb in German": f"<h4>URL nicht gefunden</h4><p>Die URL <b>{URL}</b> gibt es hier nicht.</p>".encode(),
    "without a scheme": b"<p>example.com/privacy: pas de version</p>",
    "OpenWayback": b"<h2>Resource Not In Archive</h2><p>The Resource you requested is not in this archive.</p>",
    "Arquivo.pt": "<p>Página não encontrada no arquivo da web</p>".encode(),
    "Icelandic": b"<p>No capture of this page.</p>",
    "WayBack layout": b"<h1>This page is not available in the web archive</h1>",
}
"""The text of 404s: strangers', and those of archives' software."""


@pytest.mark.parametrize("archive", [WAYBACK, WaybackArchive("https://web.archive.org", name="https://other.example")])
@pytest.mark.parametrize("name", STRANGERS)
def test_read_playback_404_of_a_stranger_is_open_and_ends(name: str, archive: WaybackArchive) -> None:
    found = read_playback(answer(404, STRANGERS[name]), archive, CAPTURE)
    assert found == Absence(Fate.FAILED, NO_WORD)
    assert isinstance(found, Absence)
    assert found.defect == Defect(DefectKind.NO_WORD, NO_WORD)


@pytest.mark.parametrize("name", OWN)
def test_read_playback_404_of_an_archive_is_final(name: str) -> None:
    assert read_playback(answer(404, OWN[name]), WAYBACK, CAPTURE) == Absence(Fate.MISSING, Said.NOT_ARCHIVED.value)


@pytest.mark.parametrize("header", ["x_ts", "X_App_Server", "X_Archive_Src"])
def test_read_playback_404_of_the_archives_own_servers_is_final(header: str) -> None:
    found = read_playback(answer(404, b"", **{header: "404"}), WAYBACK, CAPTURE)
    assert found == Absence(Fate.MISSING, Said.NOT_ARCHIVED.value)


def test_read_playback_404_that_is_cut_is_asked_again_in_the_run() -> None:
    found = read_playback(answer(404, SCRIPTS).replace(flags=[f"{CUT}without its end"]), WAYBACK, CAPTURE)
    assert found == Absence(Fate.CUT_SHORT, "without its end")
    assert isinstance(found, Absence)
    assert (found.is_transient, found.defect) == (True, None)


def test_read_playback_404_that_says_offline_is_an_outage() -> None:
    found = read_playback(answer(404, b"<h1>Internet Archive services are temporarily offline."), WAYBACK, CAPTURE)
    assert isinstance(found, Absence)
    assert (found.fate, found.is_transient) == (Fate.FAILED, True)


def test_404_of_hostile_markup_is_read_in_linear_time() -> None:
    for piece in (b"<script>", b"<", b"<a ", b"&amp;", b"archive.org/"):
        assert isinstance(read_playback(answer(404, piece * (MAX_PAGE // len(piece))), WAYBACK, CAPTURE), Absence)


@pytest.mark.parametrize(
    "date", ["2015-09-11T04:31:27Z", "Mon, 01 Jan 0000 00:00:00 GMT", "garbage", "", "\xff\x1b[0m"]
)
def test_read_playback_memento_datetime_that_cant_be_read_is_a_defect(date: str) -> None:
    found = read_playback(answer(200, Memento_Datetime=date.encode("latin-1")), WAYBACK, CAPTURE)
    assert found == Absence(Fate.FAILED, "unreadable Memento-Datetime")
    assert isinstance(found, Absence)
    assert found.defect
    assert found.defect.kind is DefectKind.HEADERS
    assert found.defect == read_playback(answer(200, Memento_Datetime=date.encode("latin-1")), WAYBACK, CAPTURE).defect  # type: ignore[union-attr]
    other = read_playback(answer(200, Memento_Datetime="another"), WAYBACK, CAPTURE)
    assert found.defect != other.defect  # type: ignore[union-attr]


# A file that is offline


def pointer_to(stamp: str, url: str = URL, **headers: str) -> Response:
    return answer(
        302, b"", Location=f"/web/{stamp}id_/{url}", x_archive_redirect_reason=f"found capture at {stamp}", **headers
    )


@pytest.mark.parametrize("stamp", ["20020504221610", "20150911043128", "20150910000000", "20240101000000"])
def test_read_playback_pointer_for_a_page_listed_with_200_is_open(stamp: str) -> None:
    response = pointer_to(stamp, x_tr="30734", server_timing="PetaboxLoader3.datanode;dur=30337")
    assert read_playback(response, WAYBACK, CAPTURE) == Absence(Fate.FAILED, ELSEWHERE)


def test_read_playback_pointer_that_is_no_other_second_is_followed() -> None:
    https = URL.replace("http", "https")
    assert read_playback(pointer_to(STAMP, https), WAYBACK, CAPTURE) == Pointer(STAMP, https)


@pytest.mark.parametrize("status", ["301", "302", "-", ""])
def test_read_playback_pointer_for_other_rows_is_followed(status: str) -> None:
    row = replace(CAPTURE, statuscode=status)
    assert read_playback(pointer_to("20150911043128"), WAYBACK, row) == Pointer("20150911043128", URL)
    assert read_playback(pointer_to("20150911043128"), WAYBACK) == Pointer("20150911043128", URL)


def test_read_playback_pointer_after_a_redirect_is_followed() -> None:
    other = f"https://web.archive.org/web/{STAMP}id_/http://example.com/elsewhere"
    response = pointer_to("20150911043130", "http://example.com/elsewhere").replace(url=other)
    assert read_playback(response, WAYBACK, CAPTURE) == Pointer("20150911043130", "http://example.com/elsewhere")


@pytest.mark.parametrize(
    "url", ["http://example.com/a b#c", "http://example.com/über", "http://example.com:80/?a=b&c=%20"]
)
def test_is_listed_page_whatever_its_url(url: str) -> None:
    row = replace(CAPTURE, original=url)
    assert is_listed_page(row, WAYBACK.playback_target(WAYBACK.snapshot_request(STAMP, url).url))


@pytest.mark.parametrize("location", [ASKED, f"/web/{STAMP}id_/{URL}", f"/web/{STAMP}/{URL}", f"{ASKED}#top"])
@pytest.mark.parametrize("status", ["200", "301", "-"])
def test_read_playback_pointer_to_itself_is_open(location: str, status: str) -> None:
    found = read_playback(answer(302, b"", Location=location), WAYBACK, replace(CAPTURE, statuscode=status))
    assert found == Absence(Fate.FAILED, ITSELF)
    assert isinstance(found, Absence)
    assert found.defect == Defect(DefectKind.POINTER, ITSELF)


# Headers


@pytest.mark.parametrize(
    ("asked", "link", "url"),
    [
        (
            "https://x.example/authorize?a=b&c=d",
            "https://x.example/authorize?a=b&amp;c=d",
            "https://x.example/authorize?a=b&c=d",
        ),
        ("https://x.example/?a=b&amp;c=d", "https://x.example/?a=b&amp;c=d", "https://x.example/?a=b&amp;c=d"),
        ("https://x.example/?a=b&amp;c=d", "https://x.example/?a=b&amp;amp;c=d", "https://x.example/?a=b&amp;c=d"),
        ("http://x.example/", "https://x.example/?a=b&amp;c=d", "https://x.example/?a=b&c=d"),
        ("http://x.example/", "https://x.example/?a=b&copy=d&amp;e", "https://x.example/?a=b&copy=d&amp;e"),
        ("http://x.example/", "https://x.example/?a=b&copy=d", "https://x.example/?a=b&copy=d"),
        ("https://x.example/?q=%27a%27&b", "https://x.example/?q=%27a%27&amp;b", "https://x.example/?q=%27a%27&b"),
        ("https://x.example/?q='a'&b=1", "https://x.example/?q=&#39;a&#39;&amp;b=1", "https://x.example/?q='a'&b=1"),
        ("https://x.example/?a&b", "https://x.example/?a&#38;b", "https://x.example/?a&b"),
        ("https://x.example/?a&b", "https://x.example/?a&#x26;b", "https://x.example/?a&b"),
        ("https://x.example/?a&b", "https://x.example/?a&AMP;b", "https://x.example/?a&b"),
        ("http://x.example/ä", "http://x.example/ä", "http://x.example/ä"),
    ],
)
def test_original_url_of_an_escaped_link_header(asked: str, link: str, url: str) -> None:
    request = WAYBACK.snapshot_request(STAMP, asked)
    header = f'<{link}>; rel="original", <https://web.archive.org/web/timemap/link/{link}>; rel="timemap"'
    assert memento(url=request.url, Link=header.encode()).url == url


def test_original_url_of_a_latin_1_link_header_and_of_the_first_of_two() -> None:
    assert memento(Link=b'<http://x.example/\xe4>; rel="original"').url == "http://x.example/ä"
    two = [b'<http://x.example/one>; rel="original"', b'<http://x.example/two>; rel="timegate"']
    assert memento(Link=two).url == "http://x.example/one"
    assert memento(Link=b'<http://x.example/one>; rel="timegate original"').url == "http://x.example/one"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        (b"/web/20150912000000id_/https://example.com/legal/all#privacy", "https://example.com/legal/all"),
        (b"https://example.com/legal/all#privacy", "https://example.com/legal/all"),
        (b"/legal/all#privacy", "http://example.com/legal/all"),
        (b"/legal/all#", "http://example.com/legal/all"),
        (b"/web/20150912000000id_/https://example.com/a%23b", "https://example.com/a%23b"),
        (
            "/web/20150912000000id_/https://example.com/recht/erklärung".encode(),
            "https://example.com/recht/erkl%C3%A4rung",
        ),
        ("/recht/erklärung".encode(), "http://example.com/recht/erkl%C3%A4rung"),
        ("/recht/erklärung".encode("latin-1"), "http://example.com/recht/erkl%E4rung"),
        ("https://münchen.example/ä?ö=ü".encode(), "https://xn--mnchen-3ya.example/%C3%A4?%C3%B6=%C3%BC"),
        ("/web/20150912000000id_/https://münchen.example/ä".encode(), "https://xn--mnchen-3ya.example/%C3%A4"),
        (b"/legal/our policy.html", "http://example.com/legal/our%20policy.html"),
        (b"  \t/legal/privacy  ", "http://example.com/legal/privacy"),
        (b"/legal/\tpri\tvacy", "http://example.com/legal/privacy"),
        (b"\\legal\\privacy", "http://example.com/legal/privacy"),
        (b"http:\\\\example.com\\legal", "http://example.com/legal"),
        (b"//example.org/p", "http://example.org/p"),
        (b"https:/example.org/p", "https://example.org/p"),
        (b"HTTP://EXAMPLE.org:80/a/../p", "http://example.org/p"),
        (b"terms/privacy", "http://example.com/terms/privacy"),
        (b"?page=privacy", "http://example.com/privacy?page=privacy"),
        (b"../up", "http://example.com/up"),
        (b"/web/20150912000000id_/www.example.com/p", "http://www.example.com/p"),
        (b"/web/20150912000000id_/http:/example.com/p", "http://example.com/p"),
        (b"/a%7Cb|c'd", "http://example.com/a%7Cb|c'd"),
        (b"/%zz%", "http://example.com/%zz%"),
    ],
)
def test_archived_redirect_is_normalised_as_a_browser_does(location: bytes, url: str) -> None:
    found = memento(301, Location=location).location
    assert found is not None
    assert found[1] == url
    assert found[0] == ("20150912000000" if location.startswith(b"/web/") else STAMP)


def test_archived_redirect_of_the_original_header_alone() -> None:
    assert memento(301, x_archive_orig_location="/legal#p").location == (STAMP, "http://example.com/legal")
    assert memento(301).location is None


def test_pointer_without_a_scheme_is_one_to_a_web_address() -> None:
    found = read_playback(answer(302, Location="/web/20150912000000id_/example.com/p"), WAYBACK)
    assert found == Pointer("20150912000000", "http://example.com/p")


def test_pointer_is_read_as_a_browser_reads_it() -> None:
    found = read_playback(answer(302, Location="/web/20150912000000id_/http://example.com/ä#x".encode()), WAYBACK)
    assert found == Pointer("20150912000000", "http://example.com/%C3%A4")


@pytest.mark.parametrize("base", ["http://[::1]:8080", "http://[2001:db8::1]"])
def test_ipv6_archive_plays_back_and_points_within(base: str) -> None:
    archive = WaybackArchive(base)
    request = archive.snapshot_request(STAMP, URL)
    assert request.url == f"{base}/web/{STAMP}id_/{URL}"
    assert archive.playback_target(request.url) == (STAMP, URL)
    response = answer(302, url=request.url, Location=f"/web/20150912000000id_/{URL}")
    assert read_playback(response, archive) == Pointer("20150912000000", URL)


def test_browser_url_of_what_leads_nowhere() -> None:
    assert browser_url("http://[evil/") == browser_url("//", "http://a.example/") == browser_url("/x" * 9_000) == ""
    assert browser_url("/\x00", "http://a.example/") == ""


# Twins of one second


HTTPS = replace(CAPTURE, original="https://example.com/privacy")
REDIRECT = replace(CAPTURE, statuscode="301", digest="B")
AT_HTTP, AT_HTTPS = (STAMP, URL), (STAMP, HTTPS.original)


def redirected(location: tuple[str, str]) -> Memento:
    return Memento(STAMP, URL, ASKED, 301, (), b"", "wayback", location)


@pytest.mark.parametrize(
    ("capture", "hops", "page", "absence"),
    [
        (HTTPS, [AT_HTTPS], [REDIRECT, HTTPS], Absence(Fate.MISSING, SAME_SECOND)),
        (REDIRECT, [AT_HTTP, AT_HTTPS], [REDIRECT, HTTPS], Absence(Fate.MISSING, SAME_SECOND)),
        (HTTPS, [(STAMP, "https://example.com:443/privacy")], [REDIRECT, HTTPS], Absence(Fate.MISSING, SAME_SECOND)),
        (REDIRECT, [AT_HTTP, AT_HTTPS], [REDIRECT], Absence(Fate.ARCHIVED_ERROR, "redirect loop")),
        (REDIRECT, [AT_HTTP, AT_HTTPS], [], Absence(Fate.ARCHIVED_ERROR, "redirect loop")),
        (
            REDIRECT,
            [AT_HTTP, ("20150911043128", URL), AT_HTTPS],
            [HTTPS],
            Absence(Fate.ARCHIVED_ERROR, "redirect loop"),
        ),
        (REDIRECT, [AT_HTTP], [REDIRECT, HTTPS], None),
        (HTTPS, [AT_HTTPS, (STAMP, "https://example.com/back")], [], Absence(Fate.ARCHIVED_ERROR, "redirect loop")),
        (HTTPS, [(STAMP, "https://www.example.com/privacy/"), AT_HTTPS], [], Absence(Fate.MISSING, SAME_SECOND)),
    ],
)
def test_why_not_twins_of_one_second(
    capture: Capture, hops: list[tuple[str, str]], page: list[Capture], absence: Absence | None
) -> None:
    assert why_not(redirected(AT_HTTPS), capture, hops, page) == absence


# Bodies and listings


def test_read_playback_unknown_coding_is_open_and_not_asked_again_in_the_run() -> None:
    response = answer(200, b"\1\2\3", Memento_Datetime=DATE).replace(flags=[f"{CUT}{UNKNOWN_CODING}compress"])
    assert read_playback(response, WAYBACK, CAPTURE) == Absence(Fate.FAILED, f"{UNKNOWN_CODING}compress")


@pytest.mark.parametrize(
    "headers", [{}, {"x_archive_orig_content_range": "bytes 0-99/200"}, {"Content_Range": "bytes 0-199/200"}]
)
def test_why_not_part_of_a_page(headers: dict[str, str]) -> None:
    absence = why_not(memento(206, **headers), CAPTURE, [AT_HTTP])
    assert absence == Absence(Fate.ARCHIVED_ERROR, "HTTP 206: a part of the page")


@pytest.mark.parametrize(("status", "cause"), [(204, "no content"), (205, "no content"), (206, "a part of the page")])
def test_memento_without_a_page_is_final_however_short(status: int, cause: str) -> None:
    for headers in ({}, {"x_archive_orig_content_length": "400"}):
        absence = why_not(memento(status, **headers), CAPTURE, [AT_HTTP])
        assert absence == Absence(Fate.ARCHIVED_ERROR, f"HTTP {status}: {cause}")


@pytest.mark.parametrize("status", [301, 302, 404, 503])
def test_memento_of_a_redirect_or_error_needs_no_body(status: int) -> None:
    found = memento(status, x_archive_orig_content_length="400", Location="/elsewhere")
    assert (found.location is not None) is (status < 400)


@pytest.mark.parametrize(
    ("declared", "is_cut"),
    [
        ("400", True),
        (" 400 ", True),
        ("400, 400", True),
        ("9", False),
        ("4, 400", False),
        ("-1", False),
        ("+400", False),
    ],
)
def test_read_playback_length_that_is_declared(declared: str, is_cut: bool) -> None:  # noqa: FBT001 - a column
    found = read_playback(answer(Memento_Datetime=DATE, x_archive_orig_content_length=declared), WAYBACK, CAPTURE)
    assert isinstance(found, Absence) is is_cut


ROWS = b'[["urlkey","timestamp"],\n["com,example)/","2015"]]'


@pytest.mark.parametrize(
    ("body", "is_cut"),
    [
        *((ROWS, False), (ROWS + b"\n", False), (b"[]", False), (b"[]\n", False), (b"[ ]", False), (b"", False)),
        *((ROWS.replace(b"]]", b"]\n]"), False), (ROWS[:-2] + b'],[],["key"]]', False)),
        *((ROWS[:size], True) for size in (1, 2, 9, 24, 25, 40, len(ROWS) - 1)),
        *((b'{"url": "x"}\n{"url": "y"}\n', False), (b'{"url": "x"}\n{"url": "y', True), (b'\n{"a": 1', True)),
        (b"<html>no listing at all", False),
    ],
)
def test_read_listing_trouble_of_rows_without_end(body: bytes, is_cut: bool) -> None:  # noqa: FBT001 - a column
    trouble = read_listing_trouble(answer(200, body))
    assert trouble == (Absence(Fate.CUT_SHORT, LISTING_CUT) if is_cut else None)
    assert trouble is None or (isinstance(trouble, Absence) and trouble.is_transient)


@pytest.mark.parametrize("status", [500, 502, 503, 504, *range(520, 528), 530])
def test_read_listing_trouble_of_transient_statuses(status: int) -> None:
    found = read_listing_trouble(answer(status, b"error"))
    assert isinstance(found, Absence)
    assert found.is_transient
    assert read_listing_trouble(answer(403, b"[")) is None


def test_read_listing_trouble_of_a_cut_coding() -> None:
    assert isinstance(read_listing_trouble(answer(200, ROWS).replace(flags=[f"{CUT}no end"])), Absence)
