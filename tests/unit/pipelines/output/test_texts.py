"""Files: never half of one, never outside the output folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipelines.errors import OutputError
from pipelines.items import Memento
from pipelines.output.storage import LocalStorage
from pipelines.output.texts import TextStore
from pipelines.output.warc_writer import WarcStore

if TYPE_CHECKING:
    from collections.abc import Callable


def memento(number: int, location: str = "") -> Memento:
    return Memento(
        f"201509110431{number:02}",
        f"http://example.com/{number}",
        f"http://archive/{number}",
        301 if location else 200,
        (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Location", "/web/2015id_/http://rewritten/")),
        f"<p>{number}</p>".encode() * 100,
        "wayback",
        ("20150911043100", location) if location else None,
    )


@pytest.mark.parametrize(
    "domain", ["../x.example", "x", "a/b.example", "", ".", "..", "a..b", "-a.example", "x.example/", "X.example"]
)
def test_write_domain_chooses_no_path(tmp_path: Path, domain: str) -> None:
    with pytest.raises(OutputError):
        TextStore(LocalStorage(tmp_path), "").write(domain, "20150911043127.txt", "x")


@pytest.mark.parametrize("name", ["../20150911043127.txt", "title.txt", "20150911043127.txt/x", "2015091104312.txt"])
def test_write_name_chooses_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError):
        TextStore(LocalStorage(tmp_path), "").write("x.example", name, "x")


def test_sweep_deletes_only_own_files(tmp_path: Path) -> None:
    texts = TextStore(LocalStorage(tmp_path), "")
    for name in ("20150911043127.txt", "20150911043128.txt", "20150911043129-0123abcd.txt"):
        texts.write("x.example", name, "text")
    (tmp_path / "x.example" / "notes.txt").write_text("mine")
    (tmp_path / "x.example" / "20150911043130.txt.tmp").write_text("half")
    assert sorted(texts.sweep("x.example", {"20150911043127.txt"})) == [
        "20150911043128.txt",
        "20150911043129-0123abcd.txt",
        "20150911043130.txt.tmp",
    ]
    assert sorted(p.name for p in (tmp_path / "x.example").iterdir()) == ["20150911043127.txt", "notes.txt"]


def records(path: Path) -> list[tuple[str, str, bytes, str | None]]:
    with path.open("rb") as stream:
        return [
            (r.rec_headers["WARC-Target-URI"], r.http_headers.get_statuscode(), r.content_stream().read(),
             r.http_headers.get_header("Location"))
            for r in ArchiveIterator(stream)
            if r.rec_type == "response"
        ]  # fmt: skip


def test_warc_store_keeps_mementos(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    place = store.append(memento(1))
    file, offset, length = place.file, place.offset, place.length
    store.append(memento(2, "https://example.org/new"))
    path = tmp_path / file
    assert records(path) == [
        ("http://example.com/1", "200", memento(1).body, None),
        ("http://example.com/2", "301", memento(2).body, "https://example.org/new"),
    ]
    assert 0 < offset < offset + length < path.stat().st_size
    check = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", path], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout


def test_warc_store_cuts_off_torn_record(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    place = store.append(memento(1))
    file, offset, length = place.file, place.offset, place.length
    store.append(memento(2))
    path = tmp_path / file
    whole = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(path.read_bytes()[offset : offset + length // 2])
    again = WarcStore(LocalStorage(tmp_path), "", software="test")
    again.resume({file: offset + length})
    assert path.stat().st_size == whole
    again.append(memento(3))
    assert [uri for uri, *_ in records(path)] == [f"http://example.com/{n}" for n in (1, 2, 3)]


def test_warc_store_never_deletes_unknown_files(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    file = store.append(memento(1)).file
    size = (tmp_path / file).stat().st_size
    WarcStore(LocalStorage(tmp_path), "", software="test").resume({})
    assert (tmp_path / file).stat().st_size == size


def test_warc_store_starts_new_file_when_full(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test", max_size=1)
    names = [store.append(memento(n)).file for n in range(3)]
    assert names == ["policies-00001.warc.gz", "policies-00002.warc.gz", "policies-00003.warc.gz"]


def cut(path: Path, end: int) -> None:
    os.truncate(path, end - 10)


def replace_by_folder(path: Path, _: int) -> None:
    path.unlink()
    path.mkdir()


def replace_by_zeros(path: Path, end: int) -> None:
    path.write_bytes(bytes(end + 1000))


@pytest.mark.parametrize(
    ("damage", "lost", "says"),
    [
        (lambda path, _: path.unlink(), 2, "gone"),
        (lambda path, _: path.write_bytes(b""), 2, "ends at byte 0"),
        (cut, 1, "ends at byte"),
        (replace_by_folder, 2, "no file"),
        (replace_by_zeros, 2, "no gzip"),
    ],
    ids=["gone", "empty", "cut", "folder", "zeros"],
)
def test_warc_store_file_that_lost_records_is_never_written_again(
    tmp_path: Path, damage: Callable[[Path, int], object], lost: int, says: str
) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    places = [store.append(memento(number)) for number in (1, 2)]
    path = tmp_path / places[0].file
    ends = {path.name: places[1].offset + places[1].length}
    damage(path, ends[path.name])
    before = path.read_bytes() if path.is_file() else None
    again = WarcStore(LocalStorage(tmp_path), "", software="test")
    again.resume(ends)
    (found,) = again.damage(ends)
    assert found.file == path.name
    assert says in found.reason
    assert sum(place.offset + place.length > found.size for place in places) == lost
    assert again.append(memento(3)).file == "policies-00002.warc.gz"
    assert (path.read_bytes() if path.is_file() else None) == before


def test_warc_store_intact_files_have_no_damage(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test", max_size=1)
    places = [store.append(memento(number)) for number in (1, 2)]
    ends = {place.file: place.offset + place.length for place in places}
    again = WarcStore(LocalStorage(tmp_path), "", software="test")
    again.resume(ends)
    assert again.damage(ends) == []
    assert again.append(memento(3)).file == places[1].file


@pytest.mark.parametrize("foreign", [b"<html>no WARC file</html>", bytes(50)])
def test_warc_store_never_cuts_foreign_data(tmp_path: Path, foreign: bytes) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    place = store.append(memento(1))
    ours, theirs = tmp_path / place.file, tmp_path / "policies-00007.warc.gz"
    with ours.open("ab") as stream:
        stream.write(foreign)
    before = ours.read_bytes()
    again = WarcStore(LocalStorage(tmp_path), "", software="test")
    again.resume({place.file: place.offset + place.length})
    assert again.append(memento(2)).file == "policies-00002.warc.gz"
    theirs.write_bytes(foreign)
    (tmp_path / "policies-old.warc.gz").write_bytes(foreign)
    again.resume({})
    assert again.append(memento(3)).file == "policies-00008.warc.gz"
    assert (ours.read_bytes(), theirs.read_bytes()) == (before, foreign)


def test_warc_store_cuts_off_torn_first_record(tmp_path: Path) -> None:
    store = WarcStore(LocalStorage(tmp_path), "", software="test")
    path = tmp_path / store.append(memento(1)).file
    for size in (1, 2, 30):
        os.truncate(path, size)
        again = WarcStore(LocalStorage(tmp_path), "", software="test")
        again.resume({})
        place = again.append(memento(2))
        assert (place.file, records(path)[-1][0]) == (path.name, "http://example.com/2")


def test_put_replaces_only_expected_file(tmp_path: Path) -> None:
    texts = TextStore(LocalStorage(tmp_path), "")
    name, staged = "20150911043127.txt", "20150911043127-0123abcd.txt"
    texts.write("x.example", name, "old")
    texts.stage("x.example", staged, b"new")
    new = hashlib.sha256(b"new").hexdigest()
    assert not texts.put("x.example", staged, name, hashlib.sha256(b"other").hexdigest())
    assert texts.read("x.example", name) == b"old"
    assert texts.put("x.example", staged, name, new)
    assert (texts.read("x.example", name), texts.sha256("x.example", name)) == (b"new", new)
    assert [path.name for path in (tmp_path / "x.example").iterdir()] == [name]
    texts.stage("x.example", staged, b"never used")
    texts.sweep("x.example", {name})
    assert [path.name for path in (tmp_path / "x.example").iterdir()] == [name]


def test_text_store_leaves_folder_in_place_of_text(tmp_path: Path) -> None:
    texts = TextStore(LocalStorage(tmp_path), "")
    name = "20150911043127.txt"
    (tmp_path / "x.example" / name).mkdir(parents=True)
    texts.delete("x.example", name)
    assert texts.sweep("x.example", set()) == []
    assert texts.is_blocked("x.example", name)
    assert (texts.read("x.example", name), texts.sha256("x.example", name)) == (None, None)
