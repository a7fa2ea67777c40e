"""The digest: what is shown, what is only counted, and that archived text is never markup in it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from pipelines.digest.domain_versions import as_of, difference, is_seen, numbered
from pipelines.digest.excerpts import MAX_CHARS, MAX_LINES, Excerpt, excerpts, shortened
from pipelines.digest.formats import FORMATS
from pipelines.digest.news import CLASSES, Wanted, _Pages, read_digest
from pipelines.output.location import ObjectLocation
from pipelines.output.storage import open_storage
from pipelines.report.site import build
from pipelines.similarity.sentences import SentenceChange
from pipelines.topics.topics_file import default_topics
from pipelines.versions import versions
from tests.support.folders import end_run, file, opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.object_store import ObjectStore

HOSTILE = '</ins><script>alert(1)</script> [x](javascript:alert(1)) <img src=x> **b** & "q" \x1b[31m'
DAYS = [f"2026-01-0{day}T00:00:00.000000+00:00" for day in range(1, 4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for day, captures in zip(
        DAYS,
        (
            [("2010", "We keep data. On 1 May 2010."), ("2011", "We keep data. On 2 June 2011.")],
            [
                ("2012", "We keep data for 30 days. On 2 June 2011."),
                ("2013", "We keep data for 30 days; On 2 June 2011."),
            ],
            [("2014", f"We keep data for 90 days. {HOSTILE}")],
        ),
        strict=True,
    ):
        with opened(tmp_path / "output", day) as library:
            for year, text in captures:
                file(library, f"{year}0101000000", text)
            library.write_versions()
            library.write_changes()
            library.catalog.add_run(finished=day, archive="test", exit_status=0, reason="finished")
    return tmp_path / "output"


def kinds(root: Path, **given: object) -> tuple[list[str], dict[str, int]]:
    digest = read_digest(root, **given)  # type: ignore[arg-type]
    return [news.kind for _, of in digest.companies for news in of], dict(digest.hidden)


def test_digest_shows_news_of_runs_and_counts_noise(folder: Path) -> None:
    assert kinds(folder) == (["substantive"], {})
    assert kinds(folder, since=2) == (["substantive", "substantive"], {"punctuation": 1})
    assert kinds(folder, since=9) == (["first", "substantive", "substantive"], {"dates": 1, "punctuation": 1})
    assert kinds(folder, since=DAYS[1]) == (["substantive"], {})
    assert kinds(folder, since="") == kinds(folder, since=3)
    everything = Wanted(frozenset(CLASSES))
    assert kinds(folder, since="", wanted=everything) == (
        ["first", "dates", "substantive", "punctuation", "substantive"], {},
    )  # fmt: skip
    assert kinds(folder, since="", wanted=Wanted(frozenset({"dates"}))) == (
        ["dates"], {"first": 1, "substantive": 2, "punctuation": 1},
    )  # fmt: skip


def test_digest_by_topic(folder: Path) -> None:
    children = Wanted(topic="children")
    assert kinds(folder, since="", wanted=children)[0] == []
    with opened(folder, "2026-01-09T00:00:00.000000+00:00") as library:
        file(library, "20150101000000", "We keep no data about children.")
        end_run(library)
    assert kinds(folder, since="", wanted=children)[0] == ["substantive"]


def test_digest_links_to_the_report_once_it_shows_the_version(folder: Path) -> None:
    (news,) = read_digest(folder).companies[0][1]
    assert news.report == ""
    assert "1 change not in the report yet" in FORMATS["text"](read_digest(folder))
    build(folder)
    (news,) = read_digest(folder).companies[0][1]
    assert news.report == f"{folder}/report/companies/example-inc.html#v5"
    assert "not in the report" not in FORMATS["text"](read_digest(folder))


def test_digest_has_no_link_to_an_object_without_public_url(
    folder: Path, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No browser opens s3://."""
    build(folder)
    for name, value in object_store.env.items():
        monkeypatch.setenv(name, value)
    there = ObjectLocation(object_store.bucket(), "p", str(tmp_path / "spool"))
    page = "report/companies/example-inc.html"
    open_storage(there).write(page, open_storage(folder).read(page))
    found = list(versions(folder))
    names = {"Example, Inc.": "example-inc"}
    assert _Pages(there, names, found, "").of(found[-1]) == ("", True)
    linked = f"https://example.org/p/{page}#v5"
    assert _Pages(there, names, found, "https://example.org/p/").of(found[-1]) == (linked, True)
    assert _Pages(there, {}, found, "https://example.org/p/").of(found[-1]) == ("", False)


@pytest.mark.parametrize("form", FORMATS)
def test_digest_says_how_to_have_links(folder: Path, form: str) -> None:
    build(folder)
    digest = read_digest(folder)
    (company, (news,)) = digest.companies[0]
    without = replace(digest, companies=((company, (replace(news, report=""),)),), report="s3://b/report")
    said = "1 comparison in s3://b/report: set PUBLIC_URL for links to them."
    text = FORMATS[form](without).replace("\\", "")
    assert said in text
    assert "s3://b/report/" not in text
    assert "PUBLIC_URL" not in FORMATS[form](digest)


def test_text_has_differences_and_addresses(folder: Path) -> None:
    text = FORMATS["text"](read_digest(folder, since=2))
    assert text.startswith("2 changes of 1 company since 2026-01-01 00:00 UTC\n\nExample, Inc.\n")
    assert (
        "  2012-01-01  substantive: +3 -0 words\n    last seen otherwise on 2011-01-01; http://example.com/privacy; topics: retention\n"
        in text
    )
    assert "    - We keep data.\n    + We keep data for 30 days.\n" in text
    assert "    before:     https://web.archive.org/web/20110101000000id_/http%3A//example.com/privacy\n" in text
    assert "    after:      https://web.archive.org/web/20120101000000id_/http%3A//example.com/privacy\n" in text
    assert "Not shown: 1 in punctuation. --only all shows them." in text
    assert "Shown: " not in text
    everything = FORMATS["text"](read_digest(folder, since=""))
    assert "Shown: 2 changes of a known text, 1 first text; 5 versions new in all.\n" in everything
    assert (
        FORMATS["text"](read_digest(folder, since="2099"))
        == "nothing new since 2099 UTC; scrapy changes --since all shows what was found before"
    )


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        assert all((value or "").startswith(("https://", "file:")) for name, value in attrs if name in {"href", "src"})


def test_html_and_markdown_escape_what_strangers_wrote(folder: Path) -> None:
    digest = read_digest(folder)
    tags = Tags()
    tags.feed(FORMATS["html"](digest))
    assert set(tags.tags) <= set("html meta title style h1 h2 h3 p ins del a".split())
    markdown = FORMATS["markdown"](digest)
    assert "\\<script\\>" in markdown
    assert re.search(r"(?<!\\)<(?!https://|file:)", markdown) is None
    assert re.search(r"(?<!\\)\]\((?!<https://|<file:)", markdown) is None


def test_excerpts_pair_new_wordings_and_cut_to_the_difference() -> None:
    long = "We keep " + "many things that we list here at length " * 12
    change = SentenceChange(added=("New.", f"{long}for 90 days."), removed=(f"{long}for 30 days.", "Gone."))
    found = excerpts(change)
    assert [each.sign for each in found.shown] == ["-", "+", "-", "+"]
    assert all(len(each.text) <= MAX_CHARS + 4 for each in found.shown)
    assert found.shown[0].text.endswith("for 30 days.")
    assert found.shown[1].text.endswith("for 90 days.")
    assert found.shown[2:] == (Excerpt("-", "Gone."), Excerpt("+", "New."))
    many = excerpts(SentenceChange(added=tuple(f"{number}" for number in range(99)), removed=()))
    assert (len(many.shown), many.more) == (MAX_LINES, 99 - MAX_LINES)
    assert shortened("x" * 999) == "x" * MAX_CHARS + " …"


def test_versions_by_number_and_date(folder: Path) -> None:
    found = numbered(versions(folder))
    assert [each.number for each in found] == [1, 2, 3, 4, 5]

    def at(prefix: str) -> int | None:
        chosen = as_of(found, prefix)
        return chosen.number if chosen else None

    assert [at(prefix) for prefix in ("2009", "2010", "20100101000000", "201012", "2013", "")] == [None, 1, 1, 1, 4, 5]
    assert is_seen(found[0], "2010")
    assert not is_seen(found[0], "201012")


def test_version_of_several_pages_is_the_one_seen_around_the_date(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for timestamp, page in (
            ("20100101000000", "old"),
            ("20120101000000", "old"),
            ("20110101000000", "new"),
            ("20150101000000", "new"),
        ):
            file(library, timestamp, page, page=f"com,example)/{page}", digest=timestamp)
    found = numbered(versions(tmp_path))
    pages = [as_of(found, prefix) for prefix in ("201006", "2013", "")]
    assert [each and each.version.page for each in pages] == [
        "com,example)/old",
        "com,example)/new",
        "com,example)/new",
    ]


def test_difference_marks_words(folder: Path) -> None:
    found = numbered(versions(folder))
    lines = difference(found[1], found[2], default_topics()).splitlines()
    assert lines[0] == "--- version 2, 2011-01-01 to 2011-01-01, http://example.com/privacy"
    assert lines[4] == "substantive: +3 -0 words, 0 moved; topics: retention"
    assert lines[-1] == "~ We keep data{+ for 30 days+}. On 2 June 2011."
    assert difference(found[1], found[1], default_topics()).endswith("the same text")
