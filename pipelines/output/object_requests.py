"""ObjectRequests: the requests for the objects under a location, by the names of files, with errors in one line."""

from __future__ import annotations

import os
from contextlib import contextmanager
from errno import EEXIST, ENOENT
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from pipelines.errors import OutputError
from pipelines.output.interruptible import interruptible
from pipelines.output.object_connection import connected
from pipelines.output.object_errors import ObjectStoreError, code_of, endpoint_problem, reason_of
from pipelines.output.object_reader import StoredObject
from pipelines.output.storage import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from obstore.store import S3Store

    from pipelines.output.location import ObjectLocation

_T = TypeVar("_T")


class ObjectRequests:
    """Requests under a location's prefix. Raises FileNotFoundError, FileExistsError, else ObjectStoreError."""

    def __init__(self, location: ObjectLocation) -> None:
        self._location = location
        self._listed: str | None = None
        """The folder whose objects `_listing` has."""
        self._listing: dict[str, StoredObject] = {}
        self._changed = set[str]()

    def listed_once(self, prefix: str) -> ObjectRequests:
        """Return requests that list a folder's objects now, and ask for none of them one by one.

        A change by another process is not seen. What `changed` names is asked for again.
        """
        found = ObjectRequests(self._location)
        found._listed, found._listing = prefix, dict(self.stored(prefix))
        return found

    def changed(self, name: str) -> None:
        """Note that this process has written or deleted an object."""
        self._changed.add(name)

    @contextmanager
    def asked(self, name: str) -> Iterator[S3Store]:
        """Yield the client for one request about a file, or a folder."""
        if problem := endpoint_problem(self._location.endpoint):
            raise ObjectStoreError(problem)
        with self._told(name), connected(self._location.bucket, self._location.endpoint).store() as store:
            yield store

    def wait(self, call: Callable[[], _T]) -> _T:
        """Return the result of a request. Ctrl-C ends the wait; in a thread that it does not reach, if the store is gone."""
        return interruptible(call, connected(self._location.bucket, self._location.endpoint).look)

    def check(self, name: str) -> None:
        """Ask for an object that is not there. Raises ObjectStoreError if the server is no store, or has no such bucket."""
        with self.asked(name) as store:
            try:
                self.wait(lambda: obstore.get(store, self.key(name)))
            except FileNotFoundError as error:
                code = code_of(error)
                if code == "NoSuchBucket":
                    raise
                if not code:
                    raise ObjectStoreError("the server answers 404, and not as S3 does; see AWS_ENDPOINT_URL") from None

    def head(self, name: str) -> StoredObject | None:
        """Return what is known of an object, None if there is none."""
        if self._listed is not None and name.startswith(self._listed) and name not in self._changed:
            return self._listing.get(name)
        try:
            with self.asked(name) as store:
                meta = self.wait(lambda: obstore.head(store, self.key(name)))
        except FileNotFoundError:
            return None
        return StoredObject(meta["size"], meta["e_tag"])

    def range(self, name: str, start: int, end: int, e_tag: str | None) -> bytes:
        """Return bytes of an object, if it still has this ETag."""
        options: dict[str, Any] = {"range": (start, end)}
        if e_tag:
            options["if_match"] = e_tag
        with self.asked(name) as store:
            get = partial(obstore.get, store, self.key(name), options=cast("Any", options))
            return self.wait(lambda: bytes(get().bytes()))

    def stored(self, prefix: str) -> Iterator[tuple[str, StoredObject]]:
        """Yield the names of the objects under a folder, with what a listing says of them."""
        with self.asked(prefix) as store:
            pages = iter(obstore.list(store, self.folder(prefix) or None, chunk_size=1_000))
            while page := self.wait(lambda: next(pages, None)):
                yield from ((self.name(meta["path"]), StoredObject(meta["size"], meta["e_tag"])) for meta in page)

    def key(self, name: str) -> str:
        """Return a name's key. Raises OutputError for a name that leads out of the prefix."""
        return "/".join(filter(None, (self._location.prefix, *parts_of(name))))

    def folder(self, prefix: str) -> str:
        return self.key(prefix) if prefix else self._location.prefix

    def name(self, key: str) -> str:
        return PurePosixPath(key).relative_to(self._location.prefix).as_posix()

    def address(self, name: str = "") -> str:
        """Return where a file is, for messages."""
        return "/".join(filter(None, (str(self._location), name)))

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Raise what obstore raises in one line, without what the server wrote."""
        try:
            yield
        except AlreadyExistsError:
            raise FileExistsError(EEXIST, os.strerror(EEXIST), self.address(name)) from None
        except FileNotFoundError as error:
            if code_of(error) == "NoSuchBucket":
                raise self._error(error) from None
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), self.address(name)) from None
        except BaseError as error:
            raise self._error(error) from None
        except ValueError as error:
            raise OutputError(f"{name!r} can't name an object under {self._location}: {error}") from None

    def _error(self, error: Exception) -> ObjectStoreError:
        return ObjectStoreError(reason_of(error, self._location.endpoint))
