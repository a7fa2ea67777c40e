"""What every archive answers, and the shape of the answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.captures import Capture

LISTING_SLOT = "listing"
PLAYBACK_SLOT = "playback"
"""Download slots of the two rate budgets; an archive on this machine's disk uses LOCAL_SLOT and has none."""
LOCAL_SLOT = "local"

_MIB = 1 << 20


class Match(StrEnum):
    """The CDX server's matchType, and NEAREST: no listing, but playback's redirect to the capture nearest in time."""

    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class Query:
    """A listing to ask for; `since` and `until` are CDX timestamp prefixes, inclusive, or empty."""

    url: str
    match: Match
    since: str = ""
    until: str = ""

    def __str__(self) -> str:
        dates = f" {self.since or '…'} to {self.until or '…'}" if self.since or self.until else ""
        return f"{self.match} {self.url}{dates}"


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing: its rows, the key that continues it (None at the end), and what was wrong with it.

    `unusable` counts rows by cause; `incomplete` says in words that the archive cut the listing without a key.
    """

    captures: tuple[Capture, ...]
    resume_key: str | None = None
    unusable: Counter[str] = field(default_factory=Counter)
    incomplete: str = ""

    @property
    def rows(self) -> int:
        """How many rows the page had, unusable ones and repetitions counted."""
        return len(self.captures) + self.unusable.total()


class Archive(Protocol):
    """The three questions. Requests carry their budget's slot; answers are read by pure functions."""

    name: str

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return the request for a page of a listing."""

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Return what the page says. Raises UnexpectedResponse, ListingRefused, ListingExcluded."""

    def snapshot_request(self, timestamp: str, url: str) -> Request:
        """Return the request for the raw bytes of a capture."""

    def playback_target(self, address: str) -> tuple[str, str] | None:
        """Return timestamp (may be empty) and URL that a playback address of this archive names, else None."""


def listing_bytes(rows: int) -> int:
    """Return how many bytes an answer of an index may have: 4 KiB a row, which is two URLs of the longest kind.

    At least 16 MiB, for archives that send more rows than they are asked for; at most 64 MiB, as 16 domains are listed at
    the same time.
    """
    return min(max(rows * 4096, 16 * _MIB), 64 * _MIB)


def slot(base: str, kind: str) -> str:
    """Return the download slot for a request to the archive at `base`."""
    return LOCAL_SLOT if urlsplit(base).scheme == "warc" else kind
