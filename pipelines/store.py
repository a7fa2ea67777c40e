"""The text files of the output folder, written so that nobody ever sees half of one."""

from __future__ import annotations

import filecmp
import hashlib
import os
import re
from typing import TYPE_CHECKING

from crawler.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)
_NAME = re.compile(r"\d{14}(-[0-9a-f]{8})?\.txt", re.ASCII)
_STAGED, _TEMPORARY = ".new", ".tmp"


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> bool:
    """Write `data`, whole or in parts, to `path` through a temporary file beside it; return whether that changed it.

    Of parts, one at a time is in memory. A file that would stay the same is left alone.
    """
    if isinstance(data, bytes) and path.exists() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + _TEMPORARY)
    try:
        with temporary.open("wb") as stream:
            stream.writelines([data] if isinstance(data, bytes) else data)
        if path.exists() and filecmp.cmp(temporary, path, shallow=False):
            temporary.unlink()
            return False
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


class TextStore:
    """The text files: `<root>/<listed domain>/<timestamp>.txt`.

    A text can be staged: written beside its place under a name of its own, `<timestamp>-<8 digits of its hash>.txt.new`, to
    be moved there once the catalog says so. What is staged and never moved is swept like any other leftover.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, domain: str, name: str, text: str) -> bool:
        """Write a document; return whether the file changed."""
        return write_atomically(self._path(domain, name), text.encode())

    def copy(self, domain: str, old: str, new: str) -> None:
        """Give a document a second name, if it has the first."""
        if (path := self._path(domain, old)).is_file():
            write_atomically(self._path(domain, new), path.read_bytes())

    def delete(self, domain: str, name: str) -> None:
        """Delete a document. What else stands under its name is left alone."""
        path = self._path(domain, name)
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)

    def read(self, domain: str, name: str) -> bytes | None:
        """Return what stands under a document's name; None if no file does, or it can't be read."""
        return _read(self._path(domain, name))

    def is_at(self, domain: str, name: str) -> bool:
        """Whether anything stands under a document's name."""
        return os.path.lexists(self._path(domain, name))

    def is_blocked(self, domain: str, name: str) -> bool:
        """Whether a folder stands where a document's file should."""
        return self._path(domain, name).is_dir()

    def sha256(self, domain: str, name: str) -> str | None:
        """Return the SHA-256 of a document's file in hexadecimal digits; None if it can't be read."""
        return _sha256(self._path(domain, name))

    def stage(self, domain: str, staged: str, data: bytes) -> None:
        """Write what is to stand in a document's place, under its staged name (that of a file)."""
        write_atomically(self._staged(domain, staged), data)

    def staged(self, domain: str, staged: str) -> bytes | None:
        return _read(self._staged(domain, staged))

    def put(self, domain: str, staged: str, name: str, sha256: str | None) -> bool:
        """Move what is staged to a document's place; only if nothing is there, or it is what belongs there."""
        source, path = self._staged(domain, staged), self._path(domain, name)
        if not source.is_file() or (os.path.lexists(path) and (path.is_dir() or _sha256(source) != sha256)):
            return False
        source.replace(path)
        return True

    def sweep(self, domain: str, keep: set[str]) -> list[str]:
        """Delete this program's files of `domain` that are not in `keep`, as a killed run may leave; return names."""
        folder = self._folder(domain)
        if not folder.is_dir():
            return []
        stale = [
            path
            for path in folder.iterdir()
            if _NAME.fullmatch(path.name.removesuffix(_TEMPORARY).removesuffix(_STAGED))
            and path.name not in keep
            and not path.is_dir()
        ]
        for path in stale:
            path.unlink()
        return [path.name for path in stale]

    def _folder(self, domain: str) -> Path:
        if not _DOMAIN.fullmatch(domain):
            raise OutputError(f"{domain!r} can't name a folder under {self.root}")
        return self.root / domain

    def _path(self, domain: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise OutputError(f"{name!r} can't name a text file under {self.root / domain}")
        return self._folder(domain) / name

    def _staged(self, domain: str, name: str) -> Path:
        path = self._path(domain, name)
        return path.with_name(path.name + _STAGED)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None  # a pipe would be waited for without end
    except OSError:
        return None


def _sha256(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
