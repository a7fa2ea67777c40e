"""The files of a WARC archive: which they are, and a part of one as a file of its own."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from pathlib import Path

_FILE_BUFFER: Final = 1 << 18
_NAME: Final = re.compile(r".+\.(?:w?arc(?:\.(?:gz|zst|zstd|bz2|xz|zip))?(?:\.open)?|wacz)", re.IGNORECASE | re.DOTALL)
"""Names of files that are read, and of those whose compression is named as one that is not.

Heritrix adds `.open` to the name of a file that it writes to, and leaves it there if it is killed.
"""
KINDS: Final = "WARC, ARC or WACZ"
ENDINGS: Final = ".warc, .warc.gz, .warc.zst, .arc, .arc.gz, .arc.zst or .wacz"
"""The ends of the names of files that hold records."""
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of records, or the part of one: the bytes of `path` from `start` to `end` (None: to its end)."""

    path: Path
    start: int = 0
    end: int | None = None

    def open(self, buffer_size: int = _FILE_BUFFER) -> BinaryIO:
        """Open the part. Its offsets are those of the whole file. Raises OSError."""
        file = self.path.open("rb", buffering=buffer_size)
        return file if self.end is None else Window(file, self.end)


class Window(io.BufferedIOBase, BinaryIO):
    """A file as far as `end`. Offsets are those of the whole file."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        super().__init__()
        self._file = file
        self._end = end

    def read(self, size: int | None = -1) -> bytes:
        left = max(self._end - self._file.tell(), 0)
        return self._file.read(left if size is None or size < 0 else min(size, left))

    def readline(self, size: int | None = -1) -> bytes:
        left = max(self._end - self._file.tell(), 0)
        return self._file.readline(left if size is None or size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            size = self._file.seek(0, io.SEEK_END)
            return self._file.seek(min(self._end, size) + offset)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def warc_files(path: Path) -> list[Path]:
    """Return `path` itself, or the files below it that their names say hold records, sorted.

    Dangling links are included: their files are missing.
    """
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if is_warc_name(file.name) and _is_file(file))


def is_warc_name(name: str) -> bool:
    """Whether a file's name says that it holds records, or that it holds compressed ones that are not read."""
    return bool(_NAME.fullmatch(name))


def _is_file(file: Path) -> bool:
    return file.is_file() or not file.exists()


def shown_path(path: Path) -> str:
    """Return a file's path as one line of text that can be stored, whatever bytes it has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
