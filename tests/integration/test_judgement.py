"""Kinds of answers that real archives give, from the archive to the text files: what is read, and what stays open."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.support.archive_double import ArchiveDouble, Behaviour, Held, memento
from tests.support.commands import scrapy
from tests.support.double.holdings import HTML
from tests.support.hostile import POLICY, STAMP
from tests.support.service import crawl, rows, write_companies

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.commands import Run
    from tests.support.hostile import Entry

DOMAIN = "acme.example"
PAGE = f"http://{DOMAIN}/privacy"
TEXT = POLICY.format(name="Acme")
LATER = "20190301000005"


def crawled(entries: Iterable[Entry], tmp_path: Path, behaviour: Behaviour | None = None, **settings: object) -> Run:
    companies = write_companies(tmp_path / "companies.yaml", DOMAIN)
    with ArchiveDouble(Held(entries), behaviour) as double:
        return crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies, **settings)


def fates(run: Run) -> list[tuple[str, str, str, str]]:
    """Return fate, cause, and timestamp and URL of the memento read, of the captures of the policy's page."""
    query = (
        "SELECT fate, cause, memento_timestamp, memento_url FROM captures WHERE original LIKE '%/privacy' ORDER BY 1"
    )
    return [(fate, cause or "", stamp or "", url or "") for fate, cause, stamp, url in rows(run.output, query)]


def refreshed(content: str) -> str:
    return f'<html><head><meta http-equiv="refresh" content="{content}"></head><body>We have moved.</body></html>'


FRAMESET = (
    '<frameset cols="20%,80%"><frame src="/menu.html"><frame src="/main.html"><noframes>no frames</noframes></frameset>'
)
TARGET = f"http://{DOMAIN}/main.html"
FOLLOWED = {
    "meta refresh": refreshed("0; url=/main.html#top"),
    "slow meta refresh": refreshed("5;URL='http://acme.example/main.html'"),
    "frameset": FRAMESET,
    "iframe": '<body><h1>Privacy</h1><iframe src="main.html" width="100%"></iframe></body>',
    "refresh into a frameset": refreshed("0;url=/frames.html"),
}


@pytest.mark.parametrize("how", FOLLOWED)
def test_a_page_that_sends_on_is_followed(how: str, tmp_path: Path) -> None:
    entries = [
        memento(PAGE, STAMP, FOLLOWED[how]),
        memento(TARGET, LATER, TEXT),
        memento(f"http://{DOMAIN}/menu.html", STAMP, "<p>Menu"),
        memento(f"http://{DOMAIN}/frames.html", STAMP, FRAMESET),
    ]
    run = crawled(entries, tmp_path)
    assert run.status == 0, run.stderr
    assert fates(run) == [("stored", "", LATER, TARGET)]
    assert list(run.files()) == [f"{DOMAIN}/{LATER}.txt"]


def test_a_refresh_header_is_followed(tmp_path: Path) -> None:
    moved = memento(PAGE, STAMP, "<p>Moved.", headers=(*HTML, ("Refresh", "0; url=/main.html")))
    run = crawled([moved, memento(TARGET, LATER, TEXT)], tmp_path)
    assert fates(run) == [("stored", "", LATER, TARGET)]


def test_a_page_that_sends_on_to_nothing_useful_has_its_cause(tmp_path: Path) -> None:
    """Five captures: to itself by another, to a lost page, out of reach in time, without end, and a policy that has a frame."""
    hops = [
        memento(f"http://{DOMAIN}/hop{number}", "20120101000000", refreshed(f"0;url=/hop{number + 1}"))
        for number in range(12)
    ]
    entries = [
        memento(PAGE, "20100101000000", refreshed("0;url=/back")),
        memento(f"http://{DOMAIN}/back", "20100101000000", refreshed("0;url=/privacy")),
        memento(PAGE, "20110101000000", refreshed("0;url=/lost")),
        memento(PAGE, "20120101000000", refreshed("0;url=/hop0")),
        memento(PAGE, "20130101000000", refreshed("0;url=/future")),
        memento(f"http://{DOMAIN}/future", "20190101000000", TEXT),
        memento(PAGE, "20140101000000", TEXT + '<iframe src="/future"></iframe>'),
        memento(PAGE, "20150101000000", '<frameset><frame src="/lost"><frame src="/lost2"></frameset>'),
        *hops,
    ]
    run = crawled(entries, tmp_path)
    found = rows(run.output, "SELECT timestamp, fate, cause FROM captures WHERE original LIKE '%e/privacy' ORDER BY 1")
    assert [row[:2] for row in found] == [
        ("20100101000000", "archived error"),
        ("20110101000000", "missing"),
        ("20120101000000", "archived error"),
        ("20130101000000", "missing"),
        ("20140101000000", "stored"),
        ("20150101000000", "missing"),
    ]
    assert [row[2] for row in found[:3:2]] == ["redirect loop", "more than 10 redirects"]
    assert run.status == 0, run.stderr


def test_cut_rows_and_cloudflares_errors_are_asked_for_again_in_the_run(tmp_path: Path) -> None:
    behaviour = Behaviour(
        cdx_first=("cut rows", "521"), playback_first=("cut gzip",), missing_length=True, escaped_link=True
    )
    url = f"http://{DOMAIN}/legal/privacy?a=b&c=d"
    run = crawled([memento(PAGE, STAMP, TEXT), memento(url, STAMP, "<p>no policy")], tmp_path, behaviour)
    assert run.status == 0, run.stderr
    assert fates(run) == [("stored", "", STAMP, PAGE)]
    assert "&amp;" not in str(rows(run.output, "SELECT url FROM mementos"))


ODD = (
    *HTML,
    ("Set-Cookie", "grösse=1; path=/"),
    ("X-Latin", b"gr\xf6sse".decode("latin-1")),
    ("X-Long", "x" * 70_000),
)


def test_odd_bytes_in_headers_and_addresses_survive_a_rebuild(tmp_path: Path) -> None:
    """UTF-8 stands in a header, in the Link header and in WARC-Target-URI; one line is longer than Twisted reads."""
    page = f"http://{DOMAIN}/erklärung/privacy"
    run = crawled([memento(page, STAMP, TEXT, headers=ODD)], tmp_path)
    assert run.status == 0, run.stderr
    assert [name for name, _ in run.files().items()] == [f"{DOMAIN}/{STAMP}.txt"]
    warc = b"".join(gzip.decompress(path.read_bytes()) for path in sorted((run.output / "warc").iterdir()))
    for line in ("grösse=1; path=/", "x" * 70_000, f"WARC-Target-URI: {page}"):
        assert line.encode() in warc, line[:20]
    again = scrapy("convert", "--from-warc", output=run.output)
    assert again.status == 0, again.stderr
    assert again.files() == run.files()
