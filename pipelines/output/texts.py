"""The text files of the output folder, written so that nobody ever sees half of one."""

from __future__ import annotations

import filecmp
import re
from typing import TYPE_CHECKING

from pipelines.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)
_NAME = re.compile(r"\d{14}(-[0-9a-f]{8})?\.txt", re.ASCII)
_TEMPORARY = ".tmp"


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
    """The text files: `<root>/<listed domain>/<timestamp>.txt`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, domain: str, name: str, text: str) -> bool:
        """Write a document; return whether the file changed."""
        return write_atomically(self._path(domain, name), text.encode())

    def copy(self, domain: str, old: str, new: str) -> None:
        """Give a document a second name, if it has the first."""
        if (path := self._path(domain, old)).exists():
            write_atomically(self._path(domain, new), path.read_bytes())

    def delete(self, domain: str, name: str) -> None:
        self._path(domain, name).unlink(missing_ok=True)

    def sweep(self, domain: str, keep: set[str]) -> list[str]:
        """Delete this program's files of `domain` that are not in `keep`, as a killed run may leave; return names."""
        folder = self._folder(domain)
        if not folder.is_dir():
            return []
        stale = [
            path
            for path in folder.iterdir()
            if _NAME.fullmatch(path.name.removesuffix(_TEMPORARY)) and path.name not in keep
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
