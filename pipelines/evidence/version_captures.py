"""The captures that a version rests on: its first and its last, and the memento that its text file was made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.schema import captures, variants
from pipelines.items import MementoKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.versions import Version

FIRST: Final = "first capture of the version"
LAST: Final = "last capture of the version"
FIRST_READ: Final = "first capture of the version that was read"
LAST_READ: Final = "last capture of the version that was read"
SOURCE: Final = "what the text file was made of"
_SECOND: Final = {FIRST_READ: FIRST, LAST_READ: LAST}

_MOMENT: Final = sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp)
_NOT_READ: Final = captures.c.memento_timestamp.is_(None)


@dataclass(frozen=True, slots=True)
class VersionCapture:
    """A capture with a version's text, as an archive's index lists it, and the memento that was read of it.

    `roles` are of the constants above. `memento` is None for a capture that was not read, as its digest is that of another
    one; `cause` says so. `digest` is the archive's own, empty if no capture of the index is known to have led to the
    memento.
    """

    roles: tuple[str, ...]
    timestamp: str
    url: str
    archive: str
    digest: str
    cause: str
    memento: MementoKey | None


def captures_of(db: sa.Connection, version: Version) -> tuple[VersionCapture, ...]:
    """Return the captures that a version rests on, in time order, each once."""
    found: dict[tuple[Any, ...], VersionCapture] = {}
    for each in _candidates(db, version):
        key = each.memento or (each.timestamp, each.url, each.archive, each.digest)
        known = found.get(key)
        found[key] = replace(known, roles=tuple(dict.fromkeys(known.roles + each.roles))) if known else each
    shown = (replace(each, roles=_without_second(each.roles)) for each in found.values())
    return tuple(sorted(shown, key=lambda each: each.memento.timestamp if each.memento else each.timestamp))


def _without_second(roles: tuple[str, ...]) -> tuple[str, ...]:
    """Return roles without that of the first capture read of a version for its first capture of all; so for the last."""
    return tuple(role for role in roles if _SECOND.get(role) not in roles)


def _candidates(db: sa.Connection, version: Version) -> Iterator[VersionCapture]:
    """Yield the captures of each role; one may be yielded for several."""
    first, last = (f"{moment:%Y%m%d%H%M%S}" for moment in (version.first_seen, version.last_seen))
    query = sa.select(captures).where(
        captures.c.domain == version.domain,
        captures.c.urlkey == version.page,
        captures.c.text_sha256.is_not(None),
        _MOMENT.between(first, last),
    )
    if version.variant:  # others were there at the same time
        of_variant = sa.select(variants.c.text_sha256).where(
            variants.c.domain == version.domain,
            variants.c.urlkey == version.page,
            variants.c.variant == version.variant,
        )
        query = query.where(captures.c.text_sha256.in_(of_variant))
    read = query.where(sa.not_(_NOT_READ))
    forward, backward = (
        (direction(_MOMENT), _NOT_READ, captures.c.digest, captures.c.archive) for direction in (sa.asc, sa.desc)
    )
    ends = ((FIRST, query, forward), (FIRST_READ, read, forward), (LAST_READ, read, backward), (LAST, query, backward))
    for role, which, order in ends:
        for row in db.execute(which.order_by(*order).limit(1)).mappings():
            yield _capture(role, row)
    yield _source(db, version)


def _source(db: sa.Connection, version: Version) -> VersionCapture:
    """Return the memento that the text file was made of: of another version, too, where a text has returned."""
    key = MementoKey(version.timestamp, version.url, version.archive)
    of_memento = sa.select(captures).where(
        captures.c.domain == version.domain,
        captures.c.memento_timestamp == key.timestamp,
        captures.c.memento_url == key.url,
        captures.c.archive == key.archive,
    )
    row = db.execute(of_memento.order_by(captures.c.timestamp, captures.c.digest).limit(1)).mappings().first()
    return _capture(SOURCE, row) if row else VersionCapture((SOURCE,), key.timestamp, key.url, key.archive, "", "", key)


def _capture(role: str, row: sa.RowMapping) -> VersionCapture:
    at, url = row["memento_timestamp"], row["memento_url"]
    memento = MementoKey(at, url, row["archive"]) if at else None
    digest = "" if row["digest"] == "-" else row["digest"]
    return VersionCapture(
        (role,), row["timestamp"], row["original"], row["archive"], digest, row["cause"] or "", memento
    )
