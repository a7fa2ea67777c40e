"""Member and Frame: one gzip member or one Zstandard frame of a file as a stream. A cut or damaged one raises Torn."""

from __future__ import annotations

import io
import sys
import zlib
from abc import abstractmethod
from typing import BinaryIO, Final

from pipelines.convert.gunzip import GZIP

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdDecompressor, ZstdDict, ZstdError
else:
    from backports.zstd import ZstdDecompressor, ZstdDict, ZstdError

ZSTD: Final = b"\x28\xb5\x2f\xfd"
"""How a Zstandard frame begins (RFC 8878, 3.1.1)."""
MAX_DICTIONARY: Final = 32 << 20
"""Bytes of a .warc.zst file's dictionary, inflated. ArchiveTeam's have one megabyte."""

_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""How the skippable frame with the dictionary begins (WARC Zstandard Compression 1.0, 4.2)."""
_WITH_TABLES: Final = b"\x37\xa4\x30\xec"
"""How a dictionary with entropy tables begins (RFC 8878, 5). Others are bytes and nothing else."""
_SKIPPABLE: Final = range(0x184D2A50, 0x184D2A60)
SKIPPABLE_HEADER: Final = 8
"""Bytes of a skippable frame's header: magic number and size (RFC 8878, 3.1.2)."""
_SMALLEST_READ: Final = 2_048
"""Bytes of the first read. Most records are small, and bytes read beyond a member's end are read twice."""
_LARGEST_READ: Final = 65_536


class Torn(Exception):
    """A gzip member is cut or damaged. `cut_at` is the end of the file that cuts it, None for damage."""

    def __init__(self, cause: str, cut_at: int | None = None) -> None:
        super().__init__(cause)
        self.cut_at = cut_at


class Compressed(io.RawIOBase):
    """The inflated bytes of the compressed unit at the position of `file`. Reading raises Torn.

    `end` is the offset after the unit, once all of it was read.
    """

    unit = ""
    """The name of such a unit in messages."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._size = _SMALLEST_READ
        self.end = 0

    def readable(self) -> bool:
        return True

    @abstractmethod
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`, as far as there is something."""

    def _read(self) -> bytes:
        data = self._file.read(self._size)
        self._size = min(self._size * 2, _LARGEST_READ)
        return data


class Member(Compressed):
    """A gzip member (RFC 1952)."""

    unit = "gzip member"

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._input = b""

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._inflater.eof:
            data = self._input or self._read()
            try:
                plain = self._inflater.decompress(data, len(buffer))
            except zlib.error as error:
                raise Torn(str(error)) from None
            self._input = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self.end = self._file.tell() - len(self._inflater.unused_data)
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if not data:
                raise Torn("no end", cut_at=self._file.tell())
        return 0


class Frame(Compressed):
    """A Zstandard frame (RFC 8878), which may need its file's dictionary.

    The decoder refuses a frame that needs more than 128 MiB for its window.
    """

    unit = "Zstandard frame"

    def __init__(self, file: BinaryIO, dictionary: ZstdDict | None = None) -> None:
        super().__init__(file)
        self._inflater = ZstdDecompressor(zstd_dict=dictionary)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._inflater.eof:
            needs_input = self._inflater.needs_input
            data = self._read() if needs_input else b""
            try:
                plain = self._inflater.decompress(data, len(buffer))
            except ZstdError as error:
                raise Torn(str(error)) from None
            if self._inflater.eof:
                self.end = self._file.tell() - len(self._inflater.unused_data)
            if plain:
                buffer[: len(plain)] = plain
                return len(plain)
            if needs_input and not data:
                raise Torn("no end", cut_at=self._file.tell())
        return 0


def skippable_size(head: bytes) -> int | None:
    """Return the bytes of the skippable frame that begins with `head`; None if none does."""
    if len(head) < SKIPPABLE_HEADER or int.from_bytes(head[:4], "little") not in _SKIPPABLE:
        return None
    return SKIPPABLE_HEADER + int.from_bytes(head[4:SKIPPABLE_HEADER], "little")


def read_dictionary(file: BinaryIO, start: int) -> ZstdDict | None:
    """Return the dictionary at the start of a .warc.zst file; None if it has none, or one that can't be used.

    The frames of a file with an unusable one can't be decoded, which is said of each.
    """
    file.seek(start)
    head = file.read(SKIPPABLE_HEADER)
    size = (skippable_size(head) or 0) - SKIPPABLE_HEADER
    if not head.startswith(_DICTIONARY) or not 0 < size <= MAX_DICTIONARY:
        return None
    raw = file.read(size)
    if raw.startswith((ZSTD, GZIP)):
        stream = io.BytesIO(raw)
        packed = Frame(stream) if raw.startswith(ZSTD) else Member(stream)
        try:
            raw = io.BufferedReader(packed).read(MAX_DICTIONARY + 1)
        except Torn:
            return None
    if len(raw) > MAX_DICTIONARY:
        return None
    try:
        dictionary = ZstdDict(raw, is_raw=not raw.startswith(_WITH_TABLES))
        ZstdDecompressor(zstd_dict=dictionary)  # only now its tables are read
    except (ValueError, ZstdError):
        return None
    return dictionary
