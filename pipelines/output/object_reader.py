"""ObjectReader: an object of an object store as a stream."""

from __future__ import annotations

import os
from io import RawIOBase
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class StoredObject(NamedTuple):
    """What the store says of an object: its bytes, and the ETag of its content."""

    size: int
    e_tag: str | None


class ObjectReader(RawIOBase):
    """An object's bytes at any offset. Each read is a request.

    `read` returns the bytes from one offset to another, if the object still has an ETag.
    """

    def __init__(self, read: Callable[[int, int, str | None], bytes], stored: StoredObject) -> None:
        self._read_range = read
        self._size, self._e_tag = stored.size, stored.e_tag
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        end = min(self._size, self._at + len(wanted))
        if end <= self._at:
            return 0
        data = self._read_range(self._at, end, self._e_tag)
        wanted[: len(data)] = data
        self._at += len(data)
        return len(data)
