"""The overviews of a catalog with documents of several kinds: one for each kind that has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.convert import CONVERTER_VERSION
from pipelines.document import Document, render_date, snapshot_url
from pipelines.gate.prior import Evidence
from pipelines.items import Capture, Memento, Snapshot
from pipelines.kinds import KINDS
from pipelines.output.store import OutputStore
from pipelines.report.data_files import read_script
from pipelines.report.site import build
from pipelines.takedown import parse_takedown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEXTS = ("We keep walnuts for a year.", "We keep walnuts and sell acorns.", "We keep chestnuts.")


def folder(root: Path, kinds: Iterable[str]) -> Path:
    """Make an output folder of two companies; the first has texts of the kinds, named by their folder in the URL."""
    with_texts, without = "example.com", "example.org"
    store = OutputStore(root, "", software="test").open()
    for domain in (with_texts, without):
        store.catalog.set_company(domain, [domain])
    for kind in kinds:
        url = f"http://{with_texts}/{kind}"
        store.catalog.add_pages(with_texts, [f"com,example)/{kind}"], kind)
        for year, text in enumerate(TEXTS, 2010):
            timestamp = f"{year}0101000000"
            capture = Capture(
                f"com,example)/{kind}", timestamp, url, "text/html", "200", f"{kind}{year}", "9", "wayback"
            )
            store.catalog.add_captures(with_texts, [capture])
            memento = Memento(timestamp, url, "http://archive/", 200, (), b"<p>", "wayback")
            document = Document(
                domain=with_texts,
                date=render_date(timestamp),
                snapshot_url=snapshot_url(url, timestamp),
                title=f"{kind} {year}",
                body=f"{text}\n",
                converter_version=CONVERTER_VERSION,
                noun=KINDS[kind].header_noun,
            )
            store.record(Snapshot(with_texts, capture, memento, Evidence(kind=kind)), document)
    store.close()
    return root


def test_each_kind_has_an_overview(tmp_path: Path) -> None:
    report = folder(tmp_path, ("privacy", "terms")) / "report"
    built = build(tmp_path)
    assert (built.companies, built.versions) == (2, 6)
    privacy, terms = ((report / name).read_text() for name in ("index.html", "index.terms.html"))
    assert '<a href="index.terms.html">Terms of service: 3 versions of 1 company</a>' in privacy
    assert '<a href="index.html">Privacy policy: 3 versions of 1 company</a>' in terms
    assert ("<h1>Privacy policy versions</h1>" in privacy, "<h1>Terms of service versions</h1>" in terms) == (
        True,
        True,
    )
    assert ("example.org" in privacy, "example.org" in terms) == (True, False)
    assert (terms.count("companies/example-com.terms.html#v3"), "companies/example-com.html" in terms) == (3, False)
    assert ("overview-data.js" in privacy, "overview-data.terms.js" in terms) == (True, True)
    for name, companies in (("overview-data.js", 2), ("overview-data.terms.js", 1)):
        (*_, rows, _) = read_script((report / name).read_bytes())
        assert [row[0] for row in rows] == [3, 0][:companies]
    assert '<a href="../index.terms.html">All companies' in (report / "companies/example-com.terms.html").read_text()


def test_overview_of_the_first_kind_is_there_without_any_text_of_it(tmp_path: Path) -> None:
    folder(tmp_path, ["terms"])
    assert build(tmp_path).versions == 3
    assert "Terms of service: 3 versions of 1 company" in (tmp_path / "report/index.html").read_text()


def test_withheld_texts_of_each_kind_are_counted(tmp_path: Path) -> None:
    """`scrapy report` said that the list names nothing, where it named terms of service."""
    folder(tmp_path, ("privacy", "terms"))
    built = build(tmp_path, takedown=parse_takedown("example.com/terms", "list"))
    assert built.withheld == 3
    assert "3 texts are withheld" in (tmp_path / "report/index.terms.html").read_text()


def test_overview_of_a_kind_goes_with_its_last_page(tmp_path: Path) -> None:
    report = folder(tmp_path / "privacy", ["privacy"]) / "report"
    build(tmp_path / "privacy")
    assert not list(report.glob("*.terms.*"))
    for name in ("index.terms.html", "overview-data-2.terms.js"):
        (report / name).write_text("of an earlier build")
    build(tmp_path / "privacy")
    assert not list(report.glob("*.terms.*"))
