"""What is recorded of listings, of the links of home pages, and of the half-years that they show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.discovery_queries import DiscoveryQueries, age_in_days, has_key
from pipelines.catalog.playback_rows import merge_playback_rows
from pipelines.catalog.schema import captures, half_years, home_readings, links, listings
from pipelines.catalog.statements import capture_values
from pipelines.items import Capture, moment_of
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.catalog.discovery_queries import ListingKey

OVERLAP_DAYS = 180
"""A scheduled listing overlaps the last one by this much, as indexes receive old captures late (design)."""

FOLLOWED, FRAMED = "followed", "framed"
"""Relations of a hop that was made, and of a frame that was read: pages that were read for links, or can't be had."""


_STRONGER: Final[Mapping[str, Any]] = {
    "policy": "policy",
    "possible": sa.case((links.c.relation == "policy", "policy"), else_="possible"),
}
"""The relation of a link that was known by another one: these two are told of rather than others."""


class DiscoveryWriter(DiscoveryQueries, Database):
    """The tables `listings`, `links` and `half_years`."""

    # Listings

    def open_listing(self, key: ListingKey, *, relist_days: float) -> tuple[str, str | None]:
        """Return `from=` and resume key for the next request of a listing.

        A listing cut off goes on; one finished is asked again from OVERLAP_DAYS before the latest capture it has
        seen, and whole when it was last read whole more than `relist_days` days ago.
        """
        row = self._one(sa.select(listings).where(has_key(listings, key)))
        if row is not None and row["finished"] is None:
            return row["asked_since"], row["resume_key"]
        asked_since = _overlap_start(row, key[3], relist_days) if row else key[3]
        values = {"asked_since": asked_since, "resume_key": None, "finished": None, "rows": 0}
        first = {"finished_full": None, "newest": ""}
        with self.transaction():
            self._upsert(listings, {**_named(listings, key), **values, **first}, update=values)
        return asked_since, None

    def add_listing_page(
        self,
        key: ListingKey,
        domain: str,
        rows: Sequence[Capture],
        *,
        total: int,
        newest: str,
        resume_key: str | None,
        complete: bool,
    ) -> None:
        """Commit a page: `rows` are its captures worth knowing, `total` and `newest` are of all that it had.

        Without `resume_key` it is the last one; unless it is `complete`, the next run asks for the listing again.
        """
        now = _now()
        with self.transaction():
            self.add_captures(domain, rows)
            known = self._one(sa.select(listings).where(has_key(listings, key))) or {
                "newest": "",
                "asked_since": key[3],
            }
            changes: dict[str, Any] = {
                "resume_key": resume_key,
                "rows": listings.c.rows + total,
                "newest": max(known["newest"], newest),
                "finished": now if complete else None,
                "failed": None,
                "problem": None,
            }
            if complete and known["asked_since"] == key[3]:
                changes["finished_full"] = now
            self._db.execute(sa.update(listings).where(has_key(listings, key)).values(**changes))

    def fail_listing(self, key: ListingKey, problem: str, *, is_final: bool) -> None:
        """Note why a listing could not be had. What was read of it stays. `is_final`: the archive would say it again."""
        values = {"failed": _now() if is_final else None, "problem": problem}
        with self.transaction():
            self._db.execute(sa.update(listings).where(has_key(listings, key)).values(**values))

    def forget_resume_key(self, key: ListingKey) -> None:
        """Let a listing that was cut off begin again."""
        with self.transaction():
            self._db.execute(sa.update(listings).where(has_key(listings, key)).values(resume_key=None))

    def add_captures(self, domain: str, rows: Sequence[Capture]) -> None:
        """Add captures that are not known yet. One that playback told of is the listed one of that second."""
        with self.transaction():
            self._add_new(captures, [{"domain": domain, **capture_values(capture)} for capture in rows])
            merge_playback_rows(self._db, domain)

    # Links on home pages

    def add_links(
        self, domain: str, timestamp: str, urls: Iterable[str], relation: str = "policy", kind: str = PRIVACY.name
    ) -> None:
        """Record where a home page's links lead, best first. `timestamp` is of the home page's capture."""
        found = {"domain": domain, "timestamp": timestamp, "relation": relation, "kind": kind}
        with self.transaction():
            for rank, url in enumerate(urls):
                values = {**found, "url": url, "rank": rank}
                known = _STRONGER.get(relation, links.c.relation)
                earlier = sa.case((links.c.rank.is_(None) & (links.c.relation == "policy"), relation), else_=known)
                self._upsert(links, values, update={"relation": earlier, "rank": sa.func.coalesce(links.c.rank, rank)})

    def add_home_reading(self, domain: str, timestamp: str, kinds: Iterable[str]) -> None:
        """Record that a home page's links to documents of these kinds are recorded, and forget an earlier release's."""
        read = [*kinds]
        of_page = (links.c.domain == domain, links.c.timestamp == timestamp, links.c.kind.in_(read))
        with self.transaction():
            self._db.execute(sa.delete(links).where(*of_page, links.c.rank.is_(None), links.c.relation == "policy"))
            self._add_new(home_readings, [{"domain": domain, "timestamp": timestamp, "kind": kind} for kind in read])

    def end_hop(self, domain: str, timestamp: str, url: str, kind: str = PRIVACY.name) -> None:
        """Note that a page one hop from a home page, or its frame, was read for its links to a kind, or can't be had.

        That a home page has this hop is recorded only of the one that was read, not of those with an equal digest.
        """
        made = {"domain": domain, "timestamp": timestamp, "url": url, "kind": kind, "rank": None}
        of_page = (links.c.domain == domain, links.c.timestamp == timestamp, links.c.url == url)
        same = (*of_page, links.c.kind == kind, links.c.relation.in_(["hop", "frame"]))
        done = sa.case((links.c.relation == "frame", FRAMED), else_=FOLLOWED)
        with self.transaction():
            self._db.execute(sa.update(links).where(*same).values(relation=done))
            framed = sa.select(links.c.url).where(
                links.c.domain == domain, links.c.url == url, links.c.kind == kind, links.c.relation == FRAMED
            )
            self._add_new(links, [{**made, "relation": FRAMED if self._one(framed) else FOLLOWED}])

    # Coverage

    def put_half_years(self, domain: str, states: Mapping[str, str]) -> None:
        """Record the state of the half-years in which a domain's home page was captured, in the place of earlier ones."""
        with self.transaction():
            self._db.execute(sa.delete(half_years).where(half_years.c.domain == domain))
            if states:
                rows = [{"domain": domain, "half_year": name, "state": state} for name, state in states.items()]
                self._db.execute(sa.insert(half_years), rows)


def _named(table: sa.Table, key: Sequence[str]) -> dict[str, str]:
    return {column.name: value for column, value in zip(table.primary_key, key, strict=True)}


def _overlap_start(row: Mapping[str, Any], since: str, relist_days: float) -> str:
    full = row["finished_full"]
    if not full or not row["newest"] or age_in_days(full) > relist_days:
        return since
    newest = min(moment_of(row["newest"]), datetime.fromisoformat(full))  # captures dated in the future exist
    overlap = newest - timedelta(days=OVERLAP_DAYS)
    return max(since, overlap.strftime("%Y%m%d"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
