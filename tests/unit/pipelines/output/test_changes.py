"""What is new: first texts and texts that come back, once each, whatever dies in between; and the feed of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from pipelines.digest.atom_feed import FeedHead, atom
from pipelines.versions import versions
from tests.support.either_database import ON_SQLITE
from tests.support.folders import DOMAIN, PAGE, end_run, file, opened

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("database")

MOMENTS = [f"2026-01-0{day}T00:00:00.000000+00:00" for day in range(1, 9)]
ATOM = "{http://www.w3.org/2005/Atom}"


def run(root: Path, day: int, *captures: tuple[str, str], killed: bool = False) -> list[tuple[str, str]]:
    """File captures (timestamp, text) in a run of its own; return (year, change) of what it reports."""
    with opened(root, MOMENTS[day]) as library:
        for timestamp, text in captures:
            file(library, timestamp, text)
        if killed:
            return []
        end_run(library)
    return [(change["first_seen"][:4], change["change"]) for change in changes(root)]


def changes(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / "changes.jsonl").read_text().splitlines()]


def feed_in(root: Path) -> ET.Element:
    return ET.parse(root / "changes.atom").getroot()  # noqa: S314 - our own


def test_write_changes_first_change_and_return(tmp_path: Path) -> None:
    assert run(tmp_path, 0, ("20100101000000", "a"), ("20110101000000", "b")) == [
        ("2010", "first"),
        ("2011", "changed"),
    ]
    assert run(tmp_path, 1) == []
    assert run(tmp_path, 2, ("20120101000000", "b")) == []
    assert run(tmp_path, 3, ("20130101000000", "a")) == [("2013", "returned")]


def test_write_changes_earlier_capture_is_no_change(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20150101000000", "a"))
    assert run(tmp_path, 1, ("20100101000000", "a")) == []
    (version,) = versions(tmp_path)
    assert (version.first_seen.year, version.recorded.day if version.recorded else 0) == (2010, 1)


def test_write_changes_text_within_known_version(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20100101000000", "a"), ("20150101000000", "a"))
    assert run(tmp_path, 1, ("20120101000000", "b")) == [("2012", "changed")]
    assert [v.change for v in versions(tmp_path)] == ["first", "changed", "returned"]


def test_write_changes_after_killed_run(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20100101000000", "a"))
    run(tmp_path, 1, ("20110101000000", "b"), killed=True)
    assert run(tmp_path, 2, ("20120101000000", "c")) == [("2011", "changed"), ("2012", "changed")]
    assert run(tmp_path, 3) == []


def test_write_changes_repeated_after_run_killed_before_end(tmp_path: Path) -> None:
    with opened(tmp_path, MOMENTS[0]) as library:
        file(library, "20100101000000", "a")
        assert library.write_changes() == {DOMAIN: 1}
    assert run(tmp_path, 1) == [("2010", "first")]


def test_write_changes_rebuild_is_no_change(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20100101000000", "a"), ("20110101000000", "b"))
    with opened(tmp_path, MOMENTS[1]) as library:
        for timestamp, text in (("20100101000000", "a"), ("20110101000000", "b")):
            file(library, timestamp, f"{text}, as another converter writes it", digest=text)
        library.finish_domain(DOMAIN)
        assert end_run(library) == 0
    assert {v.recorded.day for v in versions(tmp_path) if v.recorded} == {1}
    assert len(list(versions(tmp_path))) == 2


def test_write_changes_without_changes_keeps_files(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20100101000000", "a"))
    run(tmp_path, 1)
    before = {name: (tmp_path / name).stat().st_mtime_ns for name in ("changes.jsonl", "changes.atom")}
    run(tmp_path, 2, ("20120101000000", "a"))
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before


def test_atom_follows_rfc_4287(tmp_path: Path) -> None:
    run(tmp_path, 0, ("20100101000000", "a"), ("20110101000000", "b"))
    one = feed_in(tmp_path)
    run(tmp_path, 1, ("20120101000000", "c"))
    feed = feed_in(tmp_path)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}updated") == "2026-01-02T00:00:00Z"
    assert feed.findtext(f"{ATOM}id") == one.findtext(f"{ATOM}id")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == [
        "Example, Inc.: changed, captured 2012-01-01",
        "Example, Inc.: changed, captured 2011-01-01",
        "Example, Inc.: first version, captured 2010-01-01",
    ]
    assert [ET.tostring(e).strip() for e in entries[1:]] == [
        ET.tostring(e).strip() for e in one.findall(f"{ATOM}entry")
    ]
    for entry in entries:
        assert str(entry.findtext(f"{ATOM}id")).startswith("tag:wayback-policies.invalid,2026:")
        assert entry.find(f"{ATOM}link[@rel='alternate']") is not None
        assert entry.findtext(f"{ATOM}updated")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 3


@ON_SQLITE
def test_atom_hostile_title_is_text(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        file(
            library, "20100101000000", "a", title="</summary><script>alert(1)</script> \x00\x1b\ufffe & more", page=PAGE
        )
        end_run(library)
    feed = feed_in(tmp_path)
    assert [child.tag for child in feed.iter() if "script" in child.tag] == []
    summary = feed.findtext(f"{ATOM}entry/{ATOM}summary")
    assert summary is not None
    assert summary.startswith("</summary><script>alert(1)</script> \ufffd\ufffd\ufffd & more")


def test_atom_empty_feed() -> None:
    feed = ET.fromstring(atom(FeedHead("Changes", "", "changes.atom"), []))  # noqa: S314 - our own
    assert feed.findtext(f"{ATOM}updated")


def test_atom_leaves_out_what_says_nothing_new(tmp_path: Path) -> None:
    with opened(tmp_path) as library:
        for year, text in enumerate(
            ("We keep data.", "We keep data!", "We keep data! On 1 May 2010.", "Children!"), 2010
        ):
            file(library, f"{year}0101000000", text)
        end_run(library)
    feed = feed_in(tmp_path)
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 3
    assert "1 in punctuation;" in str(feed.findtext(f"{ATOM}subtitle"))
    assert [category.attrib["term"] for category in entries[0].findall(f"{ATOM}category")] == [
        "changed", "substantive", "children",
    ]  # fmt: skip
    assert len(changes(tmp_path)) == 4
