"""One gzip member of a file as a stream that says whether it has its end."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO, Final

_SMALLEST_READ: Final = 2_048
"""Bytes of the first read: most records are small, and what is read beyond a member's end is read twice."""
_LARGEST_READ: Final = 65_536


class Torn(Exception):
    """A gzip member is cut, at the end `cut_at` of its file, or else damaged; the message says how."""

    def __init__(self, cause: str, cut_at: int | None = None) -> None:
        super().__init__(cause)
        self.cut_at = cut_at


class Member(io.RawIOBase):
    """The bytes of the gzip member that begins where `file` stands. Reading raises Torn.

    `end` is the offset after it, once all was read.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._input = b""
        self._size = _SMALLEST_READ
        self.end = 0

    def readable(self) -> bool:
        return True

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

    def _read(self) -> bytes:
        data = self._file.read(self._size)
        self._size = min(self._size * 2, _LARGEST_READ)
        return data
