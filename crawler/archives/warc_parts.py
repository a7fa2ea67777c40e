"""The parts of a WARC archive's file that hold records: the file itself, the files in a WACZ, unpacked copies.

A copy is made of what can't be read in place: a compressed file in a ZIP file, and a file that is one Zstandard frame for
all its records.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from crawler.archives.warc_damage import Damage
from crawler.archives.warc_files import Part
from crawler.archives.warc_member import SKIPPABLE_HEADER, ZSTD, Frame, Torn, read_dictionary, skippable_size
from crawler.archives.warc_reader import RecordReader
from crawler.archives.warc_zip import STARTS, BadZip, WarcZip, ZipEntry
from pipelines.convert.gunzip import GZIP
from pipelines.untrusted import encodable, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

MAX_UNPACKED: Final = 8 << 30
"""Bytes of one unpacked copy. WARC files have one gigabyte by custom."""

_BLOCK: Final = 1 << 18
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of a file. `name` is its name in a ZIP file, else empty; `copy` the name of its unpacked copy, else empty.

    `part` is None if nothing of it can be read. `damage` is what can't, besides damaged records.
    """

    name: str = ""
    part: Part | None = None
    copy: str = ""
    damage: Damage | None = None


class _Garbage(Exception):
    """Bytes that are no Zstandard frame follow one; the message says where."""


class PartFinder:
    """Finds the parts of files. Copies are made in the folder `copies`; `on_block` is called after each block of one."""

    def __init__(self, copies: Path, on_block: Callable[[], None]) -> None:
        self._copies = copies
        self._on_block = on_block

    def find(self, path: Path, key: str) -> Iterator[FoundPart]:
        """Yield the parts of a file. `key` tells the file from others: copies are named after it. Raises OSError."""
        with path.open("rb") as file:
            is_zip = file.read(len(STARTS[0])) in STARTS
            is_one_frame = not is_zip and _is_one_frame(file)
        if is_zip:
            yield from self._in_zip(path, key)
        elif is_one_frame:
            yield self._unpacked("", key, _frames(path))
        else:
            yield FoundPart(part=Part(path))

    def _in_zip(self, path: Path, key: str) -> Iterator[FoundPart]:
        """Yield the files of records in a ZIP file. The bytes of one without a directory are searched for records."""
        try:
            with WarcZip(path) as archive:
                entries = archive.entries()
                for entry in entries:
                    yield self._entry(archive, entry, path, key)
        except BadZip as error:
            cause = f"a ZIP or WACZ file that can't be opened ({error})"
            yield FoundPart(part=Part(path), damage=Damage(0, cause))
            return
        if not entries:
            yield FoundPart(damage=Damage(0, "a ZIP file without a WARC or ARC file in it", "take it away"))

    def _entry(self, archive: WarcZip, entry: ZipEntry, path: Path, key: str) -> FoundPart:
        name = printable(encodable(entry.name))[:_MAX_NAME]
        if entry.problem:
            return FoundPart(name, damage=Damage(entry.start, entry.problem, entry.remedy))
        if entry.is_stored:
            return FoundPart(name, Part(path, entry.start, entry.end))
        return self._unpacked(name, f"{key}\0{entry.start}", archive.inflated(entry, _BLOCK))

    def _unpacked(self, name: str, key: str, blocks: Iterable[bytes]) -> FoundPart:
        """Write a copy of unpacked blocks, as far as they can be trusted. Raises OSError."""
        copy = f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.warc"
        self._copies.mkdir(parents=True, exist_ok=True)
        damage, is_trusted, left = None, True, MAX_UNPACKED
        with (self._copies / copy).open("wb") as file:
            try:
                for block in blocks:
                    file.write(block[:left])
                    left -= len(block)
                    if left < 0:
                        damage = Damage(0, f"more than {MAX_UNPACKED} bytes unpacked", "unpack it")
                        break
                    self._on_block()
            except Torn as error:
                is_trusted = error.cut_at is not None
                damage = Damage(0, f"cut at byte {error.cut_at}" if is_trusted else f"damaged ({error})")
            except _Garbage as error:
                damage = Damage(0, str(error))
            except BadZip as error:
                is_trusted, damage = False, Damage(0, f"damaged ({error})")
        part = Part(self._copies / copy)
        if is_trusted or _has_checksums(part.path):
            return FoundPart(name, part, copy, damage)
        part.path.unlink()
        return FoundPart(name, damage=damage)


def _has_checksums(path: Path) -> bool:
    """Whether each record of an unpacked copy has a checksum of its own, as in gzip members."""
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def _is_one_frame(file: BinaryIO) -> bool:
    """Whether the first Zstandard frame of a file has several records, so that none but the first has an offset."""
    reader, at = RecordReader(file, lambda record: record), 0
    found = reader.read_at(0)
    while found.end is not None and found.taken is None and found.end > at:
        at = found.end
        found = reader.read_at(at)
    file.seek(at)
    is_frame = file.read(len(ZSTD)) == ZSTD
    return is_frame and found.damage is not None and found.damage.is_several


def _frames(path: Path) -> Iterator[bytes]:
    """Yield what the Zstandard frames of a file hold. Raises Torn, _Garbage, OSError."""
    with path.open("rb") as file:
        size, at = file.seek(0, io.SEEK_END), 0
        dictionary = read_dictionary(file, 0)
        while at < size:
            file.seek(at)
            head = file.read(SKIPPABLE_HEADER)
            if skipped := skippable_size(head):
                at += skipped
                continue
            if not head.startswith(ZSTD):
                raise _Garbage(f"no Zstandard frame at byte {at}")
            file.seek(at)
            frame = Frame(file, dictionary)
            stream = io.BufferedReader(frame, _BLOCK)
            while block := stream.read(_BLOCK):
                yield block
            at = frame.end
