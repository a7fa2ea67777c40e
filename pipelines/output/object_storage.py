"""ObjectStorage: files as objects in a bucket, by obstore. Imported only when OUTPUT_DIR names one.

An object is seen whole or not at all. A file that is appended to is spooled in a local folder, where it is read from, and
becomes an object when it is finished. A spooled file that a killed run leaves is found by the next run on this machine.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from copy import copy
from errno import ENOENT
from functools import partial
from io import BufferedReader, BytesIO
from typing import IO, TYPE_CHECKING, Any, Final, cast

import obstore

from pipelines.output.object_digests import PART, equals, same_content
from pipelines.output.object_errors import ObjectStoreError
from pipelines.output.object_reader import ObjectReader
from pipelines.output.object_requests import ObjectRequests
from pipelines.output.spool import Spool
from pipelines.output.storage import TEMPORARY, Kind, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedIOBase

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
        self._requests = ObjectRequests(location)
        self._spool = Spool(location.spool, location.former_spools)

    def listed_once(self, prefix: str = "") -> ObjectStorage:
        found = copy(self)
        found._requests = self._requests.listed_once(prefix)  # noqa: SLF001 - of this class
        return found

    # Reading

    def read(self, name: str) -> bytes:
        if self._is_spooled(name):
            return self._spool.files.read(name)
        with self._requests.asked(name) as store:
            return self._requests.wait(lambda: bytes(obstore.get(store, self._requests.key(name)).bytes()))

    def open(self, name: str) -> BufferedIOBase:
        if self._is_spooled(name):
            return self._spool.files.open(name)
        found = self._requests.head(name)
        if found is None:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), self.location(name))
        return BufferedReader(ObjectReader(partial(self._requests.range, name), found), _BUFFER)

    def size(self, name: str) -> int | None:
        if self._spool.is_held(name) and (spooled := self._spool.files.size(name)) is not None:
            return spooled
        found = self._requests.head(name)
        return self._spool.files.size(name) if found is None else found.size

    def kind(self, name: str) -> Kind | None:
        if self.size(name) is not None:
            return Kind.FILE
        return None if next(self._requests.stored(name), None) is None else Kind.FOLDER

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield names in the order of a local folder's: by their parts."""
        found = (name for name, _ in self._requests.stored(prefix))
        yield from sorted({*found, *self._spool.files.list(prefix)}, key=lambda name: name.split("/"))

    def entries(self, prefix: str = "") -> Iterator[str]:
        start = f"{folder}/" if (folder := "/".join(parts_of(prefix) if prefix else ())) else ""
        with self._requests.asked(prefix) as store:
            below = self._requests.folder(prefix) or None
            found = self._requests.wait(lambda: obstore.list_with_delimiter(store, below))
        names = {self._requests.name(meta["path"]) for meta in found["objects"]}
        names |= {f"{self._requests.name(folder)}/" for folder in found["common_prefixes"]}
        spooled = (name.removeprefix(start).partition("/") for name in self._spool.files.list(prefix))
        names |= {f"{start}{first}{slash}" for first, slash, _ in spooled}
        yield from sorted(names, key=lambda name: name.rstrip("/"))

    def location(self, name: str = "") -> str:
        return self._requests.address(name)

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
        self._requests.changed(name)
        try:
            with self._requests.asked(name) as store:
                put = partial(obstore.put, store, self._requests.key(name), data, mode="create", use_multipart=False)
                self._requests.wait(put)
        except FileExistsError:
            return False
        return True

    def move(self, source: str, name: str) -> None:
        """Copy an object, then delete it under its old name. A kill between the two leaves both."""
        for each in (source, name):
            self._requests.changed(each)
        with self._requests.asked(source) as store:
            self._requests.wait(partial(obstore.rename, store, self._requests.key(source), self._requests.key(name)))

    def delete(self, name: str) -> None:
        self._spool.files.delete(name)
        self._requests.changed(name)
        with self._requests.asked(name) as store, suppress(FileNotFoundError):
            self._requests.wait(partial(obstore.delete, store, self._requests.key(name)))

    def check_readable(self) -> None:
        self._requests.check(f".readable{TEMPORARY}")

    def check_writable(self) -> None:
        self.check_readable()
        probe = f".writable-{os.getpid()}{TEMPORARY}"
        self._put(probe, BytesIO(), 0)
        self.delete(probe)

    # Files that are appended to

    def append(self, name: str, data: bytes) -> int:
        if not self._spool.has(name) and self._requests.head(name) is not None:
            raise ObjectStoreError(f"{self.location(name)} is there already: another run has stored it")
        if not self._spool.hold(name):
            raise ObjectStoreError(f"{self._spool.files.location(name)}: another process appends to it")
        return self._spool.files.append(name, data)

    def truncate(self, name: str, size: int) -> None:
        self._spool.files.truncate(name, size)

    def can_append(self, name: str) -> bool:
        if self._spool.has(name) and self._spool.is_held(name):
            return True
        return self._requests.head(name) is None and (not self._spool.has(name) or self._spool.hold(name))

    def unfinished(self, prefix: str) -> Iterator[str]:
        """Yield the files that a killed run has left here. One whose name an object has taken since is set aside."""
        for name in self._spool.held(prefix):
            if self._requests.head(name) is None:
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
        return self._spool.has(name) and (self._spool.is_held(name) or self._requests.head(name) is None)

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
        if self._requests.head(name) is not None:
            kept = self._spool.files.location(name)
            raise ObjectStoreError(f"another file is at {self.location(name)}; {kept} is kept, move it away")
        try:
            self._put(name, data, size)
        except OSError as error:
            kept = self._spool.files.location(name)
            raise ObjectStoreError(f"{error}; {kept} is kept, and stored by the next run on this machine") from error

    def _has(self, name: str, data: IO[bytes], size: int) -> bool:
        """Whether there is an object with the same content. It is read only if its ETag does not tell."""
        found = self._requests.head(name)
        if found is None or found.size != size:
            return False
        told = equals(found.e_tag, data)
        if told is not None:
            return told
        with BufferedReader(ObjectReader(partial(self._requests.range, name), found), PART) as stored:
            return same_content(stored, data)

    def _put(self, name: str, data: IO[bytes], size: int) -> None:
        data.seek(0)
        self._requests.changed(name)
        try:
            with self._requests.asked(name) as store:
                options: dict[str, Any] = {"chunk_size": PART, "max_concurrency": _PARTS_AT_ONCE}
                put = partial(obstore.put, store, self._requests.key(name), data, use_multipart=size > PART, **options)
                self._requests.wait(put)
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
