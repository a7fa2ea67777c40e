"""The interface of an archive: what it offers, its requests, and the types of its answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from pipelines.untrusted import percent_encoded

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.playback import Absence, Refusal
    from pipelines.items import Capture

LISTING: Final = "listing"
PLAYBACK: Final = "playback"
"""The services of an archive, each with its own rate budget. One on this machine's disk has LOCAL, without a budget."""
LOCAL: Final = "local"

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

    is_part: bool = False
    """Whether the page ends one index of several: the next page is the first of another one."""
    note: str = ""
    """What the user is told of the page."""

    @property
    def rows(self) -> int:
        """Number of rows of the page, unusable and repeated rows included."""
        return len(self.captures) + self.unusable.total()


@dataclass(frozen=True, slots=True)
class Pace:
    """The rates that an archive allows, and the requests in flight to each of its services. None: by the settings.

    If it `is_absolute`, settings can make it slower only.
    """

    calls_per_minute: float | None = None
    playbacks_per_second: float | None = None
    connections: int | None = None
    is_absolute: bool = False


BY_SETTINGS: Final = Pace()


class Archive(Protocol):
    """An archive. It makes requests, each with its `meta` (`listing_meta`, `playback_meta`), and reads responses.

    No method does I/O. An archive's class inherits from this one, for what it does not say otherwise.
    """

    name: str
    """Its name in the catalog's keys, in run.json and in the report."""
    hosts: frozenset[str]
    """The hosts with ports, in lower case, that its requests go to. No other host is ever asked."""
    can_list: frozenset[Match] = frozenset(Match)
    """The matches that it can be asked for. NEAREST: playback leads to the capture nearest in time."""
    is_local: bool = False
    """Whether it is files of this machine: its rows cost nothing, and it is listed whole."""
    is_relisted: bool = False
    """Whether its rows cost nothing, and each listing is read whole in each run, though its records are elsewhere."""
    filters_dates: bool = True
    """Whether a listing between two dates is another one than the whole, so that a listing too long is asked for by year."""
    asks_prefixes: bool = True
    """Whether a listing of a prefix is worth its calls."""
    pace: Pace = BY_SETTINGS

    @property
    def listing_name(self) -> str:
        """Its name in the table `listings`: what tells listings of different parts of it apart."""
        return self.name

    @property
    def may_collapse(self) -> bool:
        """Whether a long listing of one page is asked for by day."""
        return not self.is_local

    def listing_request(self, query: Query, resume_key: str | None = None) -> Request:
        """Return the request for a page of a listing."""

    def read_listing(self, response: Response, query: Query) -> ListingPage:
        """Return the listing page of a response. Raises UnexpectedResponse, ListingRefused, ListingExcluded."""

    def snapshot_request(self, timestamp: str, url: str, locator: str = "") -> Request | None:
        """Return the request for the raw bytes of a capture; None if it takes a `locator`, and there is none."""

    def playback_target(self, address: str) -> tuple[str, str] | None:
        """Return timestamp (may be empty) and URL of a playback address of this archive; None for any other address."""

    def replayed(self, request: Request, response: Response) -> Response:
        """Return the response as a memento, if it is the archive's record of one; any other as it is."""
        del request
        return response

    def parts(self, since: str, until: str) -> int:
        """Return how many indexes a question between two CDX timestamp prefixes is put to, of an archive with several."""
        del since, until
        return 0

    def known_answer(self, request: Request) -> Response | None:
        """Return the answer to a request that was answered in this run and need not be made again, else None."""
        del request
        return None

    def failed(self, request: Request, exception: Exception) -> Response | None:
        """Return the response that a download error stands for, if it is the archive's way of saying something."""
        del request, exception
        return None

    def classify(self, request: Request, response: Response) -> Refusal | Absence | None:
        """Return what a response is in words of this archive alone; None if the usual classification is to follow."""
        del request, response
        return None

    def next_request(self, request: Request, response: Response) -> Request | None:
        """Return the request that is to follow in the place of an answered one, else None."""
        del request, response
        return None


def listing_bytes(rows: int) -> int:
    """Return the size limit of an index response in bytes: 4 KiB a row, the length of two URLs of MAX_URL characters.

    At least 16 MiB, for archives that send more rows than they are asked for; at most 64 MiB, as 16 domains are listed at
    the same time.
    """
    return min(max(rows * 4096, 16 * _MIB), 64 * _MIB)


def listing_meta(archive: Archive, *, rows: int) -> dict[str, Any]:
    """Return the `meta` of a request for a listing page of at most `rows` rows."""
    return {**_meta(archive, LISTING), "download_maxsize": listing_bytes(rows)}


def playback_meta(archive: Archive, target: tuple[str, str]) -> dict[str, Any]:
    """Return the `meta` of a request for the capture of a timestamp and URL."""
    timestamp, url = target
    return {**_meta(archive, PLAYBACK), "target": (timestamp, percent_encoded(url))}


def _meta(archive: Archive, service: str) -> dict[str, Any]:
    """Return what the `meta` of all requests has. Scrapy bounds the requests in flight of each download slot."""
    service = LOCAL if archive.is_local else service
    slot = f"{archive.name} {service}"
    return {"verbatim_url": True, "archive": archive.name, "service": service, "download_slot": slot}
