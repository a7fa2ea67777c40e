"""The exchanges of a self-test, read by the code that reads those of a crawl. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import parse_qs, urlsplit

from scrapy import Request

from crawler.archives.base import Match, Query
from crawler.archives.cdx_rows import first_line
from crawler.archives.http_body import TooLarge
from crawler.archives.listing_trouble import read_listing_trouble
from crawler.archives.playback import Absence, Pointer, Refusal, read_playback
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware
from crawler.selftest.verdicts import Differs, NotSeen, Settled
from pipelines.errors import ArchiveError, ListingExcluded, ListingRefused
from pipelines.items import Memento

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.archives.base import Archive, ListingPage
    from pipelines.items import Capture

MAX_BODY: Final = 16 << 20
"""Bytes of an answer, as DOWNLOAD_MAXSIZE has it."""

REFERENCE: Final = "listing"
"""The question whose rows the others are compared with."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question's address, and its answer as it came over the wire.

    `failure` says why there is no answer. `stored` is the digest (SHA-1, base32) of the memento's body as read back from
    the WARC file that a crawl would write; empty if nothing was stored.
    """

    question: str
    url: str
    received: Response | None = None
    failure: str = ""
    stored: str = ""

    def read(self) -> Response:
        """Return the answer with its content codings undone. Raises Settled without one."""
        if self.received is None:
            raise Settled(NotSeen(self.failure or "no answer"))
        try:
            return DecodeBodyMiddleware(MAX_BODY).process_response(Request(self.url), self.received)
        except TooLarge as error:
            raise Settled(NotSeen(f"answer of {error}")) from None


@dataclass(frozen=True)
class Evidence:
    """What is known of an archive: the exchanges so far, by question. `page` is the URL that the questions are about."""

    archive: Archive
    page: str
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    _pages: dict[str, ListingPage | ArchiveError] = field(default_factory=dict, compare=False, repr=False)
    _listings: dict[str, ListingPage | Settled] = field(default_factory=dict, compare=False, repr=False)
    """Listings that were read, and what they show. They may be large, and many facts look at them."""

    def add(self, exchange: Exchange) -> None:
        self.exchanges[exchange.question] = exchange
        self._pages.clear()
        self._listings.clear()

    def answer(self, question: str) -> Response:
        """Return the decoded answer to a question. Raises Settled (not seen) if there is none."""
        if question not in self.exchanges:
            raise Settled(NotSeen("not asked"))
        return self.exchanges[question].read()

    def is_answered(self, question: str) -> bool:
        """Whether the archive has answered a question, and not refused, failed, or been silent."""
        try:
            response = self.answer(question)
        except Settled:
            return False
        found = read_listing_trouble(response) if self.is_listing(question) else self.reading(question)[1]
        return not _is_trouble(found)

    @property
    def is_of_an_archive(self) -> bool:
        """Whether any answer is one that only an archive gives: a listing or its refusal, a memento, a pointer to one."""
        return any(map(self._is_of_an_archive, self.exchanges))

    def _is_of_an_archive(self, question: str) -> bool:
        try:
            if not self.is_listing(question):
                return isinstance(self.reading(question)[1], Memento | Pointer)
            self._read(question)
        except (ListingRefused, ListingExcluded):
            return True
        except (ArchiveError, Settled):
            return False
        return True

    def is_listing(self, question: str) -> bool:
        """Whether a question was asked of the index."""
        return self.archive.playback_target(self.exchanges[question].url) is None

    def asked(self, question: str, parameter: str) -> str:
        """Return a parameter of a question to the index; empty without it."""
        url = self.exchanges[question].url if question in self.exchanges else ""
        return parse_qs(urlsplit(url).query).get(parameter, [""])[-1]

    def listing(self, question: str) -> ListingPage:
        """Return the page of a listing.

        Raises Settled: not seen for a refusal or an outage, differs for an answer that is no listing. Where the reference
        is none either, the other questions are not to blame for theirs.
        """
        if question not in self._listings:
            try:
                self._listings[question] = self._read_listing(question)
            except Settled as settled:
                self._listings[question] = settled
        found = self._listings[question]
        if isinstance(found, Settled):
            raise Settled(found.verdict)
        return found

    def _read_listing(self, question: str) -> ListingPage:
        response = self.answer(question)
        if trouble := read_listing_trouble(response):
            raise Settled(NotSeen(trouble.cause))
        if response.status >= 500:  # noqa: PLR2004
            raise Settled(NotSeen(f"HTTP {response.status}"))
        try:
            return self._read(question)
        except (ListingRefused, ListingExcluded):
            raise Settled(NotSeen(f"refused: HTTP {response.status}, {first_line(response.body):.60}")) from None
        except ArchiveError:
            words = f"no listing: HTTP {response.status}, {first_line(response.body):.60}"
            is_own = question == REFERENCE or self._has_reference
            raise Settled(Differs(words) if is_own else NotSeen(words)) from None

    def _read(self, question: str) -> ListingPage:
        """Return the page of a listing, read once. Raises ArchiveError, and Settled without an answer."""
        if question not in self._pages:
            try:
                self._pages[question] = self.archive.read_listing(self.answer(question), Query(self.page, Match.EXACT))
            except ArchiveError as error:
                self._pages[question] = error
        found = self._pages[question]
        if isinstance(found, ArchiveError):
            raise found
        return found

    def rows(self, question: str) -> list[Capture]:
        """Return the rows of a listing, without those that are sent twice: half of a page recorded in 2026 were."""
        return list(dict.fromkeys(self.listing(question).captures))

    @property
    def reference(self) -> list[Capture]:
        """The rows that others are compared with. Raises Settled (not seen) if there are none."""
        return list(dict.fromkeys(self.reference_page.captures))

    @property
    def reference_page(self) -> ListingPage:
        """The page of a listing that others are compared with. Raises Settled (not seen) if it has no captures."""
        try:
            page = self.listing(REFERENCE)
        except Settled as error:
            raise Settled(NotSeen(f"nothing to compare with ({error.verdict.words})")) from None
        if not page.captures:
            raise Settled(NotSeen("the archive lists no capture of this page"))
        return page

    @property
    def _has_reference(self) -> bool:
        try:
            return bool(self.reference)
        except Settled:
            return False

    @property
    def known(self) -> list[Capture]:
        """All captures that any listing has shown."""
        found: dict[Capture, None] = {}
        for question in self.exchanges:
            if self.is_listing(question):
                try:
                    found.update(dict.fromkeys(self.rows(question)))
                except Settled:
                    continue
        return list(found)

    def capture(self, question: str) -> Capture | None:
        """Return the listed capture that a question asked for, None if it was none."""
        url = self.exchanges[question].url
        rows = (row for row in self.known if self._address_of(row) == url)
        return next(rows, None)

    def _address_of(self, row: Capture) -> str:
        request = self.archive.snapshot_request(row.timestamp, row.original, row.locator)
        return request.url if request else ""

    def reading(self, question: str) -> tuple[Response, Memento | Pointer | Absence | Refusal]:
        """Return the answer to a playback question, and what a crawl takes it for. Raises Settled without an answer."""
        response = self.answer(question)
        return response, read_playback(response, self.archive, self.capture(question))

    def playback(self, question: str) -> tuple[Response, Memento | Pointer | Absence]:
        """Return the same. Raises Settled (not seen) for a refusal or an outage, too."""
        response, found = self.reading(question)
        if isinstance(found, Refusal) or _is_trouble(found):
            raise Settled(NotSeen(found.cause))
        return response, found


def _is_trouble(found: object) -> TypeGuard[Absence | Refusal]:
    """Whether an answer is a refusal of everything, or an outage."""
    return isinstance(found, Refusal) or (isinstance(found, Absence) and found.is_transient)
