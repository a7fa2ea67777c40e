"""The WARC and ARC files in a WACZ, or any other ZIP file. None is written to a path of the ZIP file's choosing."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from lzma import LZMAError
from typing import TYPE_CHECKING, Final, Self
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from crawler.archives.warc_damage import FETCH_AGAIN
from crawler.archives.warc_files import is_warc_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTS: Final = (b"PK\3\4", b"PK\5\6")
"""How ZIP files begin; the second is an empty one."""
MAX_DIRECTORY: Final = 8 << 20
"""Bytes of the directory of a ZIP file: 80,000 entries, each of which takes ten times as much memory."""
MAX_ENTRIES: Final = 10_000
"""WARC and ARC files read of one ZIP file. Browsertrix writes one for each gigabyte."""

_BAD: Final = (
    BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, EOFError, struct.error, zlib.error, LZMAError,
)  # fmt: skip
"""What zipfile raises for damaged files and entries, unknown compression and passwords."""
_ENCRYPTED: Final = 1
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
"""Mark, length of the name and of the extra field of a local file header (APPNOTE.TXT, 4.3.7)."""


class BadZip(Exception):
    """A ZIP file, or an entry of one, that can't be read; the message says why."""

    def __init__(self, error: Exception | str) -> None:
        super().__init__(" ".join(str(error).split())[:100] or type(error).__name__)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A WARC or ARC file in a ZIP file: its name, and the bytes from `start` to `end` of the ZIP file that it takes.

    `problem` tells why it can't be read, and `remedy` what to do; else they are empty.
    """

    name: str
    start: int
    end: int
    info: ZipInfo
    problem: str = ""
    remedy: str = ""

    @property
    def is_stored(self) -> bool:
        """Whether the bytes are not compressed, so that they can be read where they are."""
        return self.info.compress_type == ZIP_STORED


class WarcZip:
    """The WARC and ARC files in a ZIP file. A context manager. Raises BadZip, OSError."""

    def __init__(self, path: Path) -> None:
        self._file = _Bounded(io.FileIO(path))
        try:
            self._zip = ZipFile(self._file)
        except _BAD as error:
            self._file.close()
            raise BadZip(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def entries(self) -> list[ZipEntry]:
        """Return the entries whose names are those of WARC and ARC files, in the order of their bytes. Raises BadZip."""
        size = self._file.seek(0, io.SEEK_END)
        infos = [info for info in self._zip.infolist() if is_warc_name(info.filename)]
        if len(infos) > MAX_ENTRIES:
            raise BadZip(f"more than {MAX_ENTRIES} WARC files in it")
        entries = sorted((self._entry(info, size) for info in infos), key=lambda entry: entry.start)
        if sum(entry.end - entry.start for entry in entries) > size:
            raise BadZip("its entries overlap")
        return entries

    def inflated(self, entry: ZipEntry, block_size: int) -> Iterator[bytes]:
        """Yield what an entry holds. zipfile checks its CRC. Raises BadZip."""
        try:
            with self._zip.open(entry.info) as stream:
                while block := stream.read(block_size):
                    yield block
        except _BAD as error:
            raise BadZip(error) from error

    def _entry(self, info: ZipInfo, size: int) -> ZipEntry:
        start = self._start(info)
        if start is None or start + info.compress_size > size:
            return ZipEntry(
                info.filename, 0, 0, info, "damaged: it is not where the ZIP file's directory says", FETCH_AGAIN
            )
        end = start + info.compress_size
        if info.flag_bits & _ENCRYPTED:
            return ZipEntry(info.filename, start, end, info, "encrypted, which is not read", "unpack it")
        if info.filename.lower().endswith(".wacz"):
            return ZipEntry(info.filename, start, end, info, "a WACZ in a ZIP file, which is not read", "unpack it")
        return ZipEntry(info.filename, start, end, info)

    def _start(self, info: ZipInfo) -> int | None:
        """Return the offset of an entry's data; None if it has no local header."""
        self._file.seek(max(info.header_offset, 0))
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size:
            return None
        mark, name, extra = _LOCAL_HEADER.unpack(header)
        return info.header_offset + _LOCAL_HEADER.size + name + extra if mark == STARTS[0] else None


class _Bounded(io.BufferedReader):
    """A file of which no more than MAX_DIRECTORY bytes are read at once: zipfile reads the directory as a whole."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > MAX_DIRECTORY:
            raise BadZipFile(f"its directory has more than {MAX_DIRECTORY} bytes")
        return super().read(size)
