"""Playback rows: captures that playback told of, and one row for each that a listing shows too.

Where a listing can't be had, playback's nearest captures stand in for it. They have no digest and no length. A listing that
comes before or after has the same captures with both: another key in `captures`. One row is left, that of the listing.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from pipelines.catalog.schema import captures, defects, mementos
from pipelines.catalog.statements import ANSWER, is_learned

UNKNOWN: Final = "-"
"""Digest and length of a capture that no listing has shown: the CDX server's value for "not known"."""

_TOLD, _LISTED = captures.alias("told"), captures.alias("listed")
_SHARED: Final = ("domain", "urlkey", "timestamp", "archive")
_ANSWER: Final = (*(column.name for column in ANSWER), "recorded", "again", "full_sha256")


_PAIRS: Final = (
    sa.select(
        *(_TOLD.c[name] for name in (*_SHARED, *_ANSWER)),
        _LISTED.c.digest.label("listed_digest"),
        _LISTED.c.fate.label("listed_fate"),
        is_learned(_TOLD).label("told_is_learned"),
        is_learned(_LISTED).label("listed_is_learned"),
    )
    .select_from(
        _TOLD.join(_LISTED, sa.and_(*(_TOLD.c[name] == _LISTED.c[name] for name in _SHARED))).outerjoin(
            mementos,
            sa.and_(
                mementos.c.timestamp == _TOLD.c.memento_timestamp,
                mementos.c.url == _TOLD.c.memento_url,
                mementos.c.archive == _TOLD.c.archive,
            ),
        )
    )
    .where(
        _TOLD.c.domain == sa.bindparam("of_domain"),
        _TOLD.c.digest == UNKNOWN,
        _TOLD.c.length == UNKNOWN,
        _LISTED.c.digest != UNKNOWN,
    )
    .order_by(
        *(_TOLD.c[name] for name in _SHARED),
        sa.case((_LISTED.c.digest == mementos.c.digest, 0), else_=1),
        _LISTED.c.digest,
    )
)
"""Each capture without a digest beside the listed ones of its second, first the one whose body was read."""


_HAS_PLAYBACK_ROWS: Final = sa.text(
    "SELECT 1 FROM captures WHERE domain = :of_domain AND digest = '-' AND length = '-' LIMIT 1"
)
"""Whether a listed domain has any: by an index, as each page of a listing asks (pipelines.catalog.indexes)."""


def merge_playback_rows(db: sa.Connection, domain: str) -> None:
    """Leave one row of each capture of a listed domain, in the caller's transaction.

    The listed row takes what was read of the other one, if nothing was read for it, and its defects.
    """
    if db.execute(_HAS_PLAYBACK_ROWS, {"of_domain": domain}).first() is None:
        return
    done = set[tuple[str, ...]]()
    for pair in db.execute(_PAIRS, {"of_domain": domain}).mappings().all():
        key = tuple(pair[name] for name in _SHARED)
        if key not in done:  # of two listed ones in a second, playback serves the first
            done.add(key)
            _merge(db, dict(pair))


def _merge(db: sa.Connection, pair: dict[str, Any]) -> None:
    is_told, is_listed = (_has_key(captures, pair, digest) for digest in (UNKNOWN, pair["listed_digest"]))
    if not pair["listed_is_learned"] and (pair["told_is_learned"] or pair["listed_fate"] is None):
        db.execute(sa.update(captures).where(is_listed).values({name: pair[name] for name in _ANSWER}))
    db.execute(sa.delete(captures).where(is_told))
    others = sa.select(defects.c.run).where(_has_key(defects, pair, pair["listed_digest"]))
    of_told = _has_key(defects, pair, UNKNOWN)
    moved = sa.update(defects).where(of_told, defects.c.run.not_in(others)).values(digest=pair["listed_digest"])
    db.execute(moved)
    db.execute(sa.delete(defects).where(of_told))


def _has_key(table: sa.Table, pair: dict[str, Any], digest: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == pair[name] for name in _SHARED), table.c.digest == digest)
