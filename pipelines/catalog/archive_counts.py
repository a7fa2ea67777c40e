"""What each archive has given: captures, texts, versions, and those that no other archive has given."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.schema import captures
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True, slots=True)
class ArchiveCounts:
    """One archive's part: captures listed, those with a text, texts and versions; `only` it gave these of them.

    A capture that was not read counts for no text: where two archives have a page of the same days, the one that was read
    has given it.
    """

    archive: str
    captures: int
    with_text: int
    texts: int
    versions: int
    only_texts: int
    only_versions: int

    def __str__(self) -> str:
        own = f"{quantity(self.only_versions, 'version')} and {quantity(self.only_texts, 'text')} only from it"
        return (
            f"{self.archive}: {quantity(self.captures, 'capture')}; {quantity(self.versions, 'version')}, "
            f"{quantity(self.texts, 'text')}; {own}"
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_MOMENT: Final = sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp)
_VERSIONS: Final = sa.table(
    "versions", *map(sa.column, ("id", "domain", "page", "first_seen", "last_seen"))
)  # the view, of pipelines.catalog.views


def _digits(moment: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Return a moment of the view as 14 digits."""
    for mark in "-T:Z":
        moment = sa.func.replace(moment, mark, "")
    return moment


def archive_counts(db: sa.Connection, domains: Collection[str] | None = None) -> list[ArchiveCounts]:
    """Return each archive's part in the captures of some listed domains, or of all, by name."""
    of = () if domains is None else (captures.c.domain.in_(sorted(domains)),)
    listed = sa.select(captures.c.archive, sa.func.count(), sa.func.count(captures.c.text_sha256))
    counts = {name: (total, texts) for name, total, texts in db.execute(listed.where(*of).group_by(captures.c.archive))}
    with_text = sa.select(captures.c.domain, captures.c.text_sha256, captures.c.archive).distinct()
    texts, only_texts = _shares(
        ((domain, text), archive)
        for domain, text, archive in db.execute(with_text.where(captures.c.text_sha256.is_not(None), *of))
    )
    of_page = sa.and_(
        captures.c.domain == _VERSIONS.c.domain,
        captures.c.urlkey == _VERSIONS.c.page,
        captures.c.text_sha256.is_not(None),
        _MOMENT.between(_digits(_VERSIONS.c.first_seen), _digits(_VERSIONS.c.last_seen)),
    )
    read = sa.select(_VERSIONS.c.id, captures.c.archive).select_from(_VERSIONS.join(captures, of_page)).distinct()
    versions, only_versions = _shares((version, archive) for version, archive in db.execute(read.where(*of)))
    return [
        ArchiveCounts(name, *counts[name], texts[name], versions[name], only_texts[name], only_versions[name])
        for name in sorted(counts)
    ]


def has_several_archives(db: sa.Connection) -> bool:
    """Whether the captures of a catalog are of more than one archive."""
    return len(db.execute(sa.select(captures.c.archive).distinct().limit(2)).all()) > 1


def _shares(pairs: Iterable[tuple[Any, str]]) -> tuple[Counter[str], Counter[str]]:
    """Return by archive how many things it has given, and how many of them no other one. `pairs`: a thing, its archive."""
    of: defaultdict[Any, set[str]] = defaultdict(set)
    for thing, archive in pairs:
        of[thing].add(archive)
    given = Counter(archive for archives in of.values() for archive in archives)
    return given, Counter(next(iter(archives)) for archives in of.values() if len(archives) == 1)
