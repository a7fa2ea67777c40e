"""Runs that have begun, in a catalog of several writers: who is at work, and whose changes are not reported yet.

With one writer, what was recorded after the last run that ended is what is new. Of several runs at a time the one that began
first can end last, or be killed; so each run notes, as it begins, after which moment it has to report.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.advisory_locks import held_keys, key_of
from pipelines.catalog.database import Database
from pipelines.catalog.schema import open_runs, runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    _Row = sa.Row[Any, Any, Any]

_NEWEST: Final = sa.select(sa.func.coalesce(sa.func.max(runs.c.moment), ""))


class OpenRuns(Database):
    """The table `open_runs`. A run is alive as long as its advisory lock is held. In a file there is one, and no row."""

    moment: str
    _begun: str = ""
    """The moment of this run's row; empty without one."""
    _covered: tuple[str, ...] = ()

    def begin_run(self, who: str) -> None:
        """Record that a run begins. Its `moment` is the server's, as machines have other clocks, and no other run's."""
        assert self.locks  # noqa: S101 - of a server
        with self.transaction():
            now = self._db.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
            taken = self._moments()
            while (moment := now.isoformat(timespec="microseconds")) in taken:
                now += timedelta(microseconds=1)
            dead = self._dead()
            reported = max([self._db.scalar(_NEWEST) or "", *(each.moment for each in dead if each.since is None)])
            since = min([reported, *(each.since for each in dead if each.since is not None)])
            self.locks.try_lock(_lock_of(moment))  # before others can see the row
            self._db.execute(sa.insert(open_runs).values(moment=moment, since=since, who=who))
        self.moment = self._begun = moment

    def set_work(self, who: str) -> None:
        """Record in words who this run is, and what it works on."""
        self._set(who=who)

    def withdraw_run(self) -> None:
        """Forget this run, which has done nothing: no other one waits for its report."""
        with self.transaction():
            self._db.execute(sa.delete(open_runs).where(self._is_own()))

    def unreported_since(self) -> str | None:
        """Return the moment after which this run has to report changes; None if it has no row, or has reported."""
        with self.transaction():
            return self._db.execute(sa.select(open_runs.c.since).where(self._is_own())).scalar()

    def begin_report(self) -> None:
        """Note the runs that are over and not reported: a report made from now on has all that they recorded."""
        since = self.unreported_since()
        if since is not None:
            with self.transaction():
                self._covered = tuple(run.moment for run in self._dead() if run.since is None or run.moment > since)

    def report_run(self) -> None:
        """Record that this run's changes are reported, and with them those of the runs that `begin_report` has noted."""
        if self._begun:
            is_covered = open_runs.c.moment.in_(self._covered)
            with self.transaction():
                self._set(since=None)
                self._db.execute(sa.update(open_runs).where(is_covered).values(since=None, ended=_now()))
                self._db.execute(sa.delete(open_runs).where(is_covered, open_runs.c.moment < _NEWEST.scalar_subquery()))

    def end_run(self) -> None:
        """Record that this run's process is done here. One whose changes are not reported is left to the next run."""
        assert self.locks  # noqa: S101 - of a server
        with self.transaction():
            self._db.execute(sa.delete(open_runs).where(self._is_own(), open_runs.c.since.is_(None)))
            self._set(ended=_now())
        self.locks.unlock(_lock_of(self._begun))

    def other_runs(self) -> list[str]:
        """Return who else is at work here, in words."""
        return [each.who for each in self.living_runs()]

    def is_reported_by_another(self) -> bool:
        """Whether another run that is at work will report, as it ends, all that this one has to."""
        own = self.unreported_since() if self.locks else None
        return own is not None and any(each.since is not None and each.since <= own for each in self.living_runs())

    def living_runs(self) -> Sequence[_Row]:
        """Return the other runs that are at work (moment, since, who)."""
        if self.locks is None:
            return []
        with self.transaction():
            rows = self._db.execute(_RUNS.where(sa.not_(self._is_own()))).all()
            held = held_keys(self._db)  # after the rows: a run takes its lock before it writes its row
        return [row for row in rows if key_of(_lock_of(row.moment)) in held]

    def _dead(self) -> Sequence[_Row]:
        rows = self._db.execute(_RUNS).all()
        held = held_keys(self._db)
        return [row for row in rows if key_of(_lock_of(row.moment)) not in held]

    def _moments(self) -> set[str]:
        return set(self._db.scalars(sa.select(open_runs.c.moment).union(sa.select(runs.c.moment))))

    def _set(self, **values: str | None) -> None:
        with self.transaction():
            self._db.execute(sa.update(open_runs).where(self._is_own()).values(**values))

    def _is_own(self) -> sa.ColumnElement[bool]:
        return open_runs.c.moment == self._begun


_RUNS: Final = sa.select(open_runs.c.moment, open_runs.c.since, open_runs.c.who).order_by(open_runs.c.moment)


def writers_of(db: sa.Connection) -> list[tuple[str, bool]]:
    """Return who works with a catalog on a server, each with whether it was killed, in the order of their starts."""
    if db.dialect.name != "postgresql":
        return []
    rows = db.execute(
        sa.select(open_runs.c.moment, open_runs.c.who, open_runs.c.ended).order_by(open_runs.c.moment)
    ).all()
    held = held_keys(db)
    found = [(row, key_of(_lock_of(row.moment)) not in held) for row in rows]
    return [(row.who, is_dead) for row, is_dead in found if not (is_dead and row.ended)]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _lock_of(moment: str) -> str:
    return f"run {moment}"
