"""Storage: where files under an output folder are kept, behind one small interface.

Texts, WARC files, exports, the report and run files are read and written through it: LocalStorage, and ObjectStorage in a
module of its own. Databases (catalog.db, index/) and the lock are no files of a storage.
"""

from __future__ import annotations

import filecmp
import os
from contextlib import suppress
from enum import Enum, auto
from errno import ENOENT
from importlib import import_module
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Protocol, cast

from pipelines.errors import OutputError
from pipelines.installation import install_command
from pipelines.output.location import named_location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase

    from pipelines.output.location import Location

TEMPORARY = ".tmp"
"""Suffix of a file that is being written; a killed process may leave one."""


class Kind(Enum):
    """The kind of an entry. An object store has files only."""

    FILE = auto()
    FOLDER = auto()
    OTHER = auto()
    """A pipe, a device or a dangling link: reading a pipe would wait without end."""


class Storage(Protocol):
    """Files by name, e.g. `text/example.com/20150607080910.txt`: relative, with `/`. Errors are those of `open`."""

    appends_in_place: bool
    """Whether files can always be appended to. Otherwise each is closed for good when it is finished."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes. Raises FileNotFoundError."""

    def open(self, name: str) -> BufferedIOBase:
        """Return a binary stream of a file, for reading at any offset. Raises FileNotFoundError."""

    def write(self, name: str, data: bytes | Iterable[bytes]) -> bool:
        """Write a file, whole or in parts, so that nobody sees half of it; return whether that changed it."""

    def write_if_absent(self, name: str, data: bytes) -> bool:
        """Write a file unless there is one of this name; return whether it was written."""

    def append(self, name: str, data: bytes) -> int:
        """Append all of `data` to a file, or nothing; return the offset in bytes at which it begins."""

    def can_append(self, name: str) -> bool:
        """Whether `append` can go on with a file, or begin it. A finished one of an object store is closed for good."""

    def unfinished(self, prefix: str) -> Iterator[str]:
        """Yield the names under a folder of files that a killed run, or this one, has appended to and not finished."""

    def finish(self, name: str) -> None:
        """Put a file that was appended to in its place for good; one that is there, or does not exist, is left alone."""

    def truncate(self, name: str, size: int) -> None:
        """Shorten a file to `size` bytes, if it can be appended to. Raises FileNotFoundError."""

    def move(self, source: str, name: str) -> None:
        """Rename a file, replacing the file of the new name. Raises FileNotFoundError."""

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None if there is no file of this name."""

    def kind(self, name: str) -> Kind | None:
        """Return the kind of the entry of this name, None if there is none."""

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of the files under a folder (`text/example.com/`), in order, temporary ones among them."""

    def entries(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of the direct entries of a folder, in order; those of its folders end with `/`."""

    def delete(self, name: str) -> None:
        """Delete a file, if there is one of this name."""

    def listed_once(self, prefix: str = "") -> Storage:
        """Return this storage for many files under a folder: an object store lists them now, and is not asked for each.

        What another process writes or deletes there from now on may not be seen.
        """

    def check_readable(self) -> None:
        """Raise OSError if nothing can be read here. A folder that is missing is no error."""

    def check_writable(self) -> None:
        """Write a file and delete it again, with the folders made for it. Raises OSError if that can't be done."""

    def location(self, name: str = "") -> str:
        """Return where a file is, for messages."""


def open_storage(location: str | Location) -> Storage:
    """Return the storage at a location, which need not exist. Only this function chooses the class. Raises OutputError."""
    where = named_location(location) if isinstance(location, str) else location
    if isinstance(where, Path):
        return LocalStorage(where)
    try:
        objects = import_module("pipelines.output.object_storage")  # obstore is an extra
    except ImportError:
        raise OutputError(f"{where}: needs obstore: {install_command('s3')}") from None
    return cast("Storage", objects.ObjectStorage(where))


def is_there(location: Location) -> bool:
    """Whether there is a local folder, or any object under a prefix."""
    if isinstance(location, Path):
        return location.is_dir()
    return next(open_storage(location).entries(), None) is not None


def parts_of(name: str) -> tuple[str, ...]:
    """Return the parts of a file's name. Raises OutputError for one that leads out of the root."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or (os.sep != "/" and os.sep in name):
        raise OutputError(f"{name!r} can't name a file in the output folder")
    return parts


class LocalStorage:
    """Files under the folder `root`."""

    appends_in_place = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes:
        return self._readable(name).read_bytes()

    def open(self, name: str) -> BufferedIOBase:
        return self._readable(name).open("rb")

    def write(self, name: str, data: bytes | Iterable[bytes]) -> bool:
        """Write through a temporary file beside it. Of parts, one at a time is in memory. An equal file is left alone."""
        path = self.path(name)
        if (
            isinstance(data, bytes)
            and path.is_file()
            and path.stat().st_size == len(data)
            and path.read_bytes() == data
        ):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + TEMPORARY)
        try:
            with temporary.open("wb") as stream:
                stream.writelines([data] if isinstance(data, bytes) else data)
            if path.is_file() and filecmp.cmp(temporary, path, shallow=False):
                temporary.unlink()
                return False
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return True

    def write_if_absent(self, name: str, data: bytes) -> bool:
        return self.size(name) is None and self.write(name, data)

    def append(self, name: str, data: bytes) -> int:
        """Append in place. A full disk must not leave a part of `data` for others to be appended to."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab", buffering=0) as stream:
            start = stream.tell()
            try:
                left = memoryview(data)
                while left:
                    left = left[stream.write(left) :]
            except OSError:
                stream.truncate(start)
                raise
        return start

    def can_append(self, name: str) -> bool:  # noqa: ARG002
        return True

    def unfinished(self, prefix: str) -> Iterator[str]:  # noqa: ARG002
        yield from ()

    def finish(self, name: str) -> None:
        """Do nothing: each append is in its place at once."""

    def truncate(self, name: str, size: int) -> None:
        os.truncate(self.path(name), size)

    def move(self, source: str, name: str) -> None:
        old, new = self.path(source), self.path(name)
        new.parent.mkdir(parents=True, exist_ok=True)
        old.replace(new)

    def size(self, name: str) -> int | None:
        path = self.path(name)
        return path.stat().st_size if path.is_file() else None

    def kind(self, name: str) -> Kind | None:
        path = self.path(name)
        if path.is_file():
            return Kind.FILE
        if path.is_dir():
            return Kind.FOLDER
        return Kind.OTHER if os.path.lexists(path) else None

    def list(self, prefix: str = "") -> Iterator[str]:
        for path in sorted(self._folder(prefix).rglob("*")):
            if path.is_file() or path.is_symlink():
                yield path.relative_to(self.root).as_posix()

    def entries(self, prefix: str = "") -> Iterator[str]:
        """Yield also pipes, devices and links. A link to a folder counts as one."""
        folder = self._folder(prefix)
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            yield path.relative_to(self.root).as_posix() + ("/" if path.is_dir() else "")

    def delete(self, name: str) -> None:
        """Delete a file; and its folders, as far as that leaves them empty. A folder of this name is left alone."""
        path = self.path(name)
        if path.is_dir() and not path.is_symlink():
            return
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.root:
                break
            try:
                folder.rmdir()
            except OSError:  # it holds other files, is a link, or may not be deleted
                break

    def listed_once(self, prefix: str = "") -> LocalStorage:  # noqa: ARG002
        return self

    def check_readable(self) -> None:
        """Do nothing: what can't be read is told by whoever reads it."""

    def check_writable(self) -> None:
        missing = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
        probe = f".writable-{os.getpid()}{TEMPORARY}"
        try:
            self.write(probe, b"")
            self.delete(probe)
        finally:
            for folder in missing:
                with suppress(OSError):
                    folder.rmdir()

    def location(self, name: str = "") -> str:
        return str(self.root / name)

    def _readable(self, name: str) -> Path:
        """Return a file's path. Raises FileNotFoundError for a pipe, too, which would be waited for without end."""
        path = self.path(name)
        mode = path.stat().st_mode
        if S_ISREG(mode) or S_ISDIR(mode):  # opening a folder raises by itself
            return path
        raise FileNotFoundError(ENOENT, "not a file", str(path))

    def _folder(self, prefix: str) -> Path:
        return self.path(prefix) if prefix else self.root

    def path(self, name: str) -> Path:
        """Return a name's path. Raises OutputError for a name that leads out of the root."""
        return self.root.joinpath(*parts_of(name))
