"""The interface of an archive: its requests, and the types of its answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from pipelines.items import Capture

LISTING_SLOT = "listing"
PLAYBACK_SLOT = "playback"
"""Download slots of the two rate budgets. An archive on this machine's disk uses LOCAL_SLOT, which has no budget."""
LOCAL_SLOT = "local"

_MIB = 1 << 20


class Match(StrEnum):
    """The CDX server's matchType. NEAREST is no listing: playback redirects to the capture nearest in time."""

    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"
    NEAREST = "nearest"


BY_MONTH = "timestamp:6"
BY_DAY = "timestamp:8"
"""Values of `Query.collapse`: the first capture of each month or day stands for the others."""


@dataclass(frozen=True, slots=True)
class Query:
    """The query of a listing. `since` and `until` are CDX timestamp prefixes, inclusive, or empty.

    `collapse` (`field:N`) leaves out rows that agree with the one before in so many characters, `filter` (`field:regex`, the
    whole field) those that don't match. An archive may ignore both. `about` tells listings apart that look for different
    things, and of which different rows are kept; it is no part of the request.
    """

    url: str
    match: Match
    since: str = ""
    until: str = ""
    collapse: str = ""
    filter: str = ""
    about: str = ""

    @property
    def variety(self) -> str:
        """The match, and what leaves rows out. Collapsing by day is no other listing, but another way of reading it."""
        by_month = " by month" if self.collapse == BY_MONTH else ""
        return f"{self.match}{by_month}{' filtered' if self.filter else ''}{' for ' * bool(self.about)}{self.about}"

    def __str__(self) -> str:
        dates = f" {self.since or '…'} to {self.until or '…'}" if self.since or self.until else ""
        return f"{self.variety} {self.url}{dates}"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing: its captures, and the resume key of the next page (None on the last page).

    `unusable` counts the unusable rows by cause. `incomplete` is the cause if the archive cut the listing without a
    resume key, else empty.
    """

    captures: tuple[Capture, ...]
    resume_key: str | None = None
    unusable: Counter[str] = field(default_factory=Counter)
    incomplete: str = ""

    @property
    def rows(self) -> int:
        """Number of rows of the page, unusable and repeated rows included."""
        return len(self.captures) + self.unusable.total()


class Archive(Protocol):
    """An archive. It makes requests, each with its budget's download slot, and reads responses. No method does I/O."""

    name: str

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return the request for a page of a listing."""

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Return the listing page of a response. Raises UnexpectedResponse, ListingRefused, ListingExcluded."""

    def snapshot_request(self, timestamp: str, url: str) -> Request:
        """Return the request for the raw bytes of a capture."""

    def playback_target(self, address: str) -> tuple[str, str] | None:
        """Return timestamp (may be empty) and URL of a playback address of this archive; None for any other address."""


def listing_bytes(rows: int) -> int:
    """Return the size limit of an index response in bytes: 4 KiB a row, the length of two URLs of MAX_URL characters.

    At least 16 MiB, for archives that send more rows than they are asked for; at most 64 MiB, as 16 domains are listed at
    the same time.
    """
    return min(max(rows * 4096, 16 * _MIB), 64 * _MIB)


def slot(base: str, kind: str) -> str:
    """Return the download slot for a request to the archive at `base`."""
    return LOCAL_SLOT if urlsplit(base).scheme == "warc" else kind
