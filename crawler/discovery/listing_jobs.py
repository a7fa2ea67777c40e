"""The jobs of listing requests: a listing under way, or the nearest capture to a moment. Their `meta["job"]`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from crawler.discovery.loop_detector import LoopDetector

if TYPE_CHECKING:
    from crawler.archives.base import Query
    from crawler.discovery.ladder import NearestSearch
    from pipelines.catalog.discovery_queries import ListingKey


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing under way in an archive. `key` is its primary key in the catalog; `resumed`: an earlier run began it.

    `pages` is the number of result pages read in this run.
    """

    domain: str
    archive: str
    query: Query
    key: ListingKey
    loop_detector: LoopDetector = field(default_factory=LoopDetector)
    resumed: bool = False
    pages: int = 0

    @property
    def whole(self) -> Query:
        """The query with its original `since`, not the date from which it overlaps the last listing."""
        return replace(self.query, since=self.key[3])


@dataclass(frozen=True, slots=True)
class Nearest:
    """A playback request under way in an archive for the capture nearest to a moment (14 digits)."""

    domain: str
    archive: str
    query: Query
    search: NearestSearch
    moment: str


ListingJob: TypeAlias = Listing | Nearest
