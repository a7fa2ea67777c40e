"""The site as files: made from the catalog alone, the same every time, escaped, and small enough."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.items import HOME_PAGE
from pipelines.output.store import OutputStore
from pipelines.report.data_files import read_script
from pipelines.report.page_names import slugs
from pipelines.report.recorded import Companies
from pipelines.report.site import build
from pipelines.topics.topics_file import load_topics
from tests.support.folders import end_run, file, opened
from tests.support.report_catalog import Folder, hostile, many


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.inline: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.handlers += [name for name in found if name.startswith("on") or name == "style"]
        self.links += [found["href"] or ""] if tag == "a" and "href" in found else []
        if tag == "script":
            self.scripts.append(found.get("src") or "")
        self.inline += [tag] if tag in {"style", "img", "iframe", "object", "embed"} else []


def test_build_reads_catalog_of_running_crawl(tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=2, versions=3)
    library = OutputStore(root, "", software="test").open()
    before = (root / "catalog.db").read_bytes()
    assert build(root).companies == 2
    assert (root / "catalog.db").read_bytes() == before
    library.close()


def test_reading_is_a_consistent_snapshot(tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=2, versions=3)
    OutputStore(root, "", software="test").open().close()  # as runs leave it: with a write-ahead log
    with reading(root) as db:
        companies = Companies(db, root)
        names = companies.names()
        with closing(sqlite3.connect(root / "catalog.db")) as writer, writer:
            writer.execute("UPDATE captures SET fate = 'failed', text_sha256 = NULL")
        assert sum(len(company.versions) for company in companies) == 5
    assert len(names) == 2


def test_build_is_deterministic(tmp_path: Path) -> None:
    first, second = (many(tmp_path / name, companies=5, versions=6) for name in ("a", "b"))
    build(first)
    build(second)
    assert files(first / "report") == files(second / "report")


def test_build_writes_only_changed_files(tmp_path: Path) -> None:
    root = many(tmp_path, companies=5, versions=6)
    first = build(root)
    assert (first.written, first.unchanged) == (len(files(root / "report")), 0)
    second = build(root)
    assert (second.written, second.unchanged) == (0, first.written)


def test_build_repairs_damaged_and_removes_stale_files(tmp_path: Path) -> None:
    root = many(tmp_path, companies=3, versions=4)
    build(root)
    before = files(root / "report")
    difference = next(path for path in (root / "report/companies/long-company").glob("*-*.js"))
    difference.write_bytes(b"torn")
    stale = root / "report" / "companies" / "gone.html"
    stale.write_text("old")
    (root / "report/companies/gone").mkdir()
    (root / "report/companies/gone/0.js").write_text("old")
    build(root)
    assert files(root / "report") == before
    assert not (root / "report/companies/gone").exists()


def test_build_missing_text_is_reported(tmp_path: Path) -> None:
    root = many(tmp_path, companies=1, versions=3)
    gone = next((root / "text" / "long.example").iterdir())
    kept = gone.read_bytes()
    gone.unlink()
    build(root)
    assert "not readable" in (root / "report/companies/long-company.html").read_text()
    gone.write_bytes(kept)
    build(root)
    assert "not readable" not in (root / "report/companies/long-company.html").read_text()


def test_build_divides_the_overview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = many(tmp_path / "output", companies=5, versions=2)
    build(root)
    whole = Tags()
    whole.feed((root / "report/index.html").read_text())
    (*_, rows, _) = read_script((root / "report/overview-data.js").read_bytes())
    monkeypatch.setattr("pipelines.report.site.LISTED_COMPANIES", 2)
    build(root)
    page = Tags()
    page.feed((root / "report/index.html").read_text())
    parts = ["overview-data.js", "overview-data-2.js", "overview-data-3.js"]
    assert [name for name in page.scripts if name.startswith("overview-data")] == parts
    data = [read_script((root / "report" / name).read_bytes()) for name in parts]
    assert [*data[0][3], *data[1][0], *data[2][0]] == rows
    shown = [row[2][2][1]["href"] for part in data[1:] for row in part[1]]
    assert [link for link in page.links if link.endswith(".html")] + shown == [
        link for link in whole.links if link.endswith(".html")
    ]
    monkeypatch.undo()
    build(root)
    assert not list((root / "report").glob("overview-data-*"))


def test_build_reads_no_path_outside_texts(tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=1, versions=2)
    (tmp_path / "secret.txt").write_text("secret")
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        db.execute("UPDATE documents SET path = 'text/../../secret.txt'")
    build(root)
    assert not any(b"secret" in data for name, data in files(root / "report").items() if name.endswith(".js"))


def test_build_hostile_text_is_never_markup(tmp_path: Path) -> None:
    root = hostile(tmp_path)
    build(root)
    for name, data in files(root / "report").items():
        if not name.endswith(".html"):
            continue
        tags = Tags()
        tags.feed(data.decode())
        assert all(re.fullmatch(r"(\.\./)?(assets/[\w.]+|overview-data)\.js", src) for src in tags.scripts)
        assert (tags.inline, tags.handlers) == ([], [])
        assert all(re.match(r"#|\.\./|companies/|https://web\.archive\.org/", link) for link in tags.links)
        assert b"default-src 'none'; script-src 'self'; style-src 'self'" in data
    texts = [data for name, data in files(root / "report/companies").items() if name.endswith(".js")]
    assert len(texts) == 3
    assert all(b"<" not in data for data in texts)


def test_build_differences_have_counts_of_page(tmp_path: Path) -> None:
    root = many(tmp_path, companies=1, versions=2)
    build(root)
    page = (root / "report/companies/long-company.html").read_text()
    name = re.findall(r'data-diff="([^"]+)"', page)[0]
    _, _, (change_class, added, removed, _, _) = read_script(
        (root / f"report/companies/long-company/{name}.js").read_bytes()
    )
    assert change_class == "substantive"
    assert f'data-added="{added}" data-removed="{removed}"' in page
    assert added
    assert removed


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Rackspace", "1&1 IONOS"], ["rackspace", "1-1-ionos"]),
        (["A/B", "a b"], ["a-b-41cd3ac4", "a-b-c8687a08"]),
        (["日本", "../../etc"], ["company-7b55dc2d", "etc"]),
    ],
)
def test_slugs_of_company_names(names: list[str], expected: list[str]) -> None:
    found = slugs(names)
    assert [re.sub(r"-[0-9a-f]{8}$", "", found[name]) for name in names] == [
        re.sub(r"-[0-9a-f]{8}$", "", e) for e in expected
    ]
    assert len(set(found.values())) == len(names)


def test_build_empty_catalog(tmp_path: Path) -> None:
    Folder(tmp_path).write()
    assert build(tmp_path).companies == 0


def test_build_ignores_odd_run_json(tmp_path: Path) -> None:
    root = many(tmp_path, companies=1, versions=1)
    (root / "run.json").write_text('{"companies": 7}')
    assert build(root).versions == 1


def test_build_shows_refusals_and_losses(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.company("Shut", "shut.example")
    folder.refuse("shut.example")
    folder.capture("shut.example", "20200101000000", fate="throttled", cause="HTTP 429")
    losses: dict[str, Any] = {
        "name": "Shut",
        "losses": {"listing: HTTP 403": 2, "throttled: HTTP 429": 1},
        "notes": {"skipped: n": 7},
    }
    build(folder.write(finished="2026-01-01T00:00:00+00:00", archive="wayback", companies=[losses]))
    index, page = ((tmp_path / "report" / name).read_text() for name in ("index.html", "companies/shut.html"))
    assert '<span class="tag warn">3</span> <span class="tag warn">refused</span>' in index
    assert "2 × listing: HTTP 403" in index  # noqa: RUF001
    assert "Not listed to its end: shut.example (domain)" in page
    assert "Lost in the last run: 2 × listing: HTTP 403" in page  # noqa: RUF001
    assert "7 × skipped: n" in page  # noqa: RUF001
    assert 'class="tick open"' in page


def test_companies_home_pages_only_where_lost(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.company("Homely", "homely.example", "lost.example")
    for domain in ("homely.example", "lost.example"):
        folder.capture(domain, "20200101000000", page="", fate="not a policy", cause=HOME_PAGE)
    folder.capture("lost.example", "20210101000000", page="", fate="failed", cause="HTTP 500")
    with reading(folder.write()) as db:
        (company,) = Companies(db, tmp_path)
    assert [(page.domain, [seen.cause for seen in page.captures]) for page in company.pages] == [
        ("lost.example", ["HTTP 500"])
    ]


def test_build_errors_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no catalog here; a crawl"):
        build(tmp_path)
    (tmp_path / "catalog.db").write_bytes(b"no database" * 100)
    with pytest.raises(OutputError, match="can't read the catalog"):
        build(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_build_unwritable_folder(tmp_path: Path) -> None:
    root = many(tmp_path, companies=1, versions=1)
    root.chmod(0o500)
    with pytest.raises(OutputError, match="can't write"):
        build(root)


def test_build_says_how_a_version_was_read_and_that_it_is_no_policy(tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=1, versions=2)
    with closing(sqlite3.connect(root / "catalog.db")) as db, db:
        db.execute("UPDATE documents SET reading = 'full', reading_coverage = 0.876, policy_score = 0.1")
        db.execute("UPDATE captures SET threshold = 0.2 WHERE text_sha256 IS NOT NULL")
    build(root)
    pages = b"".join(data for name, data in files(root / "report").items() if name.endswith(".html")).decode()
    assert 'data-about="full reading, 88 % of the page' in pages
    assert "its text reads as something else" in pages
    assert "no policy by its text" not in "".join(
        data.decode() for name, data in files_of_plain_report(tmp_path / "plain").items() if name.endswith(".html")
    )


def files_of_plain_report(root: Path) -> dict[str, bytes]:
    """Return the report of a folder whose texts an earlier release judged."""
    build(many(root, companies=1, versions=2))
    return files(root / "report")


def test_build_shows_classes_and_topics(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.company("Acme", "acme.example")
    folder.capture("acme.example", "20100101000000", body="We keep data. Since 1 May 2010.")
    folder.capture("acme.example", "20110101000000", body="We keep data. Since 2 June 2011.")
    folder.capture("acme.example", "20120101000000", body="We keep data. Since 2 June 2011. Children are welcome.")
    build(folder.write())
    page = (tmp_path / "report/companies/acme.html").read_text()
    assert "Show 1 that say nothing new: 1 in dates" in page
    assert 'data-kind="dates" data-added="3" data-removed="3" data-moved="0" data-topics=""' in page
    assert 'data-kind="substantive" data-added="3" data-removed="0" data-moved="0" data-topics="children"' in page
    overview = (tmp_path / "report/index.html").read_text()
    assert "Not listed: 1 in dates." in overview
    *_, rows, topics = read_script((tmp_path / "report/overview-data.js").read_bytes())
    *_, spoken, _ = rows[0]
    assert spoken == [0, 0, 1 << topics.index("children")]


def test_build_shows_what_the_last_run_found(tmp_path: Path) -> None:
    runs = ("2030-01-01T00:00:00.000000+00:00", "2030-02-01T00:00:00.000000+00:00")
    for moment, found in zip(
        runs, (("20150101000000", "Old text."), ("20160101000000", "New text of another sort.")), strict=True
    ):
        with opened(tmp_path, moment) as store:
            file(store, *found)
            end_run(store)
        build(tmp_path)
        overview = (tmp_path / "report/index.html").read_text()
        page = (tmp_path / "report/companies/example-inc.html").read_text()
        assert overview.count("New in the last run") == page.count("new in the last run") == (moment == runs[1])
    assert "1 version of 1 company, found since the run of 2030-01-01 00:00 UTC." in overview
    assert (
        'href="companies/example-inc.html#v2"'
        in overview.partition("New in the last run")[2].partition("</section>")[0]
    )
    with opened(tmp_path, "2030-03-01T00:00:00.000000+00:00") as store:
        end_run(store)
    build(tmp_path)
    assert (
        "Nothing: no version has been found since the run of 2030-02-01 00:00 UTC."
        in (tmp_path / "report/index.html").read_text()
    )


def test_build_measures_anew_with_other_topics(tmp_path: Path) -> None:
    root = many(tmp_path / "output", companies=1, versions=3)
    assert 'data-topics="sharing"' not in (build(root) and (root / "report/companies/long-company.html").read_text())
    own = tmp_path / "own.yaml"
    own.write_text("topics:\n  sharing: [version]\n")
    build(root, topics=load_topics(own))
    assert "sharing" in (root / "report/companies/long-company.html").read_text()
