"""The records of a WARC file one after the other, past whatever is damaged between them.

warcio parses the records. Members and lengths are watched here: warcio ends a torn gzip member, or a payload shorter than
its Content-Length, without a word.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Generic, TypeVar

from warcio.limitreader import LimitReader
from warcio.recordloader import ArcWarcRecordLoader

from crawler.archives.warc_damage import Damage, empty, foreign, hole, several, torn, unparsed
from crawler.archives.warc_member import Member, Torn
from crawler.bodies import TooLarge
from pipelines.gunzip import GZIP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from warcio.recordloader import ArcWarcRecord

_T = TypeVar("_T")

MAX_HEADERS: Final = 1 << 18
"""Bytes of the WARC and HTTP headers of one record; what has more is no record."""
MAX_PADDING: Final = 65_536
"""Bytes of zeros and line ends between records, or after the last, that pass for padding; more are a hole."""
MAX_CANDIDATES: Final = 100_000
"""Places looked at for the next record after damage. By chance, 64 in a gigabyte look like the beginning of gzip."""

MAX_MISSES: Final = 200
"""Places in a row that look like a record and hold none, after which the rest of a file is given up."""

_WARC: Final = b"WARC/"
_PADDING: Final = b"\0\r\n"
_RECORD_END: Final = b"\r\n\r\n"
_CANDIDATE: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]|(?<=\n)WARC/[01]\.[0-9]{1,2}\r?\n")
_LARGEST_BLOCK: Final = 1 << 20
_OVERLAP: Final = 32
_BUFFER: Final = 32_768
_LINE: Final = 1_024
_LOADER: Final = ArcWarcRecordLoader(verify_http=False, arc2warc=False)


@dataclass(frozen=True, slots=True)
class Reading(Generic[_T]):
    """What reading at an offset gave.

    `taken` is what `take` made of the record, if it could be parsed; `is_whole` says whether all bytes are there that its
    Content-Length promises. `end` is the offset after the record, None where damage hides it.
    """

    offset: int
    end: int | None = None
    taken: _T | None = None
    is_whole: bool = False
    damage: Damage | None = None


class _Headers:
    """A stream whose lines are headers. Reading raises ValueError once they have more than MAX_HEADERS bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = MAX_HEADERS
        self.read = stream.read

    def tell(self) -> int:
        return MAX_HEADERS - self._left

    def readline(self, length: int | None = None) -> bytes:
        line = self._stream.readline(self._left if length is None else min(length, self._left))
        self._left -= len(line)
        if self._left <= 0:
            raise ValueError(f"headers of more than {MAX_HEADERS} bytes")
        return line


def walk(file: BinaryIO, take: Callable[[ArcWarcRecord], _T | None]) -> Iterator[Reading[_T]]:
    """Yield what stands in a file: records of which `take` makes something, and damage, never both in one reading.

    Parts that can't be read and have no readable record between them are one damage, the first one's.
    """
    size = file.seek(0, io.SEEK_END)
    damage = None if size else empty()
    at = misses = 0
    while at < size:
        start = _skip_padding(file, at)
        if start - at > MAX_PADDING:
            damage = damage or hole(at, start)
        if start == size:
            break
        found = read_at(file, start, take)
        if found.damage is None and damage is not None:
            yield Reading(damage.offset, damage=replace(damage, resumed=start))
            damage = None
        damage = damage or found.damage
        if found.taken is not None:
            yield replace(found, damage=None)
        misses = 0 if found.taken is not None or found.end is not None else misses + 1
        at = found.end or (_next_record(file, start + 1) if misses <= MAX_MISSES else size)
        if damage and found.end is None and at == size:
            damage = replace(damage, is_last=True)
    if damage is not None:
        yield Reading(damage.offset, damage=damage)


def read_at(file: BinaryIO, at: int, take: Callable[[ArcWarcRecord], _T | None]) -> Reading[_T]:
    """Read the record at an offset; `take` gets it with its payload unread."""
    file.seek(at)
    head = file.read(_LINE)
    file.seek(at)
    if head.startswith(GZIP):
        return _read_member(file, at, take)
    if head.startswith(_WARC):
        return _read_plain(file, at, take)
    if len(head) < len(_WARC) and any(start.startswith(head[: len(start)]) for start in (GZIP, _WARC)):
        return Reading(at, damage=torn(at, "no end", cut_at=at + len(head)))
    return _not_read(file, foreign(at, head))


def _not_read(file: BinaryIO, damage: Damage) -> Reading[_T]:
    return Reading(damage.offset, file.seek(0, io.SEEK_END) if damage.is_foreign else None, damage=damage)


def _read_member(file: BinaryIO, at: int, take: Callable[[ArcWarcRecord], _T | None]) -> Reading[_T]:
    member = Member(file)
    stream = io.BufferedReader(member, _BUFFER)
    found: Reading[_T] = Reading(at)
    try:
        line = stream.readline(_LINE)
        if line.startswith(_WARC):
            found, payload = _begin(stream, line, at, take)
            if payload is not None:
                _drain(payload)
                found = replace(found, is_whole=payload.limit == 0)
                found = _with_rest(found, stream)
        else:
            found = Reading(at, damage=foreign(at, line))
        if found.damage is not None and found.damage.is_foreign:
            return _not_read(file, found.damage)
        _drain(stream)
    except Torn as error:
        damage = torn(at, str(error), error.cut_at)
        # Without its end nothing vouches for what was read; of damaged bytes not even the headers can be relied on
        return replace(found, is_whole=False, damage=damage) if error.cut_at is not None else Reading(at, damage=damage)
    return replace(found, end=member.end)


def _with_rest(found: Reading[_T], stream: BinaryIO) -> Reading[_T]:
    """Return what was read of a gzip member with what is wrong with its end."""
    if not found.is_whole:
        return replace(found, damage=torn(found.offset, "shorter than its Content-Length"))
    rest = stream.read(_BUFFER)
    more = rest.lstrip(_PADDING)
    if not more:
        return found
    if more.startswith(_WARC):
        return replace(found, damage=several(found.offset))
    is_whole = rest.startswith(_RECORD_END)
    return replace(found, is_whole=is_whole, damage=torn(found.offset, "longer than its Content-Length"))


def _read_plain(file: BinaryIO, at: int, take: Callable[[ArcWarcRecord], _T | None]) -> Reading[_T]:
    found, payload = _begin(file, file.readline(_LINE), at, take)
    stands = file.tell()
    size = file.seek(0, io.SEEK_END)
    if payload is None:
        return replace(found, damage=replace(found.damage, cut_at=size)) if stands == size and found.damage else found
    end = stands + payload.limit
    if end > size:
        return replace(found, damage=torn(at, "shorter than its Content-Length", cut_at=size))
    after = _skip_padding(file, end)
    file.seek(after)
    if after == size or file.read(len(_WARC)).startswith((_WARC, GZIP)):
        return replace(found, end=end, is_whole=True)
    file.seek(end)  # it may be whole with something foreign behind it, or have another record within its wrong length
    is_whole = file.read(len(_RECORD_END)) == _RECORD_END
    return replace(found, is_whole=is_whole, damage=torn(at, "its Content-Length is wrong, or garbage follows it"))


def _begin(
    stream: BinaryIO, line: bytes, at: int, take: Callable[[ArcWarcRecord], _T | None]
) -> tuple[Reading[_T], Any]:
    """Parse a record whose first line was read; return what `take` makes of it, and its payload (None: there is none)."""
    try:
        record = _LOADER.parse_record_stream(_Headers(stream), line, "warc")
        length = record.rec_headers.get_header("Content-Length") or ""
        if not isinstance(record.raw_stream, LimitReader) or not length.strip().isdecimal():
            return Reading(at, damage=torn(at, "no Content-Length")), None
        if not record.rec_type:
            return Reading(at, damage=torn(at, "no WARC-Type")), None
        return Reading(at, taken=take(record)), record.raw_stream
    except (Torn, TooLarge):
        raise
    except Exception as error:  # noqa: BLE001 - warcio raises many kinds on damaged records
        return Reading(at, damage=unparsed(at, error)), None


def _drain(stream: Any) -> None:
    while stream.read(_BUFFER):
        pass


def _skip_padding(file: BinaryIO, at: int) -> int:
    """Return the offset of the first byte at or after `at` that is no padding, or the size of the file."""
    file.seek(at)
    while block := file.read(_LINE):
        rest = block.lstrip(_PADDING)
        if rest:
            return file.tell() - len(rest)
    return file.tell()


def _next_record(file: BinaryIO, start: int) -> int:
    """Return the offset of the next record at or after `start`, or the size of the file."""
    at, block_size, candidates = max(start - 1, 0), _BUFFER, 0
    while True:
        file.seek(at)
        block = file.read(block_size)
        for match in _CANDIDATE.finditer(block):
            place = at + match.start()
            candidates += 1
            if place >= start and (match[0].startswith(_WARC) or _holds_record(file, place)):
                return place
        if len(block) < block_size or candidates > MAX_CANDIDATES:
            return file.seek(0, io.SEEK_END)
        at += block_size - _OVERLAP
        block_size = min(block_size * 2, _LARGEST_BLOCK)


def _holds_record(file: BinaryIO, at: int) -> bool:
    """Whether what looks like a gzip member is one, and begins as a WARC record does."""
    file.seek(at)
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(file.read(4096), len(_WARC)) == _WARC
    except zlib.error:
        return False
