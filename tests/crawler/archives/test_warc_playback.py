"""Playing back WARC files of which some are damaged: the whole copy, or else by what the capture is cut."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from crawler.archives.playback import Absence, read_playback
from crawler.archives.warc import BASE, WarcArchive, answer_playback
from crawler.archives.warc_index import WarcIndex
from crawler.captures import Fate, Memento
from crawler.errors import RecordDamaged
from crawler.retries import fate_of
from tests.warcs import URL, Exchange, warc

if TYPE_CHECKING:
    from pathlib import Path

THEN, LATER = "20150101000000", "20160101000000"
TEXT = b"<p>What we know, and why.</p>" * 30
GOOD = warc([Exchange(THEN, TEXT), Exchange(LATER, TEXT)])
SHORT = warc([Exchange(THEN, TEXT[:90], headers=(("Content-Length", "870"),)), Exchange(LATER, TEXT)])
TRUNCATED = warc([Exchange(THEN, TEXT[:90], warc=(("WARC-Truncated", "time"),)), Exchange(LATER, TEXT)])
TORN = GOOD.data[: GOOD.ends[0] - 20]


def ask(folder: Path, timestamp: str, url: str = URL) -> Memento | Absence | str:
    """Return what playback of a folder's files says to a request, or the cause that an exception makes."""
    with closing(WarcIndex.open(folder, folder / "index.db")) as index:
        try:
            response = answer_playback(index, f"{BASE}/web/{timestamp}id_/{url}")
        except RecordDamaged as error:
            return "{}: {}".format(*fate_of(error))
    found = read_playback(response, WarcArchive(folder, index_dir=folder))
    assert isinstance(found, Memento | Absence)
    return found


@pytest.mark.parametrize("damaged", [TORN, SHORT.data, TRUNCATED.data], ids=["torn", "short", "truncated"])
@pytest.mark.parametrize("order", ["ab", "ba"])
def test_of_two_copies_the_whole_one_is_played_back(tmp_path: Path, damaged: bytes, order: str) -> None:
    (tmp_path / f"{order[0]}.warc.gz").write_bytes(GOOD.data)
    (tmp_path / f"{order[1]}.warc.gz").write_bytes(damaged)
    found = ask(tmp_path, THEN)
    assert isinstance(found, Memento)
    assert (found.body, found.truncation) == (TEXT, "")


def test_what_is_cut_in_every_copy_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(SHORT.data)
    assert ask(tmp_path, THEN) == Absence(Fate.CUT_SHORT, "shorter than its Content-Length")


def test_what_was_cut_when_captured_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(TRUNCATED.data)
    found = ask(tmp_path, THEN)
    assert isinstance(found, Memento)
    assert found.truncation == "WARC-Truncated: time"


def test_a_torn_record_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(TORN)
    assert ask(tmp_path, THEN) == "cut short: record damaged or gone"


def test_missing_is_said_of_whole_files_only(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(GOOD.data)
    elsewhere = "http://acme.example/legal"
    found = ask(tmp_path, THEN, elsewhere)
    assert isinstance(found, Absence)
    assert found.fate is Fate.MISSING
    (tmp_path / "b.warc.gz").write_bytes(TORN)
    assert ask(tmp_path, THEN, elsewhere) == "cut short: record damaged or gone"
