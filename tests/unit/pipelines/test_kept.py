"""Reading back what is kept: whole and the right one, or an error that names file and byte."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import RecordUnreadable
from pipelines.items import Memento
from pipelines.output.storage import LocalStorage
from pipelines.output.stored_memento import StoredMemento
from pipelines.output.warc_writer import WarcStore, payload_digest

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b"<p>What we know, and why.</p>" * 30
URL = "http://example.com/privacy"


def memento(year: int, body: bytes = BODY, status: int = 200) -> Memento:
    timestamp = f"{year}0911043127"
    return Memento(timestamp, URL, f"http://archive/{year}", status, (("Content-Type", "text/html"),), body, "wayback")


def keep(root: Path, one: Memento, first: tuple[Memento, StoredMemento] | None = None) -> StoredMemento:
    """Append a memento, as a revisit if `first` has the same payload."""
    same_as = (first[0].timestamp, first[0].url) if first else None
    place = WarcStore(LocalStorage(root), "warc/", software="test").append(one, same_as=same_as)
    record = (f"warc/{place.file}", place.offset)
    digest = payload_digest(one.body) if one.body else ""
    payload = first[1].record if first else record
    return StoredMemento(LocalStorage(root), one.key, one.source_url, digest, record, payload)


def file_of(kept: StoredMemento) -> Path:
    return Path(kept.storage.location(kept.record[0]))


def read(kept: StoredMemento) -> tuple[int, str | None, bytes]:
    found = kept.read()
    return found.status, dict(found.headers).get("Content-Type"), found.body


def test_read_response_and_revisit(tmp_path: Path) -> None:
    one, other = memento(2015), memento(2016)
    kept = keep(tmp_path, one)
    again = keep(tmp_path, other, (one, kept))
    assert read(kept) == read(again) == (200, "text/html", BODY)
    assert (again.read().timestamp, again.read().source_url) == (other.timestamp, other.source_url)
    assert read(keep(tmp_path, memento(2017, b"", 301))) == (301, "text/html", b"")


def delete(path: Path, _: int) -> None:
    path.unlink()


def make_folder(path: Path, _: int) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path, _: int) -> None:
    path.unlink()
    os.mkfifo(path)


def empty(path: Path, _: int) -> None:
    path.write_bytes(b"")


def cut_before(path: Path, offset: int) -> None:
    os.truncate(path, offset)


def cut_within(path: Path, offset: int) -> None:
    os.truncate(path, offset + 100)


def garble(path: Path, offset: int) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: offset + 40] + bytes(20) + data[offset + 60 :])


def replace_by_html(path: Path, _: int) -> None:
    path.write_bytes(b"<html>" + bytes(100_000))


def replace_by_gzip(path: Path, offset: int) -> None:
    path.write_bytes(bytes(offset) + gzip.compress(b"no record"))


def put_another_record(path: Path, offset: int) -> None:
    path.unlink()
    place = WarcStore(LocalStorage(path.parent), "", software="test").append(memento(2019, b"<p>Something else.</p>"))
    data = path.read_bytes()
    path.write_bytes(bytes(offset) + data[place.offset :])


DAMAGES: dict[Callable[[Path, int], None], str] = {
    delete: "gone",
    make_folder: "not a file",
    make_pipe: "not a file",
    empty: "ends before it",
    cut_before: "ends before it",
    cut_within: "cut off",
    garble: "damaged",
    replace_by_html: "damaged",
    replace_by_gzip: "no WARC record",
    put_another_record: "another record",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_read_unreadable_names_file_and_byte(tmp_path: Path, damage: Callable[[Path, int], None]) -> None:
    kept = keep(tmp_path, memento(2015))
    path, offset = file_of(kept), kept.record[1]
    damage(path, offset)
    with pytest.raises(RecordUnreadable, match=DAMAGES[damage]) as caught:
        kept.read()
    assert str(caught.value).startswith(f"{path} at byte {offset}: ")
    assert "\n" not in str(caught.value)


def test_read_revisit_without_payload_names_payload(tmp_path: Path) -> None:
    one = memento(2015)
    first = keep(tmp_path, one)
    moved = "warc/policies-00007.warc.gz"
    first.storage.move(first.record[0], moved)
    first = replace(first, record=(moved, first.record[1]))
    again = keep(tmp_path, memento(2016), (one, first))
    assert again.read().body == BODY
    first.storage.delete(moved)
    with pytest.raises(RecordUnreadable, match=moved) as caught:
        again.read()
    assert (caught.value.name, caught.value.offset) == first.record


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StoredMemento:
    return keep(tmp_path_factory.mktemp("warc"), memento(2015))


@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=200)
def test_read_detects_flipped_bits(whole: StoredMemento, position: float, bit: int) -> None:
    path, offset = file_of(whole), whole.record[1]
    data = bytearray(path.read_bytes())
    at = offset + int((len(data) - offset) * position)
    data[at] ^= 1 << bit
    other = path.with_suffix(".flipped")
    other.write_bytes(data)
    place = (f"warc/{other.name}", offset)
    damaged = replace(whole, record=place, payload=place)
    with suppress(RecordUnreadable):
        assert read(damaged) == read(whole)  # a bit of the request's record, or one that means nothing
