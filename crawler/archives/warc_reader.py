"""The records of a WARC or ARC file in order. Reading goes on after damaged parts.

Compressed members and lengths are checked: a text must not pass for whole if the file is cut or changed.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, Final, Generic, TypeVar

from crawler.archives.warc_damage import Damage, empty, foreign, hole, several, spread, torn
from crawler.archives.warc_headers import MAX_LINE, WARC, BadHeaders, Block, is_arc_line, read_record
from crawler.archives.warc_member import (
    SKIPPABLE_HEADER,
    ZSTD,
    Compressed,
    Frame,
    Member,
    Torn,
    read_dictionary,
    skippable_size,
)
from pipelines.convert.gunzip import GZIP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawler.archives.warc_headers import Record

_T = TypeVar("_T")

MAX_PADDING: Final = 65_536
"""Bytes of zeros and line ends that count as padding between records and after the last. More of them are damage."""
MAX_CANDIDATES: Final = 100_000
"""Offsets tried for the next record after damage. By chance, 64 in a gigabyte look like the beginning of gzip."""

MAX_MISSES: Final = 200
"""Failed readings in a row, after which the rest of the file is given up."""

_PADDING: Final = b"\0\r\n"
_RECORD_ENDS: Final = (b"\r\n\r\n", b"\n")
"""What stands behind the block of a whole record: of WARC, of ARC."""
_CANDIDATE: Final = re.compile(
    rb"\x1f\x8b\x08[\x00-\x1f]|\x28\xb5\x2f\xfd|WARC/[01]\.[0-9]{1,2}\r?\n"
    rb"|(?<=\n)[a-z]{2,9}:[^\n]{1,4096} [0-9]{8,14} [^\n]{0,1024}[0-9]\r?\n"
)
_ZIP: Final = (b"PK\1\2", b"PK\3\4", b"PK\6\6", b"PK\7\x08")
"""What stands in a ZIP file behind the last record of a WARC file."""
_LARGEST_BLOCK: Final = 1 << 20
_OVERLAP: Final = MAX_LINE
_BUFFER: Final = 32_768
_BLOCK: Final = 1_024


@dataclass(slots=True)
class Reading(Generic[_T]):
    """The result of reading at an offset.

    `taken` is the result of `take` for the record, None if it could not be parsed. `is_whole` tells whether the record
    has all bytes of its Content-Length. `end` is the offset after the record, None if damage hides it.
    """

    offset: int
    end: int | None = None
    taken: _T | None = None
    is_whole: bool = False
    damage: Damage | None = None


class RecordReader(Generic[_T]):
    """Reads the records of `file` from `start` on. `take` is called for each before its payload is read."""

    def __init__(self, file: BinaryIO, take: Callable[[Record], _T | None], start: int = 0) -> None:
        self._file = file
        self._take = take
        self._start = start
        self._size = file.seek(0, io.SEEK_END)
        self._dictionary = read_dictionary(file, start)

    def walk(self, on_record: Callable[[int], None] | None = None) -> Iterator[Reading[_T]]:
        """Yield the records for which `take` returns a value, and the damaged parts, each in a separate reading.

        Damaged parts without a readable record between them are reported once, as the first of them. `on_record` gets
        the offset of each record.
        """
        at, misses = self._start, 0
        damage = None if self._size > at else empty()
        while at < self._size:
            start = self._skip_padding(at)
            if start - at > MAX_PADDING:
                damage = damage or hole(at, start)
            if start == self._size:
                break
            if on_record is not None:
                on_record(start)
            found = self.read_at(start)
            if found.damage is None and damage is not None:
                yield Reading(damage.offset, damage=replace(damage, resumed=start))
                damage = None
            damage = damage or found.damage
            if found.taken is not None:
                yield replace(found, damage=None) if found.damage else found
            misses = 0 if found.taken is not None or found.end is not None else misses + 1
            at = found.end or (self._next_record(start + 1) if misses <= MAX_MISSES else self._size)
            if damage and found.end is None and at == self._size:
                damage = replace(damage, is_last=True)
        if damage is not None:
            yield Reading(damage.offset, damage=damage)

    def read_at(self, at: int) -> Reading[_T]:
        """Read the record at an offset."""
        self._file.seek(at)
        head = self._file.read(SKIPPABLE_HEADER)
        if head.startswith((GZIP, ZSTD)):
            self._file.seek(at)
            return self._read_compressed(at, self._unpacked(head))
        skipped = skippable_size(head)
        if skipped is not None and at + skipped <= self._size:
            return Reading(at, end=at + skipped)
        self._file.seek(at)
        line = self._file.readline(MAX_LINE)
        if line.startswith(WARC) or is_arc_line(line):
            return self._read_plain(at, line)
        starts = (GZIP, ZSTD, WARC)
        if skipped or (len(line) < len(WARC) and any(start.startswith(line[: len(start)]) for start in starts)):
            return Reading(at, damage=torn(at, "no end", cut_at=self._size))
        return self._not_read(foreign(at, line, is_first=at == self._start))

    def _unpacked(self, head: bytes) -> Compressed:
        return Member(self._file) if head.startswith(GZIP) else Frame(self._file, self._dictionary)

    def _not_read(self, damage: Damage) -> Reading[_T]:
        return Reading(damage.offset, self._size if damage.is_foreign else None, damage=damage)

    def _read_compressed(self, at: int, member: Compressed) -> Reading[_T]:
        stream = io.BufferedReader(member, _BUFFER)
        found: Reading[_T] = Reading(at)
        is_short = False
        try:
            line = stream.readline(MAX_LINE)
            if line.startswith(WARC) or is_arc_line(line):
                block = self._parse(found, stream, line)
                if block is not None:
                    _drain(block)
                    is_short = block.left > 0
                    _check_rest(found, stream, is_short=is_short, unit=member.unit)
            elif (line + stream.read(_BUFFER)).strip(_PADDING):
                found.damage = foreign(at, line, is_first=at == self._start)
            if found.damage is not None and found.damage.is_foreign:
                return self._not_read(found.damage)
            _drain(stream)
        except Torn as error:
            damage = torn(at, str(error), error.cut_at)
            if error.cut_at is None:  # without a checksum its payload is not trusted; if damaged, neither its headers
                return Reading(at, damage=damage)
            is_several = found.damage is not None and found.damage.is_several
            found.is_whole, found.damage = False, replace(damage, is_several=is_several)
            return found
        found.end = member.end
        if is_short and self._goes_on(member.end):
            found.damage = spread(at, member.unit)
        return found

    def _goes_on(self, end: int) -> bool:
        """Whether a gzip member or Zstandard frame that begins no record stands at an offset."""
        self._file.seek(end)
        head = self._file.read(len(ZSTD))
        return head.startswith((GZIP, ZSTD)) and not self._holds_record(end, head)

    def _read_plain(self, at: int, line: bytes) -> Reading[_T]:
        file, found = self._file, Reading[_T](at)
        block = self._parse(found, file, line)
        payload_start = file.tell()
        if block is None:
            if payload_start == self._size and found.damage:
                found.damage = replace(found.damage, cut_at=self._size)
            return found
        end = payload_start + block.left
        if end > self._size:
            found.damage = torn(at, "shorter than its Content-Length", cut_at=self._size)
            return found
        if self._is_followed(self._skip_padding(end)):
            found.end, found.is_whole = end, True
            return found
        file.seek(end)  # either garbage follows a whole record, or the Content-Length is wrong
        found.is_whole = line.startswith(WARC) and file.read(len(_RECORD_ENDS[0])) == _RECORD_ENDS[0]
        found.damage = torn(at, "its Content-Length is wrong, or garbage follows it")
        return found

    def _is_followed(self, after: int) -> bool:
        """Whether a record or nothing stands at an offset."""
        if after == self._size:
            return True
        self._file.seek(after)
        line = self._file.readline(MAX_LINE)
        return line.startswith((WARC, GZIP, ZSTD, *_ZIP)) or is_arc_line(line)

    def _parse(self, found: Reading[_T], stream: BinaryIO, line: bytes) -> Block | None:
        """Read a record whose first line was read; return its block, or None for damage. Raises Torn, TooLarge."""
        try:
            record = read_record(stream, line)
        except BadHeaders as error:
            found.damage = torn(found.offset, str(error))
            return None
        found.taken = self._take(record)
        return record.block

    def _skip_padding(self, at: int) -> int:
        """Return the offset of the first byte at or after `at` that is not padding, or the size of the file."""
        self._file.seek(at)
        while block := self._file.read(_BLOCK):
            rest = block.lstrip(_PADDING)
            if rest:
                return self._file.tell() - len(rest)
        return self._file.tell()

    def _next_record(self, start: int) -> int:
        """Return the offset of the next record at or after `start`, or the size of the file."""
        at, block_size, candidates = max(start - 1, 0), _BUFFER, 0
        while True:
            self._file.seek(at)
            block = self._file.read(block_size)
            for match in _CANDIDATE.finditer(block):
                place = at + match.start()
                candidates += 1
                if place >= start and self._holds_record(place, match[0]):
                    return place
            if len(block) < block_size or candidates > MAX_CANDIDATES:
                return self._size
            at += block_size - _OVERLAP
            block_size = min(block_size * 2, _LARGEST_BLOCK)

    def _holds_record(self, at: int, line: bytes) -> bool:
        """Whether a record begins at an offset: with a first line there, or in a member or frame."""
        if not line.startswith((GZIP, ZSTD)):
            return line.startswith(WARC) or is_arc_line(line)
        self._file.seek(at)
        try:
            line = io.BufferedReader(self._unpacked(line), MAX_LINE).readline(MAX_LINE)
        except Torn:
            return False
        return line.startswith(WARC) or is_arc_line(line)


def _check_rest(found: Reading[_T], stream: BinaryIO, *, is_short: bool, unit: str) -> None:
    """Note whether a compressed record is whole, and the damage at the end of its member or frame, if there is any."""
    if is_short:
        found.damage = torn(found.offset, "shorter than its Content-Length")
        return
    rest = stream.read(_BUFFER)
    more = rest.lstrip(_PADDING)
    found.is_whole = not more or rest.startswith(_RECORD_ENDS)
    if more.startswith(WARC) or is_arc_line(more[: more.find(b"\n") + 1]):
        found.is_whole = True
        found.damage = several(found.offset, unit)
    elif more:
        found.damage = torn(found.offset, "longer than its Content-Length")


def _drain(stream: BinaryIO | Block) -> None:
    while stream.read(_BUFFER):
        pass
