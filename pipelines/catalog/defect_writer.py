"""What is recorded of captures that have a defect of their own, and which of them are given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import exists

from pipelines.catalog.open_runs import OpenRuns
from pipelines.catalog.schema import captures, defects, healthy_runs, mementos
from pipelines.catalog.statements import CLEAR_TROUBLE, key_values
from pipelines.convert import CONVERTER_VERSION
from pipelines.defects import OF_PROGRAM, DefectKind, is_given_up
from pipelines.items import CaptureKey, Fate, MementoKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pipelines.items import Answer

_OPEN: Final = [fate for fate in Fate if not fate.is_final]
_KEY: Final = (defects.c.domain, defects.c.urlkey, defects.c.timestamp, defects.c.digest, defects.c.archive)
_EVIDENCE: Final = 2
"""Mementos of an archive that are noted in a run: one of two is another one than the memento of a given capture."""
CONTROLS: Final = 3
"""Mementos of an archive to ask for, one after the other, until one shows that it is healthy."""

_IS_ITS_CAPTURE: Final = sa.and_(*(column == captures.c[column.name] for column in _KEY))
_IS_HEALTHY: Final = exists().where(
    healthy_runs.c.run == defects.c.run,
    healthy_runs.c.archive == defects.c.archive,
    sa.or_(
        defects.c.memento_timestamp.is_(None),
        healthy_runs.c.timestamp != defects.c.memento_timestamp,
        healthy_runs.c.url != defects.c.memento_url,
    ),
)
"""That in the run of a defect, its archive gave another memento."""


class DefectWriter(OpenRuns):
    """The tables `defects` and `healthy_runs`, and the fate "unreadable". Rows are counted, so that a kill loses none."""

    moment: str

    def __init__(self, url: str, enter: Callable[[sa.Connection], None] = lambda _: None) -> None:
        self._evidence: set[MementoKey] = set()
        super().__init__(url, enter)

    # In a run

    def note_memento(self, key: MementoKey) -> None:
        """Note that an archive has given a memento in this run; the first few of each archive are enough."""
        if key in self._evidence or sum(known.archive == key.archive for known in self._evidence) >= _EVIDENCE:
            return
        self._evidence.add(key)
        self._add_new(healthy_runs, [{"run": self.moment, **key._asdict()}])

    def note_defect(self, answer: Answer) -> None:
        """Note the defect that a capture has in this run. The runs in which it had another one don't count any more."""
        if answer.defect is None:
            return
        key = {"domain": answer.domain, **answer.capture.key._asdict()}
        kind, detail = answer.defect.kind, answer.defect.detail
        version = CONVERTER_VERSION if kind in OF_PROGRAM else ""
        read = answer.memento
        facts = {"kind": kind, "detail": detail, "cause": answer.cause, "converter_version": version}
        at = {"memento_timestamp": read and read.timestamp, "memento_url": read and read.url}
        same = sa.and_(defects.c.kind == kind, defects.c.detail == detail, defects.c.converter_version == version)
        with self.transaction():
            self._db.execute(sa.delete(defects).where(*(column == key[column.name] for column in _KEY), sa.not_(same)))
            values = {**key, "run": self.moment, **facts, **at}
            self._upsert(defects, values, update={**facts, **at})

    def controls(self, archive: str) -> list[MementoKey]:
        """Return mementos to ask an archive for that show whether it is healthy.

        Empty unless this run has found a defect in it, and is not yet known to have had another memento of it.
        """
        pending = sa.select(defects.c.urlkey).where(
            defects.c.run == self.moment, defects.c.archive == archive, sa.not_(_IS_HEALTHY)
        )
        if self._one(pending.limit(1)) is None:
            return []
        own = exists().where(
            defects.c.memento_timestamp == mementos.c.timestamp,
            defects.c.memento_url == mementos.c.url,
            defects.c.archive == mementos.c.archive,
        )
        where = (mementos.c.archive == archive, mementos.c.trouble.is_(None), sa.not_(own))
        query = sa.select(mementos.c.timestamp, mementos.c.url, mementos.c.archive).where(*where)
        latest = (mementos.c.retrieved.desc(), mementos.c.timestamp.desc(), mementos.c.url)
        return [MementoKey(**row) for row in self._all(query.order_by(*latest).limit(CONTROLS))]

    # Giving up and asking again

    def give_up(self, limit: int) -> list[tuple[str, CaptureKey]]:
        """Let captures be unreadable that had the same defect in `limit` runs in which their archive was healthy.

        Only those whose last answer was that defect. `limit` is GIVE_UP_RUNS. Returns listed domains and captures.
        """
        with self.transaction():
            self._forget_ended()
            found = [row for row in self._counted() if is_given_up(row["kind"], row["runs"], limit)]
            done = [row for row in found if self._give_up(row)]
            is_over = healthy_runs.c.run.not_in([each.moment for each in self.living_runs()])
            is_unused = healthy_runs.c.run.not_in(sa.select(defects.c.run))
            self._db.execute(sa.delete(healthy_runs).where(is_unused, is_over))
        return [(row["domain"], CaptureKey(*(row[name] for name in CaptureKey._fields))) for row in done]

    def reopen_unreadable(self, archive: str, domains: Collection[str]) -> int:
        """Let the unreadable captures of listed domains in an archive be open; return their number.

        What the archive may have whole by now is not read from our WARC files, but fetched again.
        """
        with self.transaction():
            for domain in domains:
                query = sa.select(defects.c.memento_timestamp, defects.c.memento_url, defects.c.archive).where(
                    defects.c.domain == domain, defects.c.archive == archive, defects.c.kind == DefectKind.CUT_PAGE
                )
                for read in self._db.execute(query.distinct()).all():
                    self._set_trouble_of_page(MementoKey(*read))
            where = (captures.c.archive == archive, captures.c.domain.in_(domains), captures.c.fate == Fate.UNREADABLE)
            return self._db.execute(sa.update(captures).where(*where).values(fate=Fate.FAILED)).rowcount

    def reopen_outdated(self) -> int:
        """Let the captures be open that an earlier version of the program could not read; return their number."""
        is_outdated = defects.c.converter_version.not_in(["", CONVERTER_VERSION])
        outdated = exists().where(_IS_ITS_CAPTURE, is_outdated)
        with self.transaction():
            query = sa.update(captures).where(captures.c.fate == Fate.UNREADABLE, outdated).values(fate=Fate.FAILED)
            count = self._db.execute(query).rowcount
            self._db.execute(sa.delete(defects).where(is_outdated))
        return count

    def _forget_ended(self) -> None:
        """Drop the defects of captures that were read or answered with a final fate since."""
        is_open = captures.c.fate.in_([*_OPEN, Fate.UNREADABLE])
        self._db.execute(sa.delete(defects).where(sa.not_(exists().where(_IS_ITS_CAPTURE, is_open))))

    def _counted(self) -> list[dict[str, Any]]:
        """Return captures with an open fate and the number of healthy runs in which they had their defect."""
        facts = (defects.c.kind, defects.c.cause)
        query = (
            sa.select(*_KEY, *facts, sa.func.count().label("runs"))
            .add_columns(sa.func.max(defects.c.memento_timestamp).label("memento_timestamp"))
            .add_columns(sa.func.max(defects.c.memento_url).label("memento_url"))
            .where(_IS_HEALTHY, exists().where(_IS_ITS_CAPTURE, captures.c.fate.in_(_OPEN)))
        )
        return self._all(query.group_by(*_KEY, *facts))

    def _give_up(self, row: dict[str, Any]) -> bool:
        """Let a capture be unreadable, unless its last answer was another one. What was read of it stays in the WARC."""
        is_it = (captures.c[column.name] == row[column.name] for column in _KEY)
        where = (*is_it, captures.c.fate.in_(_OPEN), captures.c.cause == row["cause"])
        done = self._db.execute(sa.update(captures).where(*where).values(fate=Fate.UNREADABLE, again=None)).rowcount
        if done and row["memento_timestamp"]:
            key = MementoKey(row["memento_timestamp"], row["memento_url"], row["archive"])
            self._db.execute(CLEAR_TROUBLE, key_values(key))
        return bool(done)

    def _set_trouble_of_page(self, key: MementoKey) -> None:
        if key.timestamp:
            is_it = (mementos.c[name] == value for name, value in key._asdict().items())
            self._db.execute(sa.update(mementos).where(*is_it).values(trouble=str(DefectKind.CUT_PAGE)))
