"""The feeds as a feed reader sees them: differences, links, dates, and ids that stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.digest import atom_feed
from pipelines.output import feeds
from pipelines.output.feeds import write_feeds
from pipelines.report.site import build
from tests.support.folders import end_run, file, opened

if TYPE_CHECKING:
    from pathlib import Path

feedparser = pytest.importorskip("feedparser")
COMPANY = "feeds/example-inc.atom"
HOSTILE = 'We sell it <script>alert(1)</script> <img src=x onerror=alert(1)> ]]> <!--0--> "&amp;" \x1b'


def run(root: Path, day: int, *captures: tuple[str, str]) -> None:
    with opened(root, f"2026-01-0{day}T06:00:00.000000+00:00") as library:
        for timestamp, text in captures:
            file(library, timestamp, text)
        end_run(library)


def read(root: Path, name: str = "changes.atom") -> Any:
    feed = feedparser.parse((root / name).read_bytes())
    assert not feed.bozo, feed.bozo_exception
    return feed


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run(tmp_path, 1, ("20100101000000", "We keep no data."), ("20110203040506", HOSTILE))
    return tmp_path


def test_entries_have_the_difference_as_text(root: Path) -> None:
    for name in ("changes.atom", COMPANY):
        newest, first = read(root, name).entries
        (content,) = newest.content
        assert content.type == "text/html"
        assert "<del>\u2212 We keep no data.</del>" in content.value
        assert "<ins>+ We sell it &lt;script&gt;alert(1)&lt;/script&gt;" in content.value
        assert not re.search(r"<(?!/?(p|ins|del|a)\b|!--)", content.value)
        assert (
            'href="https://web.archive.org/web/20100101000000id_/http%3A//example.com/privacy">before</a>'
            in content.value
        )
        assert "ins>" not in first.content[0].value


def test_dates_are_of_the_capture_and_of_the_run(root: Path) -> None:
    run(root, 2, ("20120101000000", "We keep it for children."))
    feed = read(root)
    assert feed.feed.updated == "2026-01-02T06:00:00Z"
    assert [(entry.published, entry.updated) for entry in feed.entries] == [
        ("2012-01-01T00:00:00Z", "2026-01-02T06:00:00Z"),
        ("2011-02-03T04:05:06Z", "2026-01-01T06:00:00Z"),
        ("2010-01-01T00:00:00Z", "2026-01-01T06:00:00Z"),
    ]


def test_ids_are_tags_that_stay(root: Path) -> None:
    """As later runs find earlier captures, a text between, and the first text again."""
    before = {entry.summary: entry.id for entry in read(root).entries}
    feed_id = read(root).feed.id
    run(root, 2, ("20050101000000", "We keep no data."), ("20110101000000", HOSTILE))
    assert {entry.summary: entry.id for entry in read(root).entries} == before
    run(root, 3, ("20110201000000", "Between."), ("20190101000000", "We keep no data."))
    ids = [entry.id for entry in read(root).entries]
    assert set(before.values()) < set(ids)
    assert len(set(ids)) == len(ids) >= 4
    assert all(re.fullmatch(r"tag:wayback-policies\.invalid,2026:[0-9a-f-]{36}", each) for each in (*ids, feed_id))
    assert read(root).feed.id == feed_id != read(root, COMPANY).feed.id
    assert [entry.id for entry in read(root, COMPANY).entries] == ids


def links(element: Any) -> dict[str, str]:
    return {link.rel: link.href for link in element.links}


def test_links_lead_to_pages_that_read_well(root: Path) -> None:
    raw = "https://web.archive.org/web/20110203040506id_/http%3A//example.com/privacy"
    newest = read(root).entries[0]
    assert links(newest) == {"alternate": raw.replace("id_", ""), "via": raw}
    assert links(read(root).feed) == {"self": "changes.atom"}
    build(root)
    write_feeds(root)
    for name, up in (("changes.atom", ""), (COMPANY, "../")):
        feed = read(root, name)
        where, _, fragment = links(feed.entries[0])["alternate"].partition("#")
        assert where == f"{up}report/companies/example-inc.html"
        page = ((root / name).parent / where).read_text()
        assert f'href="#{fragment}" data-number="2"' in page
        assert ((root / name).parent / links(feed.feed)["alternate"]).exists()
        assert links(feed.feed)["self"] == name.rpartition("/")[2]
    write_feeds(root, address="https://example.org/policies/")
    feed = read(root, COMPANY)
    assert links(feed.feed)["self"] == f"https://example.org/policies/{COMPANY}"
    assert links(feed.entries[0])["alternate"] == "https://example.org/policies/report/companies/example-inc.html#v2"


def test_report_links_to_the_feeds(root: Path) -> None:
    build(root)
    for page, found in (
        ("report/index.html", ["../changes.atom"]),
        ("report/companies/example-inc.html", [f"../../{COMPANY}", "../../changes.atom"]),
    ):
        text = (root / page).read_text()
        assert (
            re.findall(r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">', text)
            == found
        )
        assert re.findall(r'<a href="([^"]+\.atom)"', text) == found
        assert all((root / page).parent.joinpath(each).exists() for each in found)


def test_differences_are_found_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    real = feeds.sentence_change
    monkeypatch.setattr(feeds, "sentence_change", lambda *texts: found.append(1) or real(*texts))
    before = (root / "changes.atom").read_bytes()
    write_feeds(root)
    assert found == []
    assert (root / "changes.atom").read_bytes() == before
    (root / "changes.atom").write_bytes(b"<feed")
    (root / COMPANY).write_bytes(before.replace(b"ins", b"b"))
    (root / COMPANY).unlink()
    write_feeds(root)
    assert found == [1]
    assert (root / "changes.atom").read_bytes() == before


def test_text_that_is_gone_has_no_difference_until_it_is_back(root: Path) -> None:
    good = (root / "changes.atom").read_bytes()
    (path,) = (root / "text").rglob("20100101000000.txt")
    text = path.read_bytes()
    for name in ("changes.atom", COMPANY):
        (root / name).unlink()
    path.unlink()
    write_feeds(root)
    assert "<ins>" not in read(root).entries[0].content[0].value
    path.write_bytes(text)
    write_feeds(root)
    assert (root / "changes.atom").read_bytes() == good


def test_feed_is_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atom_feed, "MAX_CONTENT", 300)
    for year in range(2012, 2020):
        run(root, 2, (f"{year}0101000000", f"We keep it in {'a' * (year - 2000)} ways."))
    entries = read(root).entries
    assert len(entries) == 10
    assert ["content" in entry for entry in entries][:1] == [True]
    assert 0 < sum("content" in entry for entry in entries) < 5
    assert all(entry.summary for entry in entries)
