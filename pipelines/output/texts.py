"""The text files of the output folder."""

from __future__ import annotations

import hashlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from pipelines.errors import OutputError
from pipelines.kinds import KINDS, folder_of
from pipelines.output.object_errors import ObjectStoreError
from pipelines.output.storage import TEMPORARY, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.output.storage import Storage

_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)
_FOLDERS: Final = tuple(filter(None, map(folder_of, KINDS)))
"""Folders of kinds in that of a domain."""
_NAME = re.compile(rf"(?:{'|'.join(_FOLDERS)})?\d{{14}}(-[0-9a-f]{{8}})?\.txt", re.ASCII)
STAGED = ".new"
"""Suffix of a staged file."""
SUMS: Final = "SHA256SUMS"
"""Name of the file of hashes, as Debian and others have it."""


class TextStore:
    """The text files of a storage: `<prefix><listed domain>/<timestamp>.txt`, `.../<kind>/<timestamp>.txt` of other kinds.

    A text can be staged: written beside its place under a name of its own, `<timestamp>-<8 digits of its hash>.txt.new`, to
    be moved there once the catalog says so. What is staged and never moved is swept like any other leftover.
    """

    def __init__(self, storage: Storage, prefix: str) -> None:
        """Take the storage and the folder of the texts in it, e.g. `text/`."""
        self._storage = storage
        self._prefix = prefix

    def write(self, domain: str, name: str, text: str) -> bool:
        """Write a document; return whether the file changed."""
        return self._storage.write(self._path(domain, name), text.encode())

    def copy(self, domain: str, old: str, new: str) -> None:
        """Give a document a second name, if it has the first."""
        if self._storage.size(path := self._path(domain, old)) is not None:
            self._storage.write(self._path(domain, new), self._storage.read(path))

    def delete(self, domain: str, name: str) -> None:
        """Delete a document. A folder of its name is left alone."""
        self._storage.delete(self._path(domain, name))

    def read(self, domain: str, name: str) -> bytes | None:
        """Return what stands under a document's name; None if no file does, or it can't be read."""
        return self._read(self._path(domain, name))

    def is_at(self, domain: str, name: str) -> bool:
        """Whether anything stands under a document's name."""
        return self._storage.kind(self._path(domain, name)) is not None

    def is_blocked(self, domain: str, name: str) -> bool:
        """Whether a folder stands where a document's file should."""
        return self._storage.kind(self._path(domain, name)) is Kind.FOLDER

    def sha256(self, domain: str, name: str) -> str | None:
        """Return the SHA-256 of a document's file in hexadecimal digits; None if it can't be read."""
        return self._sha256(self._path(domain, name))

    def stage(self, domain: str, staged: str, data: bytes) -> None:
        """Write what is to stand in a document's place, under its staged name (that of a file)."""
        self._storage.write(self._staged(domain, staged), data)

    def staged(self, domain: str, staged: str) -> bytes | None:
        return self._read(self._staged(domain, staged))

    def put(self, domain: str, staged: str, name: str, sha256: str | None) -> bool:
        """Move what is staged to a document's place; only if nothing is there, or it is what belongs there."""
        source, path = self._staged(domain, staged), self._path(domain, name)
        there = self._storage.kind(path)
        if self._storage.size(source) is None or there is Kind.FOLDER:
            return False
        if there is not None and self._sha256(source) != sha256:
            return False
        self._storage.move(source, path)
        return True

    def write_sums(self, files: Iterable[tuple[str, str | None]]) -> None:
        """Write SHA256SUMS beside the domains' folders, for `sha256sum -c`, of (path, hash if known); none without files."""
        lines = self.sums(files)
        if first := next(lines, b""):
            self._storage.write(self._prefix + SUMS, chain([first], lines))
        else:
            self._storage.delete(self._prefix + SUMS)

    def sums(self, files: Iterable[tuple[str, str | None]]) -> Iterator[bytes]:
        """Yield the lines of SHA256SUMS."""
        found = ((path.removeprefix(self._prefix), sha or self._sha256(path)) for path, sha in files)
        return (f"{sha}  {name}\n".encode() for name, sha in found if sha)

    def sweep(self, domain: str, keep: set[str]) -> list[str]:
        """Delete this program's files of `domain` that are not in `keep`, as a killed run may leave; return names."""
        stale = self.strays(domain, keep)
        for name in stale:
            self._storage.delete(self._folder(domain) + name)
        return stale

    def strays(self, domain: str, keep: set[str]) -> list[str]:
        """Return the names of this program's files of `domain` that are not in `keep`. Other files are the user's."""
        return [name for name in self._names(domain) if _is_own(name) and name not in keep]

    def others(self, domain: str) -> list[str]:
        """Return the names in a domain's folder that are none of this program's; those of folders end with `/`."""
        return [name for name in self._names(domain) if not _is_own(name.rstrip("/")) and name not in _FOLDERS]

    def _names(self, domain: str) -> list[str]:
        """Return the names in a domain's folder and in those of the kinds below it."""
        folder = self._folder(domain)
        entries = (entry for below in ("", *_FOLDERS) for entry in self._storage.entries(folder + below))
        return [entry.removeprefix(folder) for entry in entries]

    def _folder(self, domain: str) -> str:
        if not _DOMAIN.fullmatch(domain):
            raise OutputError(f"{domain!r} can't name a folder under {self._storage.location(self._prefix)}")
        return f"{self._prefix}{domain}/"

    def _path(self, domain: str, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise OutputError(f"{name!r} can't name a text file under {self._storage.location(self._prefix + domain)}")
        return self._folder(domain) + name

    def _staged(self, domain: str, name: str) -> str:
        return self._path(domain, name) + STAGED

    def _read(self, path: str) -> bytes | None:
        try:
            return self._storage.read(path)
        except ObjectStoreError:  # that says nothing of the file
            raise
        except OSError:
            return None

    def _sha256(self, path: str) -> str | None:
        try:
            with self._storage.open(path) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except ObjectStoreError:  # that says nothing of the file
            raise
        except OSError:
            return None


def _is_own(name: str) -> bool:
    """Whether a name in a domain's folder is one that this program gives: of a text, staged or being written."""
    return _NAME.fullmatch(name.removesuffix(TEMPORARY).removesuffix(STAGED)) is not None
