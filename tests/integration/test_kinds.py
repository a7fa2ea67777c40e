"""A crawl for two kinds of documents: each page belongs to one, and what is stored of one does not mix with the other.

One crawl for privacy policies alone, as an earlier release made it, and one for both kinds into the same folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.catalog.read_only import reading
from pipelines.digest.domain_versions import as_of, numbered
from pipelines.digest.formats import as_text
from pipelines.digest.news import read_digest
from pipelines.document import parse
from pipelines.output.feeds import write_feeds
from pipelines.report.site import build
from pipelines.versions import read_versions
from tests.support.archive_double import ArchiveDouble, Held, memento
from tests.support.commands import scrapy
from tests.support.proven import evidence_of, texts_of_commands
from tests.support.service import crawl, rows, write_companies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.versions import Version
    from tests.support.browser import Browser
    from tests.support.commands import Run

DOMAIN = "acme.example"
SITE = f"https://{DOMAIN}"
HOME = (
    "<title>Acme</title><body><p>Servers for everybody.</p><footer>"
    "<a href='/p1'>Privacy Policy</a> <a href='/doc9'>Terms of Service</a></footer>"
)
PRIVACY = (
    "<p>We at Acme collect personal information {} such as your name and e-mail address when you register. We use cookies. "
    "We do not share your personal information with third parties without your consent.</p>"
)
TERMS = (
    "<p>{} By using the services you agree to these terms of service. You may not use the service for any unlawful purpose. "
    "We may suspend or terminate your account if you breach these terms. The service is provided as is, without warranty of "
    "any kind, and our liability is limited to the fees that you paid. Fees are due in advance. These terms are governed by "
    "the laws of the state of Ohio.</p>"
)


def page(title: str, paragraph: str, number: str) -> str:
    paragraphs = "".join(paragraph.format(f"{number}.{part}") for part in range(8))
    return f"<title>{title}</title><body><article><h1>{title}</h1>{paragraphs}</article>"


def of_kind(output: Path, kind: str) -> Iterator[Version]:
    with reading(output, "") as connection:
        yield from read_versions(connection, output, kind=kind)


HELD = [
    memento(f"{SITE}/", "20180301000000", HOME),
    memento(f"{SITE}/", "20190301000000", HOME),
    memento(f"{SITE}/p1", "20180301000100", page("Privacy Policy", PRIVACY, "one")),
    memento(f"{SITE}/p1", "20190301000100", page("Privacy Policy", PRIVACY, "two")),
    memento(f"{SITE}/doc9", "20180301000100", page("Terms of Service", TERMS, "one")),
    memento(f"{SITE}/doc9", "20190301000100", page("Terms of Service", TERMS, "two")),
    memento("https://beta.example/legal", "20180301000000", page("Terms of Service", TERMS, "beta")),
]


@dataclass(frozen=True)
class Crawled:
    """A run for privacy policies, its files and versions, then one for both kinds, and the pages that this one fetched."""

    alone: Run
    files: dict[str, bytes]
    versions: list[dict[str, Any]]
    run: Run
    fetched: list[str]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = tmp_path_factory.mktemp("kinds")
    companies = write_companies(folder / "companies.yaml", DOMAIN, "beta.example")
    with ArchiveDouble(Held(HELD)) as double:
        alone = crawl(double.url, folder / "output", COMPANIES_FILE=companies)
        files, known, asked = alone.files(), alone.versions(), len(double.requests("playback"))
        run = crawl(double.url, folder / "output", "kinds=privacy,terms", COMPANIES_FILE=companies)
        fetched = [entry.path for entry in double.requests("playback")[asked:]]
    return Crawled(alone, files, known, run, fetched)


def test_policies_are_what_they_are_without_the_other_kind(crawled: Crawled) -> None:
    assert crawled.alone.status == crawled.run.status == 0, crawled.run.stderr
    assert sorted(crawled.files) == ["acme.example/20180301000100.txt", "acme.example/20190301000100.txt"]
    now = crawled.run.files()
    assert {name: data for name, data in now.items() if "/terms/" not in name} == crawled.files
    policies = [version for version in crawled.run.versions() if version["kind"] == "privacy"]
    assert policies == crawled.versions


def test_other_kind_has_its_own_folder_header_and_versions(crawled: Crawled) -> None:
    terms = [version for version in crawled.run.versions() if version["kind"] == "terms"]
    assert [version["path"] for version in terms] == [
        "text/acme.example/terms/20180301000100.txt",
        "text/acme.example/terms/20190301000100.txt",
        "text/beta.example/terms/20180301000000.txt",
    ]
    assert {(version["is_policy"], version["policy_threshold"]) for version in terms} == {(False, None)}
    assert [version["change"] for version in terms] == ["first", "changed", "first"]
    document = parse((crawled.run.output / terms[0]["path"]).read_text())
    assert (document.noun, document.kind, document.is_policy) == ("terms of service", "terms", False)
    assert " acme.example terms of service that was archived on 2018-03-01" in document.text
    sums = (crawled.run.output / "text" / "SHA256SUMS").read_text()
    assert "acme.example/terms/20180301000100.txt" in sums


def test_pages_that_were_read_in_vain_are_read_again_from_the_warc(crawled: Crawled) -> None:
    query = "SELECT urlkey, kind, tried FROM pages ORDER BY urlkey"
    assert rows(crawled.run.output, query) == [
        ("example,acme)/doc9", "terms", None),
        ("example,acme)/p1", "privacy", None),
        ("example,beta)/legal", "terms", "privacy"),
    ]
    assert all("/doc9" in path for path in crawled.fetched), crawled.fetched  # home pages too are in the WARC


def test_feeds_keep_the_kinds_apart(crawled: Crawled) -> None:
    output = crawled.run.output
    news = [json.loads(line) for line in (output / "changes.jsonl").read_text().splitlines()]
    assert {each["kind"] for each in news} == {"terms"}
    feeds = {path.name: path.read_text() for path in (output / "feeds").iterdir()}
    assert sorted(feeds) == ["acme.atom", "acme.terms.atom", "beta.terms.atom"]
    assert "/doc9" not in feeds["acme.atom"]
    assert "/p1" not in feeds["acme.terms.atom"]
    assert "changes of its terms of service" in feeds["acme.terms.atom"]


def test_report_keeps_the_kinds_apart(crawled: Crawled) -> None:
    folder = crawled.run.output / "report" / "companies"
    assert build(crawled.run.output).versions == len(crawled.run.versions())
    policies, terms = ((folder / name).read_text() for name in ("acme.html", "acme.terms.html"))
    assert re.findall(r'<a href="([^"]+)\.atom"', policies) == ["../../feeds/acme", "../../changes"]
    assert re.findall(r'<a href="([^"]+)\.atom"', terms) == ["../../feeds/acme.terms", "../../changes.terms"]
    write_feeds(crawled.run.output)
    feed = (crawled.run.output / "feeds" / "acme.terms.atom").read_text()
    links = re.findall(r'href="\.\./report/companies/([^"]+)"', feed)
    assert links == ["acme.terms.html", "acme.terms.html#v2", "acme.terms.html#v1"]
    assert '<a href="acme.terms.html">Terms of service: 2 versions</a>' in policies
    assert "/doc9" not in policies
    assert "<title>Acme: 2 versions of its terms of service</title>" in terms
    assert "/p1" not in terms
    assert 'data-diff=""' in terms  # of its first version
    assert "0 versions" not in (folder / "beta.terms.html").read_text()
    digest = read_digest(crawled.run.output, since="")
    shown = {(news.version.searched_as, news.report.rpartition("/")[2]) for _, of in digest.companies for news in of}
    assert {("privacy", "acme.html#v1"), ("terms", "acme.terms.html#v1"), ("terms", "beta.terms.html#v1")} <= shown
    assert "terms of service: first text of a page" in as_text(digest)


def test_evidence_is_of_a_kind(crawled: Crawled) -> None:
    files = evidence_of(crawled.run.output, 2, DOMAIN, "terms")
    texts = [files[f"text/{name}.txt"] for name in ("before-20180301000100", "after-20190301000100")]
    assert texts_of_commands(files) == texts
    assert all(b"acme.example terms of service that" in text for text in texts)
    said = scrapy("evidence", DOMAIN, "--version", "2", "--kind", "terms", output=crawled.run.output)
    assert (said.status, "against version 1" in said.stdout) == (0, True), said.stderr


def test_versions_are_read_by_kind(crawled: Crawled) -> None:
    known = {kind: [*of_kind(crawled.run.output, kind)] for kind in ("", "privacy", "terms")}
    assert {kind: len(found) for kind, found in known.items()} == {"": 5, "privacy": 2, "terms": 3}
    newest = as_of(numbered(known["terms"]), "")
    assert newest is not None
    assert newest.version.path == "text/acme.example/terms/20190301000100.txt"


def test_rebuild_comes_to_the_same(crawled: Crawled) -> None:
    before, files = crawled.run.versions(), crawled.run.files()
    done = scrapy("convert", "--from-warc", output=crawled.run.output)
    assert done.status == 0, done.stderr
    assert (done.versions(), done.files()) == (before, files)


def test_overview_of_other_kind_works_in_a_browser(crawled: Crawled, browser: Browser) -> None:
    build(crawled.run.output)
    browser.open(crawled.run.output / "report" / "index.terms.html")
    assert browser.text("h1") == "Terms of service versions"
    assert browser.count("#table tbody tr:not([hidden])") == 2
    assert browser.count(".plot canvas") == 2
    browser.driver.find_element("name", "q").send_keys("acme")
    assert browser.text("#shown") == "1 of 2 companies"
    browser.click("#table tbody tr:not([hidden]) a")
    browser.until("document.querySelector('#reader-body .diff') !== null")
    assert browser.text("h1") == "Acme"
    browser.click("nav a")
    assert browser.text("h1") == "Terms of service versions"
