"""`pages:` in the companies file: always listed and searched, and said so where the archive has nothing."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from tests.support.archive_double import ArchiveDouble, Behaviour, Held, memento
from tests.support.commands import scrapy
from tests.support.service import crawl

if TYPE_CHECKING:
    from pathlib import Path

POLICY = "<title>Privacy Policy</title><body><article><h1>Privacy Policy</h1>" + (
    "<p>We at {} collect personal information such as your name and e-mail address when you register. We use cookies. "
    "We do not share your personal information with third parties without your consent.</p>" * 8
)
GIVEN = {
    "https://acme.example/legal/doc17.html": "doc17",
    "https://acme.example/?page=privacy": "query",
    "https://acme.example/blog/privacy/img/notice": "a folder that is not searched",
    "https://www.iubenda.com/privacy-policy/123456": "foreign host",
    "https://policies.google.com/privacy": "platform host",
}
MISSING = "https://acme.example/legal/none.html"
ALIAS = "https://acme.co.example/x/1"


def companies_file(folder: Path) -> Path:
    pages = [*GIVEN, MISSING, ALIAS]
    path = folder / "companies.yaml"
    path.write_text(
        f"companies:\n  - {{name: Acme, domain: acme.example, aliases: [acme.co.example], pages: {pages}}}\n"
    )
    return path


def holdings() -> Held:
    texts = {**GIVEN, ALIAS: "alias"}
    return Held(memento(url, "20190301000000", POLICY.replace("{}", text)) for url, text in texts.items())


def test_given_pages_are_searched_whatever_their_url(tmp_path: Path) -> None:
    companies = companies_file(tmp_path)
    with ArchiveDouble(holdings()) as double:
        run = crawl(double.url, tmp_path / "output", versions="changes", COMPANIES_FILE=companies)
    assert run.status == 0, run.stderr
    domains = [name.partition("/")[0] for name in run.files()]
    assert sorted(domains) == ["acme.co.example", *["acme.example"] * len(GIVEN)]
    assert run.report()["companies"][0]["given_pages_without_captures"] == [MISSING]
    assert f"the archive lists no capture of {MISSING}" in run.stdout
    explained = scrapy(
        "companies", "--explain", "acme.example", output=tmp_path / "output", COMPANIES_FILE=companies
    ).stdout.splitlines()
    said = {line.split()[-1]: line.split()[0] for line in takewhile(str.strip, explained[1:])}
    assert said == dict.fromkeys([*GIVEN, MISSING], "given")


def test_given_pages_are_searched_despite_refused_bulk_listings(tmp_path: Path) -> None:
    with ArchiveDouble(holdings(), Behaviour(refused=frozenset({"domain", "prefix"}))) as double:
        run = crawl(double.url, tmp_path / "output", versions="changes", COMPANIES_FILE=companies_file(tmp_path))
    assert run.status == 0, run.stderr
    assert len(run.files()) == len(GIVEN) + 1


def test_given_pages_with_refused_listing_are_not_without_captures(tmp_path: Path) -> None:
    with ArchiveDouble(Held([]), Behaviour(cdx_first=("503",) * 9)) as double:
        run = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies_file(tmp_path))
    assert run.status == 3
    assert run.report()["companies"][0]["given_pages_without_captures"] == []


def test_given_pages_home_page(tmp_path: Path) -> None:
    companies = tmp_path / "companies.yaml"
    companies.write_text("companies:\n  - {name: Acme, domain: acme.example, pages: ['https://acme.example/']}\n")
    pages = [memento("https://acme.example/", f"20190{month}01000000", POLICY.replace("{}", month)) for month in "1357"]
    with ArchiveDouble(Held(pages)) as double:
        run = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies)
        again = crawl(double.url, tmp_path / "output", COMPANIES_FILE=companies)
    assert run.status == again.status == 0, run.stderr
    assert len(run.files()) == len(again.files()) == 4
