"""The index of WARC files: asked by several threads at once, and a cache that damage of any kind does not stop."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from warcio.warcwriter import WARCWriter

from crawler.archives import warc_indexing
from crawler.archives.opening import SAMPLE
from crawler.archives.warc_index import Row, WarcIndex
from crawler.archives.warc_indexing import MAX_DAMAGES, IndexProgress
from pipelines.errors import ArchiveError, OutputError
from tests.support.warcs import URL, Exchange, warc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAMPS = [f"2015{month:02}01000000" for month in range(1, 6)]
FILE = warc([Exchange(stamp, f"<p>{stamp}".encode()) for stamp in STAMPS])
HALF = FILE.data[: FILE.starts[2] + 50]


def listed(folder: Path, index_file: Path) -> tuple[list[str], list[str]]:
    """Return the timestamps that the index of a folder lists, and what it says of damage."""
    with closing(WarcIndex.open(folder, index_file)) as index:
        rows = index.listing("acme.example", "domain", since="", until="", after="", limit=100)
        return [row.timestamp for row in rows], index.damages


def test_warc_index_threads_are_isolated(tmp_path: Path) -> None:
    index = WarcIndex.open(SAMPLE, tmp_path / "index.db")
    rows = index.listing("example", "domain", since="", until="", after="", limit=1000)
    assert len(rows) > 50

    def ask(row: Row) -> list[Row]:
        found = index.nearest(row.original, row.timestamp)
        return index.stored_captures(found)[:1] if found else []

    alone = [ask(row) for row in rows]
    with ThreadPoolExecutor(16) as threads:
        together = list(threads.map(ask, rows * 20))
    index.close()
    assert together == alone * 20


def test_warc_index_damage_is_reported_in_every_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, index_file = tmp_path / "warcs", tmp_path / "index.db"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "half.warc.gz").write_bytes(HALF)
    (folder / "page.warc.gz").write_bytes(b"<!DOCTYPE html>")
    first = listed(folder, index_file)
    said = f"below/half.warc.gz: cut at byte {len(HALF)}, in the record at byte {FILE.starts[2]}; get a whole copy of the file"
    assert first[1][0] == said
    assert first[1][1].startswith("page.warc.gz: no WARC record at byte 0")
    with monkeypatch.context() as patched:
        patched.setattr(warc_indexing, "read_captures", lambda *_: pytest.fail("read again"))
        assert listed(folder, index_file) == first
    (folder / "below" / "half.warc.gz").write_bytes(FILE.data)
    (folder / "page.warc.gz").unlink()
    assert listed(folder, index_file) == (STAMPS, [])


def test_warc_index_unreadable_file_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "warcs"
    folder.mkdir()
    (folder / "good.warc.gz").write_bytes(FILE.data)
    (folder / "link.warc.gz").symlink_to(tmp_path / "elsewhere")
    (folder / "folder.warc.gz").mkdir()
    os.mkfifo(folder / "pipe.warc.gz")
    stamps, damages = listed(folder, tmp_path / "index.db")
    assert stamps == STAMPS
    assert damages == ["link.warc.gz: can't be read: No such file or directory; mend that, or take it away"]
    (tmp_path / "elsewhere").write_bytes(FILE.data)
    assert listed(folder, tmp_path / "index.db") == (sorted(STAMPS * 2), [])


def test_warc_index_many_damaged_parts_are_counted(tmp_path: Path) -> None:
    many = warc([Exchange(f"2015010100{number:02}00", b"<p>") for number in range(40)])
    data = bytearray(many.data)
    for start in many.starts[::2]:
        data[start + 30] ^= 255
    (tmp_path / "x.warc.gz").write_bytes(data)
    stamps, damages = listed(tmp_path, tmp_path / "index.db")
    assert len(stamps) == 20
    assert len(damages) == MAX_DAMAGES + 1
    assert damages[-1] == f"x.warc.gz: {20 - MAX_DAMAGES} more damaged parts; `warcio check` names them"


def overwritten(index_file: Path) -> None:
    index_file.write_bytes(b"no database\n" * 999)


def torn(index_file: Path) -> None:
    index_file.write_bytes(index_file.read_bytes()[:5000])


def holed(index_file: Path) -> None:
    data = index_file.read_bytes()
    index_file.write_bytes(data[:4096] + b"\0" * (len(data) - 4096))


def older(index_file: Path) -> None:
    """Leave what an earlier release left: a half record among the rows, and no damage known."""
    with closing(sqlite3.connect(index_file)) as index, index:
        index.execute("DROP TABLE damages")
        index.execute("PRAGMA user_version = 0")
        index.execute("UPDATE rows SET timestamp = '20990101000000'")


@pytest.mark.parametrize("damage", [overwritten, torn, holed, older, lambda file: file.write_bytes(b"")])
def test_warc_index_rebuilds_damaged_or_older_index(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    (tmp_path / "half.warc.gz").write_bytes(HALF)
    first = listed(tmp_path, tmp_path / "index" / "x.db")
    assert first[1]
    damage(tmp_path / "index" / "x.db")
    assert listed(tmp_path, tmp_path / "index" / "x.db") == first


def test_warc_index_unwritable_is_output_error(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(FILE.data)
    (tmp_path / "index.db").mkdir()
    with pytest.raises(OutputError, match=r"index\.db: can't keep the WARC index here"):
        WarcIndex.open(tmp_path, tmp_path / "index.db")


def test_warc_index_finds_every_copy(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.warc.gz").write_bytes(FILE.data)
    with closing(WarcIndex.open(tmp_path, tmp_path / "index.db")) as index:
        row = index.nearest(URL, STAMPS[1])
        assert row is not None
        assert [copy.file for copy in index.of_same_second(row)] == ["a.warc.gz", "b.warc.gz"]
        assert index.stored_captures(row) == [row]


def test_warc_index_counts_unusable_urls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    urls = [
        "http://a.example/privacy",
        "http://[evil/",
        "http://a.example:99999/",
        f"http://a.example/?%{'25' * 100_000}",
    ]
    with (tmp_path / "a.warc.gz").open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        body = b"HTTP/1.1 200 OK\r\n\r\nx"
        for url in urls:
            writer.write_record(writer.create_warc_record(url, "response", payload=BytesIO(body), length=len(body)))
    with caplog.at_level("WARNING"):
        index = WarcIndex.open(tmp_path, tmp_path / "index.db")
    found = index.listing("a.example", "domain", since="", until="", after="", limit=10)
    index.close()
    assert [row.original for row in found] == urls[:1]
    said = {record.getMessage().partition("a.warc.gz: ")[2] for record in caplog.records}
    assert said == {"2 captures left out: URL without a usable host", "1 capture left out: URL too long"}


def test_warc_index_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_indexing, "_CHECK_EVERY", 2)
    for name in ("a", "b"):
        (tmp_path / f"{name}.warc.gz").write_bytes(FILE.data)
    said: list[str] = []
    progress = IndexProgress(is_stopped=lambda: bool(said.append(str(progress))))
    WarcIndex.open(tmp_path, tmp_path / "index.db", progress).close()
    assert said[0] == "indexing a.warc.gz (file 1 of 2): 20% of 0.0 MB, 1 capture"
    assert said[-1] == "indexing b.warc.gz (file 2 of 2): 60% of 0.0 MB, 8 captures"
    assert (progress.captures, str(progress)) == (10, "")


def test_warc_index_stops_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_indexing, "_CHECK_EVERY", 2)
    (tmp_path / "x.warc.gz").write_bytes(FILE.data)
    with pytest.raises(ArchiveError, match=r"x\.warc\.gz: the run ended before its captures were indexed"):
        WarcIndex.open(tmp_path, tmp_path / "index.db", IndexProgress(is_stopped=lambda: True))
    assert listed(tmp_path, tmp_path / "index.db") == (STAMPS, [])


def test_warc_index_odd_file_names(tmp_path: Path) -> None:
    names = [b"a b.warc.gz", b"\xe4.warc.gz", b'"a".warc.gz', b"a\nb.warc.gz", "\u00e4.warc.gz".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(FILE.data)
    with closing(WarcIndex.open(tmp_path, tmp_path / "index.db")) as index:
        found: list[Row] = []
        while rows := index.listing(
            URL, "exact", since="", until="", after=found[-1].resume_key if found else "", limit=3
        ):
            found += rows
        assert len(found) == len(set(found)) == len(names) * len(STAMPS)
        assert {os.fsencode(index.part(row.file).path.name) for row in found} == set(names)


def test_warc_index_forgets_only_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(FILE.data)
    (tmp_path / "b.warc.gz").write_bytes(HALF)
    assert len(listed(tmp_path, tmp_path / "index.db")[0]) > len(STAMPS)
    (tmp_path / "b.warc.gz").unlink()
    assert listed(tmp_path, tmp_path / "index.db") == (STAMPS, [])
