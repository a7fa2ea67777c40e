"""ObjectStorage: files as objects in a bucket, by obstore. Imported only when OUTPUT_DIR names one.

An object is seen whole or not at all. A file that is appended to is spooled in a local folder, where it is read from, and
becomes an object when it is finished. A spooled file that a killed run leaves is found by the next run on this machine.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOENT
from functools import partial
from io import BufferedReader, BytesIO
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from pipelines.errors import OutputError
from pipelines.output.object_connection import connected
from pipelines.output.object_digests import PART, equals, same_content
from pipelines.output.object_errors import ObjectStoreError, code_of, endpoint_problem, reason_of
from pipelines.output.object_reader import ObjectReader
from pipelines.output.spool import Spool
from pipelines.output.storage import TEMPORARY, Kind, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase

    from obstore import ObjectMeta
    from obstore.store import S3Store

    from pipelines.output.location import ObjectLocation

logger = logging.getLogger(__name__)

_BUFFER: Final = 1 << 17
"""Bytes of one ranged read: most records of WARC files are smaller."""
_PARTS_AT_ONCE: Final = 4
"""Parts of an upload in memory: 32 MiB."""


class ObjectStorage:
    """Objects under a location's prefix. Errors are those of `open`: FileNotFoundError, else ObjectStoreError."""

    appends_in_place = False

    def __init__(self, location: ObjectLocation) -> None:
        self._location = location
        self._spool = Spool(location.spool, location.former_spools)

    # Reading

    def read(self, name: str) -> bytes:
        if self._is_spooled(name):
            return self._spool.files.read(name)
        with self._asked(name) as store:
            return bytes(obstore.get(store, self._key(name)).bytes())

    def open(self, name: str) -> BufferedIOBase:
        if self._is_spooled(name):
            return self._spool.files.open(name)
        meta = self._head(name)
        if meta is None:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), self.location(name))
        return BufferedReader(ObjectReader(partial(self._range, name), meta), _BUFFER)

    def size(self, name: str) -> int | None:
        if self._spool.is_held(name) and (spooled := self._spool.files.size(name)) is not None:
            return spooled
        meta = self._head(name)
        return self._spool.files.size(name) if meta is None else meta["size"]

    def kind(self, name: str) -> Kind | None:
        if self.size(name) is not None:
            return Kind.FILE
        return None if next(self._under(name), None) is None else Kind.FOLDER

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield names in the order of a local folder's: by their parts."""
        yield from sorted({*self._under(prefix), *self._spool.files.list(prefix)}, key=lambda name: name.split("/"))

    def entries(self, prefix: str = "") -> Iterator[str]:
        start = f"{folder}/" if (folder := "/".join(parts_of(prefix) if prefix else ())) else ""
        with self._asked(prefix) as store:
            found = obstore.list_with_delimiter(store, self._folder(prefix) or None)
        names = {self._name(meta["path"]) for meta in found["objects"]}
        names |= {f"{self._name(folder)}/" for folder in found["common_prefixes"]}
        spooled = (name.removeprefix(start).partition("/") for name in self._spool.files.list(prefix))
        names |= {f"{start}{first}{slash}" for first, slash, _ in spooled}
        yield from sorted(names, key=lambda name: name.rstrip("/"))

    def location(self, name: str = "") -> str:
        return "/".join(filter(None, (str(self._location), name)))

    # Writing

    def write(self, name: str, data: bytes | Iterable[bytes]) -> bool:
        """Write an object. Parts are collected on the disk first: what fails on the way leaves no upload."""
        if isinstance(data, bytes):
            return self._write(name, BytesIO(data), len(data))
        with self._spool.scratch(PART) as scratch:
            for part in data:  # `writelines` would hold all in memory
                scratch.write(part)
            return self._write(name, scratch, scratch.tell())

    def _write(self, name: str, data: IO[bytes], size: int) -> bool:
        if self._has(name, data, size):
            return False
        self._put(name, data, size)
        return True

    def write_if_absent(self, name: str, data: bytes) -> bool:
        try:
            with self._asked(name) as store:
                obstore.put(store, self._key(name), data, mode="create", use_multipart=False)
        except FileExistsError:
            return False
        return True

    def move(self, source: str, name: str) -> None:
        """Copy an object, then delete it under its old name. A kill between the two leaves both."""
        with self._asked(source) as store:
            obstore.rename(store, self._key(source), self._key(name))

    def delete(self, name: str) -> None:
        self._spool.files.delete(name)
        with self._asked(name) as store, suppress(FileNotFoundError):
            obstore.delete(store, self._key(name))

    def check_readable(self) -> None:
        """Ask for an object that is not there. Raises ObjectStoreError if the bucket can't be used."""
        with suppress(FileNotFoundError):
            self.read(f".readable{TEMPORARY}")

    def check_writable(self) -> None:
        self.check_readable()
        probe = f".writable-{os.getpid()}{TEMPORARY}"
        self._put(probe, BytesIO(), 0)
        self.delete(probe)

    # Files that are appended to

    def append(self, name: str, data: bytes) -> int:
        if not self._spool.has(name) and self._head(name) is not None:
            raise ObjectStoreError(f"{self.location(name)} is there already: another run has stored it")
        if not self._spool.hold(name):
            raise ObjectStoreError(f"{self._spool.files.location(name)}: another process appends to it")
        return self._spool.files.append(name, data)

    def truncate(self, name: str, size: int) -> None:
        self._spool.files.truncate(name, size)

    def can_append(self, name: str) -> bool:
        if self._spool.has(name) and self._spool.is_held(name):
            return True
        return self._head(name) is None and (not self._spool.has(name) or self._spool.hold(name))

    def unfinished(self, prefix: str) -> Iterator[str]:
        """Yield the files that a killed run has left here. One whose name an object has taken since is set aside."""
        for name in self._spool.held(prefix):
            if self._head(name) is None:
                yield name
            elif self._equals_object(name):
                self._spool.drop(name)
            else:
                logger.warning(
                    "%s is not the file of that name in SPOOL_DIR, which is of a folder that is gone and was moved to %s",
                    self.location(name),
                    self._spool.set_aside(name),
                )

    def _is_spooled(self, name: str) -> bool:
        """Whether a file stands in the spool alone. A process that holds it has looked."""
        return self._spool.has(name) and (self._spool.is_held(name) or self._head(name) is None)

    def _equals_object(self, name: str) -> bool:
        with self._spool.files.open(name) as stream:
            return self._has(name, cast("IO[bytes]", stream), self._spool.files.size(name) or 0)

    def finish(self, name: str) -> None:
        """Make an object of a spooled file. If that fails, the file stays, and is tried again by the next run."""
        size = self._spool.files.size(name)
        if size is None or not self._spool.hold(name):
            return
        if size:
            with self._spool.files.open(name) as stream:
                self._finish(name, cast("IO[bytes]", stream), size)
        self._spool.drop(name)

    def _finish(self, name: str, data: IO[bytes], size: int) -> None:
        if self._has(name, data, size):
            return
        if self._head(name) is not None:
            kept = self._spool.files.location(name)
            raise ObjectStoreError(f"another file is at {self.location(name)}; {kept} is kept, move it away")
        try:
            self._put(name, data, size)
        except OSError as error:
            kept = self._spool.files.location(name)
            raise ObjectStoreError(f"{error}; {kept} is kept, and stored by the next run on this machine") from error

    # Requests

    @contextmanager
    def _asked(self, name: str) -> Iterator[S3Store]:
        """Yield the client for one request about a file, or a folder."""
        if problem := endpoint_problem(self._location.endpoint):
            raise ObjectStoreError(problem)
        with self._told(name), connected(self._location.bucket, self._location.endpoint).store() as store:
            yield store

    def _head(self, name: str) -> ObjectMeta | None:
        try:
            with self._asked(name) as store:
                return obstore.head(store, self._key(name))
        except FileNotFoundError:
            return None

    def _range(self, name: str, start: int, end: int, e_tag: str | None) -> bytes:
        """Return bytes of an object, if it still has this ETag."""
        options: dict[str, Any] = {"range": (start, end)}
        if e_tag:
            options["if_match"] = e_tag
        with self._asked(name) as store:
            return bytes(obstore.get(store, self._key(name), options=cast("Any", options)).bytes())

    def _has(self, name: str, data: IO[bytes], size: int) -> bool:
        """Whether there is an object with the same content. It is read only if its ETag does not tell."""
        meta = self._head(name)
        if meta is None or meta["size"] != size:
            return False
        told = equals(meta["e_tag"], data)
        if told is not None:
            return told
        with BufferedReader(ObjectReader(partial(self._range, name), meta), PART) as stored:
            return same_content(stored, data)

    def _put(self, name: str, data: IO[bytes], size: int) -> None:
        data.seek(0)
        try:
            with self._asked(name) as store:
                options: dict[str, Any] = {"chunk_size": PART, "max_concurrency": _PARTS_AT_ONCE}
                obstore.put(store, self._key(name), data, use_multipart=size > PART, **options)
        except FileNotFoundError:
            raise ObjectStoreError("the server answers 404 to PUT; see AWS_ENDPOINT_URL") from None
        except OSError:
            if not self._is_stored(name, data, size):
                raise

    def _is_stored(self, name: str, data: IO[bytes], size: int) -> bool:
        """Whether an upload succeeded whose answer was lost."""
        try:
            return self._has(name, data, size)
        except OSError:
            return False

    def _under(self, prefix: str) -> Iterator[str]:
        with self._asked(prefix) as store:
            for page in obstore.list(store, self._folder(prefix) or None, chunk_size=1_000):
                yield from (self._name(meta["path"]) for meta in page)

    def _key(self, name: str) -> str:
        """Return a name's key. Raises OutputError for a name that leads out of the prefix."""
        return "/".join(filter(None, (self._location.prefix, *parts_of(name))))

    def _folder(self, prefix: str) -> str:
        return self._key(prefix) if prefix else self._location.prefix

    def _name(self, key: str) -> str:
        return PurePosixPath(key).relative_to(self._location.prefix).as_posix()

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Raise what obstore raises in one line, without what the server wrote."""
        try:
            yield
        except AlreadyExistsError:
            raise FileExistsError(EEXIST, os.strerror(EEXIST), self.location(name)) from None
        except FileNotFoundError as error:
            if code_of(error) == "NoSuchBucket":
                raise self._error(error) from None
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), self.location(name)) from None
        except BaseError as error:
            raise self._error(error) from None
        except ValueError as error:
            raise OutputError(f"{name!r} can't name an object under {self._location}: {error}") from None

    def _error(self, error: Exception) -> ObjectStoreError:
        return ObjectStoreError(reason_of(error, self._location.endpoint))
