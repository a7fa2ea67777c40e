"""Locks of an output folder: one process writes to it, or several whose catalog is on a server.

A file has no second writer, so its folder is locked as a whole. On a server, writers share the folder: each locks the listed
domains that it works on, and the WARC file that it appends to. The server frees what a killed process held.
"""

from __future__ import annotations

import logging
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from filelock import FileLock, Timeout

from pipelines.catalog.advisory_locks import AdvisoryLocks, lock_of_file
from pipelines.catalog.database import has_server
from pipelines.catalog.server_session import writer_name
from pipelines.catalog.upgrade import needs_no_upgrade
from pipelines.errors import OutputError
from pipelines.output.location import local_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy import Connection

    from pipelines.catalog.open_runs import OpenRuns
    from pipelines.output.location import Location

logger = logging.getLogger(__name__)

_FOLDER: Final = "folder"
_OPENING: Final = "opening"
_PROJECTIONS: Final = "projections"
OPENING_SECONDS: Final = 600.0
"""Time to wait for a process that opens the folder: minutes for a big catalog of an earlier release, which it migrates."""
PROJECTING_SECONDS: Final = 3600.0
"""Time to wait for a run that writes versions.jsonl and the feeds, which is minutes for millions of versions."""


class FolderLocks(Protocol):
    """What a process may write to of an output folder: the folder, listed domains, WARC files, projections."""

    is_shared: bool
    """Whether others may write at the same time."""

    def acquire(self, *, alone: bool) -> None:
        """Acquire the folder; with `alone`, so that nobody else writes. Raises OutputError, naming who holds it."""

    def enter(self, db: Connection) -> None:
        """Take what is locked through the catalog's connection, before the database is changed."""

    def begin(self, runs: OpenRuns) -> None:
        """Record that this process is at work, once the database is up to date."""

    def opened(self) -> None:
        """Let the next process open the folder."""

    def claim(self, names: Iterable[str], work: str) -> None:
        """Take all that a run is to work on. Raises OutputError if another process has taken exactly that."""

    def claim_domain(self, domain: str) -> str | None:
        """Take a listed domain; return None, or who has it."""

    def release_domain(self, domain: str) -> None:
        """Give a listed domain back."""

    def claim_file(self, file: str) -> bool:
        """Take a WARC file; return whether that was possible."""

    def release_file(self, file: str) -> None:
        """Give a WARC file back."""

    def files_of_others(self, files: Iterable[str]) -> set[str]:
        """Return those of the WARC files that others are appending to."""

    def begin_projections(self) -> None:
        """Wait until nobody else writes what is made of the whole catalog, such as versions.jsonl."""

    def end_projections(self) -> None:
        """Let the next process write it."""

    def release(self) -> None:
        """Give everything back."""


def locks_of(root: Location, catalog_url: str) -> FolderLocks:
    """Return the locks of an output folder, by the address of its catalog. Raises ArgumentError."""
    return ServerLocks(root) if has_server(catalog_url) else LocalLocks(local_folder(root))


class LocalLocks:
    """The lock of a file in the folder: one process has all of it."""

    is_shared = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = FileLock(root / ".lock", thread_local=False)  # released by another thread if opening fails
        self._owner = root / ".holder"

    def acquire(self, *, alone: bool) -> None:  # noqa: ARG002 - always alone
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            owner = self._owner.read_text() if self._owner.exists() else "another process"
            raise OutputError(f"{self._root}: in use by {owner}; wait for it or use another OUTPUT_DIR") from None
        try:
            self._owner.write_text(writer_name())
        except OSError:
            self._lock.release()
            raise

    def enter(self, db: Connection) -> None:
        """Do nothing: a file has no locks of its own."""

    def begin(self, runs: OpenRuns) -> None:
        """Do nothing: `.holder` says who is at work."""

    def opened(self) -> None:
        """Do nothing: the next process waits for this one's end."""

    def claim(self, names: Iterable[str], work: str) -> None:
        """Do nothing: the folder is this process's."""

    def claim_domain(self, domain: str) -> str | None:  # noqa: ARG002
        return None

    def release_domain(self, domain: str) -> None:
        """Do nothing."""

    def claim_file(self, file: str) -> bool:  # noqa: ARG002
        return True

    def release_file(self, file: str) -> None:
        """Do nothing."""

    def files_of_others(self, files: Iterable[str]) -> set[str]:  # noqa: ARG002
        return set()

    def begin_projections(self) -> None:
        """Do nothing: nobody else writes here."""

    def end_projections(self) -> None:
        """Do nothing."""

    def release(self) -> None:
        self._owner.unlink(missing_ok=True)
        self._lock.release()


class ServerLocks:
    """Advisory locks of the catalog's server, for several processes. They end with the catalog's connection."""

    is_shared = True

    def __init__(self, root: Location) -> None:
        self._root = root
        self._alone = self._is_upgrading = False
        self._locks: AdvisoryLocks
        self._runs: OpenRuns | None = None

    def acquire(self, *, alone: bool) -> None:
        self._alone = alone

    def enter(self, db: Connection) -> None:
        self._locks = AdvisoryLocks(db)
        self._wait_for(_OPENING, OPENING_SECONDS, "opens this folder")
        self._is_upgrading = not self._alone and not needs_no_upgrade(db)
        db.rollback()  # the questions above have begun a transaction
        exclusive = self._alone or self._is_upgrading
        if not self._locks.try_lock(_FOLDER, shared=not exclusive):
            reason = "with another release of this program" if self._is_upgrading else ""
            raise OutputError(
                f"{self._root}: in use by {self._owners(_FOLDER)} {reason}".rstrip()
                + "; wait for it or use another OUTPUT_DIR"
            )

    def begin(self, runs: OpenRuns) -> None:
        self._runs = runs
        runs.begin_run(writer_name())
        if self._is_upgrading:
            self._locks.try_lock(_FOLDER, shared=True)
            self._locks.unlock(_FOLDER)

    def opened(self) -> None:
        self._locks.unlock(_OPENING)

    def claim(self, names: Iterable[str], work: str) -> None:
        found = sorted(names)
        lock = f"work {sha256(' '.join(found).encode()).hexdigest()}"
        if found and not self._locks.try_lock(lock):  # parts of a short list may be empty
            what, other = (work, "another shard=") if work else ("the same companies", "other companies")
            if self._runs:
                self._runs.withdraw_run()
            raise OutputError(f"{self._root}: {self._owners(lock)} works on {what}; wait for it, or take {other}")
        if work and self._runs:
            self._runs.set_work(f"{writer_name()} ({work})")

    def claim_domain(self, domain: str) -> str | None:
        lock = f"domain {domain}"
        return None if self._locks.try_lock(lock) else self._owners(lock)

    def release_domain(self, domain: str) -> None:
        self._locks.unlock(f"domain {domain}")

    def claim_file(self, file: str) -> bool:
        return self._locks.try_lock(lock_of_file(file))

    def release_file(self, file: str) -> None:
        self._locks.unlock(lock_of_file(file))

    def files_of_others(self, files: Iterable[str]) -> set[str]:
        locks = {lock_of_file(file): file for file in files}
        return {locks[lock] for lock in self._locks.held_by_others(locks)}

    def begin_projections(self) -> None:
        self._wait_for(_PROJECTIONS, PROJECTING_SECONDS, "writes versions.jsonl and the changes")

    def end_projections(self) -> None:
        self._locks.unlock(_PROJECTIONS)

    def release(self) -> None:
        """Do nothing: the locks end with the catalog's connection, which the folder has closed."""

    def _wait_for(self, lock: str, seconds: float, doing: str) -> None:
        if self._locks.try_lock(lock):
            return
        logger.info("waiting: %s %s", self._owners(lock), doing)
        if not self._locks.wait_for(lock, seconds):
            raise OutputError(
                f"{self._root}: {self._owners(lock)} {doing} for {seconds / 60:.0f} minutes; run this again"
            )

    def _owners(self, lock: str) -> str:
        return ", ".join(self._locks.owners(lock)) or "another process"
