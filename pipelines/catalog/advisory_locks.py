"""Advisory locks of a PostgreSQL server: named, held by a connection, and freed by the server when that ends.

They hold between all processes and machines whose catalog is the same database. A killed process leaves none: its machine
closes the connection, and the server looks after one whose machine is gone (`server_session`).
"""

from __future__ import annotations

from hashlib import sha256
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.catalog.row_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_POLL_SECONDS: Final = 0.1
_HELD: Final = sa.text(
    "SELECT (classid::bigint << 32) | objid::bigint AS key, pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""The keys held and the server's processes that hold them. `objsubid` is 1 for keys of one number."""
_NAME: Final = sa.text("SELECT application_name FROM pg_stat_activity WHERE pid = :pid")
_OWN: Final = sa.text("SELECT pg_backend_pid()")


def key_of(name: str) -> int:
    """Return the number of a lock: 64 bits of its name's SHA-256, as the server has them (signed)."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


def held_keys(db: sa.Connection) -> set[int]:
    """Return the numbers of all locks that are held in the database, by whomever."""
    return {row.key for row in db.execute(_HELD)}


def lock_of_file(file: str) -> str:
    """Return the name of the lock that a process holds of the WARC file that it appends to."""
    return f"warc {file}"


def files_at_work(db: sa.Connection, files: Iterable[str]) -> set[str]:
    """Return those of the WARC files that a process appends to: one can be in the spool of another machine, and unseen."""
    if db.dialect.name != "postgresql":
        return set()
    held = held_keys(db)
    return {file for file in files if key_of(lock_of_file(file)) in held}


class AdvisoryLocks(Reader):
    """The locks that one connection takes. Each is held until it is given back or the connection ends."""

    def try_lock(self, name: str, *, shared: bool = False) -> bool:
        """Take a lock if that is possible now; return whether it was. A connection can take its own locks again."""
        return self._call("pg_try_advisory_lock", name, shared=shared)

    def unlock(self, name: str, *, shared: bool = False) -> None:
        self._call("pg_advisory_unlock", name, shared=shared)

    def wait_for(self, name: str, seconds: float) -> bool:
        """Take a lock as soon as that is possible, within a time; return whether it was.

        Asked for again and again, so that the server has no statement waiting for a process that was killed.
        """
        until = monotonic() + seconds
        while not self.try_lock(name):
            if monotonic() >= until:
                return False
            sleep(_POLL_SECONDS)
        return True

    def owners(self, name: str) -> list[str]:
        """Return the names (application_name) of the other connections that hold a lock."""
        return [*dict.fromkeys(self._names(pid for key, pid in self._of_others() if key == key_of(name)))]

    def held_by_others(self, names: Iterable[str]) -> set[str]:
        """Return those of the locks that other connections hold."""
        held = {key for key, _ in self._of_others()}
        return {name for name in names if key_of(name) in held}

    def _of_others(self) -> list[tuple[int, int]]:
        with self.transaction():
            own = self._db.scalar(_OWN)
            return [(row.key, row.pid) for row in self._db.execute(_HELD) if row.pid != own]

    def _names(self, pids: Iterable[int]) -> Iterator[str]:
        with self.transaction():
            for pid in pids:
                if name := self._db.execute(_NAME, {"pid": pid}).scalar():
                    yield str(name)

    def _call(self, function: str, name: str, *, shared: bool) -> bool:
        called = getattr(sa.func, f"{function}_shared" if shared else function)
        with self.transaction():
            return bool(self._db.scalar(sa.select(called(sa.cast(key_of(name), sa.BigInteger)))))
