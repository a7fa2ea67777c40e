"""The rows of the view `versions`, a few listed domains at a time: neither time nor memory depend on the others."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.catalog.schema import captures, documents, domains
from pipelines.catalog.views import VERSION_STARTS, VERSIONS_AMONG

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

BY_PAGE: Final = "domain, page, coalesce(variant, ''), number"
"""The order that needs no sorting of all, as SQL."""

_DOMAINS: Final = 50
"""Listed domains in one question: enough that parsing it costs little, few enough that their versions fit in memory."""
_MOST: Final = 1_000
"""Listed domains that one question names. More of them, in another order than BY_PAGE, are asked as all."""
_ROWS: Final = 500
"""Rows fetched at once."""


def domains_with_text(db: sa.Connection, after: str = "", of: Collection[str] = ()) -> list[str]:
    """Return the listed domains with a document, in order: those with a capture recorded after a moment, or some alone."""
    query = sa.select(documents.c.domain).distinct().order_by(documents.c.domain)
    if after:
        recorded = sa.select(captures.c.domain).where(captures.c.recorded > after)
        query = query.where(documents.c.domain.in_(recorded))
    if 0 < len(of) <= _MOST:
        query = query.where(documents.c.domain.in_(sorted(of)))
    wanted = set(of)
    return [domain for domain in db.scalars(query) if not wanted or domain in wanted]


def domains_with_captures(db: sa.Connection) -> list[str]:
    """Return the listed domains that have captures, in order: one step in the index for each, not one for each capture."""
    return list(db.scalars(_WITH_CAPTURES))


_WITH_CAPTURES: Final = sa.text(
    "WITH RECURSIVE found (domain) AS (SELECT min(domain) FROM captures UNION ALL "
    "SELECT (SELECT min(c.domain) FROM captures c WHERE c.domain > found.domain) FROM found WHERE found.domain IS NOT NULL) "
    "SELECT domain FROM found WHERE domain IS NOT NULL ORDER BY domain"
)


def version_rows(
    db: sa.Connection, *, order: str = BY_PAGE, after: str = "", of: Collection[str] = (), kind: str = ""
) -> Iterator[sa.RowMapping]:
    """Yield the rows in an order, those that `pipelines.versions.read_versions` names."""
    chosen = domains_with_text(db, after, of)
    if order == BY_PAGE:
        for among in in_batches(chosen):
            yield from _rows(db, order, after, kind, among)
    elif len(chosen) <= _MOST:
        yield from _rows(db, order, after, kind, chosen) if chosen else ()
    else:
        wanted = set(chosen)
        yield from (row for row in _rows(db, order, after, kind, ()) if row["domain"] in wanted)


def in_batches(domains: Iterable[str]) -> Iterator[list[str]]:
    """Yield listed domains, as many at a time as one question names."""
    rest = iter(domains)
    while some := list(islice(rest, _DOMAINS)):
        yield some


def _rows(db: sa.Connection, order: str, after: str, kind: str, among: Sequence[str]) -> Iterator[sa.RowMapping]:
    """Yield the rows of some listed domains, of all without any."""
    conditions = {"run > :after": after, "searched_as = :kind": kind}
    where = " AND ".join(condition for condition, value in conditions.items() if value)
    source = f"({VERSIONS_AMONG}) AS versions" if among else "versions"
    query = sa.text(f"SELECT * FROM {source} {f'WHERE {where}' if where else ''} ORDER BY {order}")  # noqa: S608 - our own names
    values = {name: value for name, value in {"after": after, "kind": kind}.items() if value}
    if among:
        query = query.bindparams(sa.bindparam("among", expanding=True))
        values["among"] = list(among)  # type: ignore[assignment]
    yield from db.execute(query, values, execution_options={"yield_per": _ROWS}).mappings()


def newest_rows(rows: Iterable[sa.RowMapping], count: int) -> list[sa.RowMapping]:
    """Return the rows of the latest runs and, of one run, of the latest versions: as `pipelines.versions.NEWS_FIRST`."""
    return heapq.nlargest(count, rows, key=lambda row: (row["run"] or "", row["first_seen"]))


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """Companies with a version, different texts of listed domains, versions; and the domains of the newest versions."""

    companies: int
    texts: int
    versions: int
    newest: frozenset[str]


def count_versions(db: sa.Connection, newest: int = 0) -> VersionCounts:
    """Count all versions; name the domains of the `newest` by first moment."""
    companies = {row.domain: row.company for row in db.execute(sa.select(domains.c.domain, domains.c.company))}
    found, texts, versions = set[str](), 0, 0
    latest: list[tuple[str, str]] = []
    for among in in_batches(domains_with_text(db)):
        rows = db.execute(_STARTS, {"among": among}).all()
        found.update(companies.get(row.domain, row.domain) for row in rows)
        texts += len({(row.domain, row.text_sha256) for row in rows})
        versions += len(rows)
        latest = heapq.nlargest(newest, [*latest, *((row.moment, row.domain) for row in rows)], key=itemgetter(0))
    return VersionCounts(len(found), texts, versions, frozenset(domain for _, domain in latest))


_STARTS: Final = sa.text(VERSION_STARTS).bindparams(sa.bindparam("among", expanding=True))


def is_of_one_run(db: sa.Connection) -> bool:
    """Whether one run alone has recorded texts, and none is from before that was kept: all versions are of that run."""
    moments = sa.select(sa.func.min(captures.c.recorded)), sa.select(sa.func.max(captures.c.recorded))
    first, last = (db.scalar(moment.where(captures.c.recorded.is_not(None))) for moment in moments)
    return bool(first) and first == last
