"""Home pages, links and redirects lead to policies whose URL says nothing; `--explain` says why a page was chosen."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from crawler.discovery.plan import MAX_CALLS
from tests.support.archive_double import ArchiveDouble, Held, memento

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.commands import Run

POLICY = (
    b"<title>Privacy Policy - Rackety</title><body><article><h1>Privacy Policy</h1>"
    + b"<p>We collect personal information such as your name and e-mail address when you register. We use cookies. "
    b"We do not share your personal information with third parties without your consent.</p>" * 8
)
PAGES = [
    memento("https://rackety.example/", "20190301000000", b"<body><a href='/doc?id=9'>Privacy Policy</a><p>Servers"),
    memento("https://rackety.example/doc?id=9", "20190301000100", POLICY),
    memento("https://rackety.example/doc?id=9", "20200601000000", POLICY.replace(b"cookies", b"no cookies")),
    memento("https://rackety.example/", "20210301000000", b"<body><a href='https://buyer.example/legal/x'>Privacy</a>"
            b"<a href='https://policies.google.com/privacy'>Privacy Policy</a>"),
    memento("https://rackety.example/", "20220301000000", b"<body><a href='https://buyer.example/legal/x'>Privacy</a>"),
    memento("https://buyer.example/legal/x", "20210302000000", POLICY.replace(b"Rackety", b"Buyer")),
    memento("https://buyer.example/privacy", "20210302000000", POLICY.replace(b"Rackety", b"never listed")),
    memento("https://policies.google.com/privacy", "20210302000000", POLICY.replace(b"Rackety", b"Google")),
    memento("https://rackety.example/whois-privacy", "20190301000000", b"<body>Buy WHOIS privacy"),
]  # fmt: skip


@pytest.fixture
def double() -> Iterator[ArchiveDouble]:
    with ArchiveDouble(Held(PAGES)) as running:
        yield running


def crawl(run_scrapy: Callable[..., Run], double: ArchiveDouble, **settings: object) -> Run:
    unpaced = {"CDX_CALLS_PER_MINUTE": 0, "PLAYBACK_CALLS_PER_SECOND": 0}
    arguments = ("-a", f"archive={double.url}", "-a", "domain=rackety.example")
    return run_scrapy("crawl", "policies", *arguments, **{**unpaced, **settings})


def test_discovery_home_pages_link_to_policies(double: ArchiveDouble, run_scrapy: Callable[..., Run]) -> None:
    run = crawl(run_scrapy, double)
    assert run.status == 0, run.stderr
    assert sorted(run.files()) == [
        "rackety.example/20190301000100.txt",
        "rackety.example/20200601000000.txt",
        "rackety.example/20210302000000.txt",
    ]
    asked = [entry.path for entry in double.requests("cdx")]
    assert not [path for path in asked if "buyer.example" in path and "matchType=exact" not in path]
    assert not [path for path in asked if "google" in path]


def test_discovery_without_home_pages_finds_nothing(double: ArchiveDouble, run_scrapy: Callable[..., Run]) -> None:
    run = crawl(run_scrapy, double, HOME_PAGES=0)
    assert run.status == 0, run.stderr
    assert run.files() == {}


def test_discovery_second_run_asks_for_the_home_page_and_living_pages(
    double: ArchiveDouble, run_scrapy: Callable[..., Run]
) -> None:
    crawl(run_scrapy, double)
    before = len(double.log)
    assert crawl(run_scrapy, double).status == 0
    asked = [unquote(entry.path.partition("url=")[2].partition("&")[0]) for entry in double.log[before:]]
    assert asked == ["rackety.example", "https://buyer.example/legal/x", "https://rackety.example/doc?id=9"]
    assert all("from=20" in entry.path for entry in double.log[before:])


def test_discovery_policy_that_moved_is_found_by_the_home_pages_new_link(
    double: ArchiveDouble, run_scrapy: Callable[..., Run]
) -> None:
    crawl(run_scrapy, double)
    before = len(double.log)
    double.holdings = Held([
        *PAGES,
        memento("https://rackety.example/", "20220601000000", b"<body><a href='/about/43'>Privacy</a>"),
        memento("https://rackety.example/about/43", "20220601000100", POLICY.replace(b"cookies", b"biscuits")),
    ])  # fmt: skip
    run = crawl(run_scrapy, double)
    assert "rackety.example/20220601000100.txt" in run.files()
    assert len([entry for entry in double.log[before:] if entry.kind == "cdx"]) == 4


def test_discovery_goes_on_where_what_was_found_is_no_policy(run_scrapy: Callable[..., Run]) -> None:
    """The linked page and two guessed ones are no policies; what only the filtered listing has is found in the same run."""
    stamps = [f"{year}0301000000" for year in (2018, 2019, 2020)]
    other = (
        b"<title>Servers</title><body><h1>Servers</h1>" + b"<p>We sell dedicated servers in many data centres.</p>" * 10
    )
    pages = {"": b"<body><a href='/gdpr-hosting'>GDPR</a><p>Servers", "company/info/datenschutz.html": POLICY}
    pages |= dict.fromkeys(("gdpr-hosting", "legal", "policies"), other)
    held = [memento(f"http://rackety.example/{path}", at, body) for path, body in pages.items() for at in stamps]
    with ArchiveDouble(Held(held)) as double:
        run = crawl(run_scrapy, double)
        assert run.status == 0, run.stderr
        assert [*run.files()] == ["rackety.example/20180301000000.txt"]
        assert len(double.requests("cdx")) <= MAX_CALLS


def test_companies_explain(double: ArchiveDouble, run_scrapy: Callable[..., Run], tmp_path: Path) -> None:
    crawl(run_scrapy, double)
    explained = run_scrapy("companies", "--explain", "rackety.example")
    assert explained.status == 0, explained.stderr
    lines = {line.split()[-1]: line.split() for line in takewhile(str.strip, explained.stdout.splitlines()[1:])}
    assert "rackety.example: policy in 2 of 3 half-years, from 2019-03-01 to 2021-03-02" in explained.stdout
    assert "2022A: archive thin" in explained.stdout
    assert lines["https://rackety.example/doc?id=9"][0] == "yes"
    assert "2019-03-01" in lines["https://rackety.example/doc?id=9"]
    missing = run_scrapy("companies", "--explain", "rackety.example", output=tmp_path / "nothing")
    assert missing.status == 1
    assert "no catalog here" in missing.stderr
