"""The takedown list: what its lines name, and that nothing shows the words of what is on it."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from scrapy.utils.project import get_project_settings

from crawler.commands.report import Command
from pipelines.digest.formats import FORMATS
from pipelines.digest.news import CLASSES, Wanted, read_digest
from pipelines.digest.text_search import search
from pipelines.errors import OutputError, TakedownError, TextWithheld
from pipelines.export.corpus import export_corpus
from pipelines.output.feeds import write_feeds
from pipelines.output.storage import LocalStorage
from pipelines.output.store import OutputStore
from pipelines.output.withheld_titles import FILES, withhold_titles
from pipelines.report.site import build
from pipelines.takedown import NOTHING, Takedown, load_takedown, parse_takedown
from pipelines.versions import versions
from tests.support.commands import ROOT
from tests.support.folders import end_run, file, opened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEXTS = ("We keep walnuts for a year.", "We keep walnuts and sell acorns.", "We keep chestnuts.")


def has(
    takedown: Takedown, url: str, *, domain: str = "example.com", page: str = "", timestamp: str = "20100101000000"
) -> bool:
    span = {"first_seen": "2010-01-01T00:00:00Z", "last_seen": "2010-06-30T12:00:00Z"}
    return takedown.withholds(domain=domain, page=page, url=url, timestamp=timestamp, hashes=("a" * 64,), **span)


@pytest.mark.parametrize(
    ("line", "is_withheld"),
    [
        ("example.com", True),
        ("www.Example.com  # by mail, 2026-11-01", True),
        ("ample.com", False),
        ("legal.example.com", True),
        ("other.com", False),
        ("https://example.com/privacy", False),
        ("http://www.legal.example.com:80/Privacy/#top", True),
        ("legal.example.com/privacy", True),
        ("https://legal.example.com/privacy?v=1", False),
        ("https://web.archive.org/web/20100101000000id_/http://legal.example.com/privacy", True),
        ("https://web.archive.org/web/20110101000000/http://legal.example.com/privacy", False),
        ("https://web.archive.org/web/20100630120000/http://legal.example.com/privacy", True),
        ("https://web.archive.org/web/20100630120001/http://legal.example.com/privacy", False),
        ("https://web.archive.org/web/20100101000000id_/https%3A//legal.example.com/privacy", True),
        ("web.archive.org/web/20100301000000if_/legal.example.com/privacy", True),
        ("https://arquivo.pt/noFrame/replay/20100301000000id_/http://legal.example.com/privacy", True),
        ("https://archive.example/20100301000000/http://legal.example.com/privacy", True),
        ("https://arquivo.pt/wayback/20110301000000/http://legal.example.com/privacy", False),
        ("https://legal.example.com./privacy", True),
        ("https://legal.example.com/privac%79", True),
        ("www.com", False),
        ("A" * 64, True),
        ("b" * 64, False),
        ("# example.com", False),
        ("", False),
    ],
)
def test_takedown_line(line: str, is_withheld: bool) -> None:  # noqa: FBT001 - pytest's way
    takedown = parse_takedown(f"# list\r\n{line}\n", "list")
    assert has(takedown, "https://legal.example.com/privacy") == is_withheld


def test_takedown_address_names_a_page_by_its_urlkey() -> None:
    takedown = parse_takedown("https://example.com/old-privacy", "list")
    assert has(takedown, "https://example.com/new", page="com,example)/old-privacy")


def test_takedown_domain_is_that_of_the_page_or_of_a_numbered_host_too() -> None:
    moved = {"domain": "other.example", "page": "com,example)/old-privacy"}
    assert has(parse_takedown("example.com", "list"), "https://new.example/privacy", **moved)
    assert has(parse_takedown("www2.example.com", "list"), "https://www2.example.com/privacy")
    assert not has(parse_takedown("www2.example.com", "list"), "https://www.example.com/privacy")


def test_takedown_address_can_be_written_as_read() -> None:
    takedown = parse_takedown("https://example.com/datenschutzerklärung", "list")
    assert has(takedown, "https://www.example.com/Datenschutzerkl%C3%A4rung/")
    assert has(takedown, "https://example.com/neu", page="com,example)/datenschutzerkl%c3%a4rung")


def test_takedown_domain_can_have_other_letters() -> None:
    takedown = parse_takedown("bücher.example\nhttps://müller.example/datenschutz", "list")
    assert has(takedown, "http://xn--bcher-kva.example/p", domain="xn--bcher-kva.example")
    assert has(takedown, "http://www.xn--mller-kva.example/datenschutz", domain="other.example")


@pytest.mark.parametrize(
    "line",
    [
        "example",
        "example.com other.com",
        "ftp://example.com/x",
        "f" * 63,
        "http://",
        "user@example.com/x",
        "-a.com",
        "https://web.archive.org/web/2015/https://example.com/",
        "https://arquivo.pt/wayback/2015/http://example.com/",
    ],
)
def test_takedown_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "takedown.txt"
    path.write_text(f"# first\nexample.com\n{line}\n")
    with pytest.raises(TakedownError, match=r"takedown\.txt:3: .* names no text; write a domain"):
        load_takedown(path)


def test_takedown_snapshots_are_found_by_their_address() -> None:
    lines = [f"https://web.archive.org/web/2015010{day}000000/http://www.example.com/privacy/" for day in (1, 2)]
    found = parse_takedown("\n".join([*lines, "https://web.archive.org/web/20150101000000/http://other.com"]), "list")
    days = frozenset({"20150101000000", "20150102000000"})
    assert found.snapshots == {"example.com/privacy": days, "other.com": frozenset({"20150101000000"})}


def test_takedown_that_names_nothing_is_said() -> None:
    found = parse_takedown("exmaple.com", "list")
    assert found.told(0) == "no text withheld: TAKEDOWN_FILE names none that is here"
    assert (found.told(2), NOTHING.told(0)) == ("2 texts withheld (TAKEDOWN_FILE)", "")


def test_takedown_list_of_the_docs_is_one() -> None:
    block = (ROOT / "docs" / "takedown.md").read_text().split("```")[1]
    found = parse_takedown(block, "takedown.md")
    assert all((found.domains, found.addresses, found.snapshots, found.hashes))


def test_takedown_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TakedownError, match=r"nowhere: can't be read .*TAKEDOWN_FILE="):
        load_takedown(tmp_path / "nowhere")
    assert load_takedown("") is NOTHING


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a folder whose feeds and report were made before anybody asked for anything."""
    with opened(tmp_path / "output") as library:
        for year, text in zip(("2010", "2011", "2012"), TEXTS, strict=True):
            file(library, f"{year}0101000000", text, title="Nuts")
        library.write_versions()
        end_run(library)
    build(tmp_path / "output")
    write_feeds(tmp_path / "output")
    return tmp_path / "output"


def shown(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.suffix in {".html", ".js", ".atom", ".jsonl"})


def test_takedown_is_honoured_everywhere(output: Path, tmp_path: Path) -> None:
    assert "walnuts" in shown(output / "report")
    assert "walnuts" in shown(output / "feeds")
    sha = next(version.text_sha256 for version in versions(output) if version.number == 2)
    list_ = tmp_path / "takedown.txt"
    list_.write_text(f"{sha}\n")
    takedown = load_takedown(list_)
    with pytest.raises(TextWithheld):
        [version.text() for version in versions(output, takedown_file=list_)]
    built = build(output, takedown=takedown)
    write_feeds(output, takedown=takedown)
    assert built.withheld == 1
    for place in ("report", "feeds"):
        assert "acorns" not in shown(output / place), place
    assert "1 text is withheld on request" in (output / "report" / "index.html").read_text()
    assert "20110101000000.txt" not in shown(output / "report")
    assert "Texts of 2 entries are withheld on request" in (output / "changes.atom").read_text()
    digest = read_digest(output, since="", wanted=Wanted(frozenset(CLASSES)), takedown=takedown)
    for form, write in FORMATS.items():
        assert "acorns" not in write(digest), form
        assert "2 changes without sentences: the texts are withheld" in write(digest).replace("\\_", "_")
    hits = list(search(output, ["acorns"], takedown=takedown))
    assert [(hit.version.number, hit.sentences) for hit in hits] == [(2, ())]
    hits = list(search(output, ["keep"], takedown=takedown))
    assert [(hit.version.number, hit.is_new) for hit in hits if hit.sentences] == [(1, True), (3, False)]
    assert export_corpus(output, tmp_path / "corpus", takedown=takedown) == (2, 1)


def test_takedown_is_honoured_by_a_run(output: Path) -> None:
    takedown = parse_takedown("example.com", "list")
    store = OutputStore(output, "", software="test", takedown=takedown).open()
    store.write_versions()
    end_run(store)
    store.close()
    rows = [json.loads(line) for line in (output / "versions.jsonl").read_text().splitlines()]
    assert [row["title"] for row in rows] == [None] * 3
    assert "walnuts" not in (output / "changes.atom").read_text()


def titles(path: Path) -> list[str | None]:
    return [json.loads(line)["title"] for line in path.read_text().splitlines()]


def test_takedown_titles_go_before_the_next_crawl(output: Path, tmp_path: Path) -> None:
    """`scrapy report` empties them in the files that the last run wrote, and changes nothing else in them."""
    sha = next(version.text_sha256 for version in versions(output) if version.number == 2)
    takedown = parse_takedown(sha, "list")
    written = {name: (output / name).read_text() for name in FILES}
    withhold_titles(output, "", NOTHING)
    assert {name: (output / name).read_text() for name in FILES} == written
    (tmp_path / "takedown.txt").write_text(sha)
    report = Command()
    report.settings = get_project_settings().copy()
    report.settings.setdict({"OUTPUT_DIR": str(output), "TAKEDOWN_FILE": str(tmp_path / "takedown.txt")})
    for _ in range(2):
        assert report.answer([], Namespace()).endswith("1 text withheld (TAKEDOWN_FILE)")
        assert [titles(output / name) for name in FILES] == [["Nuts", None, "Nuts"]] * 2
    store = OutputStore(output, "", software="test", takedown=takedown).open()
    emptied = (output / "versions.jsonl").read_text()
    store.write_versions()
    store.close()
    assert (output / "versions.jsonl").read_text() == emptied
    assert not list(output.glob("*.withheld*"))


def test_takedown_titles_go_from_files_of_the_first_release(output: Path) -> None:
    """It wrote moments as ISO 8601, and had fewer columns. A line that is none of ours stays."""
    row = {
        "domain": "example.com", "page": "com,example)/privacy", "first_seen": "2010-01-01T00:00:00Z", "title": "Nuts",
        "last_seen": "2010-06-30T00:00:00Z", "timestamp": "2010-03-01T00:00:00Z", "url": "http://example.com/privacy",
    }  # fmt: skip
    lines = [json.dumps(row), "[1]", '{"title": "Nuts"', "null"]
    (output / "versions.jsonl").write_text("\n".join(lines))
    snapshot = "https://web.archive.org/web/20100301000000/http://example.com/privacy"
    withhold_titles(output, "", parse_takedown(snapshot, "list"))
    lines[0] = json.dumps(row | {"title": None})
    assert (output / "versions.jsonl").read_text() == "\n".join(lines)


def test_takedown_titles_go_by_what_the_catalog_knows_since(output: Path) -> None:
    """The files may be older than the catalog: of a killed run, and of the first release, whose lines had no `url`."""
    rows = [json.loads(line) for line in (output / "versions.jsonl").read_text().splitlines()]
    old = [{name: value for name, value in row.items() if name not in {"url", "last_seen"}} for row in rows]
    (output / "versions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in old))
    withhold_titles(output, "", parse_takedown(rows[1]["url"], "list"))
    assert titles(output / "versions.jsonl") == [None] * 3


def test_takedown_titles_leave_nothing_of_a_killed_report(output: Path) -> None:
    (output / "versions.jsonl.withheld").write_text("{}")
    withhold_titles(output, "", parse_takedown("another.example", "list"))
    assert not list(output.glob("*.withheld*"))


def test_takedown_titles_of_two_reports_at_once(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move, takedown = LocalStorage.move, parse_takedown("example.com", "list")
    monkeypatch.setattr(LocalStorage, "move", lambda *given: (move(*given), move(*given)))  # the second finds nothing
    withhold_titles(output, "", takedown)
    assert titles(output / "versions.jsonl") == [None] * 3


def test_takedown_titles_of_a_file_that_a_run_replaces(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, write = output / "versions.jsonl", LocalStorage.write
    takedown, replaced = parse_takedown("example.com", "list"), path.read_text().replace("Nuts", "Seeds")
    runs = iter(range(1))

    def write_beside_a_run(self: LocalStorage, name: str, data: Iterable[bytes]) -> bool:
        is_written = write(self, name, data)
        for _ in runs:
            path.write_text(replaced)
        return is_written

    monkeypatch.setattr(LocalStorage, "write", write_beside_a_run)
    withhold_titles(output, "", takedown)
    assert path.read_text() == replaced.replace('"Seeds"', "null")
    path.write_text(replaced)
    again = (replaced.replace("Seeds", f"Seeds {number}") for number in range(9))
    monkeypatch.setattr(LocalStorage, "write", lambda *given: write(*given) and bool(path.write_text(next(again))))
    with pytest.raises(OutputError, match="another process wrote it meanwhile, 3 times; run this again"):
        withhold_titles(output, "", takedown)
    assert not list(output.glob("*.withheld*"))
