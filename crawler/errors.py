"""The exception tree. Every message is one line: what, where, what to do.

PoliciesError
├── UsageError            arguments or configuration a user can mend; `scrapy crawl` ends with status 2
│   └── CompaniesError    something in the companies file; names file and line
├── ArchiveError          an archive answered what its dialect does not promise
│   ├── UnexpectedResponse    quotes the line and the query
│   │   ├── ListingTooSlow    the query timed out at the archive; a narrower one may not
│   │   └── ResumeKeyRefused  the archive does not understand a key that it gave earlier
│   ├── RecordDamaged         a record of its WARC files is damaged or gone; names file and byte
│   ├── ListingRefused        the archive will not list this; never the same as "no captures"
│   └── ListingExcluded       the archive says that it does not show this site (owner's wish or robots.txt)
├── ConversionError       a page that can't become a document; takes only its own page with it
│   ├── ConversionTimedOut    took longer than the time limit
│   ├── ConversionOutOfMemory needed more than the memory limit
│   ├── ConversionCrashed     an exception nobody foresaw
│   ├── WorkerDied            the process that converted it ended
│   └── PoolClosed            the program ended first; says nothing about the page
│   ├── NotHtml               neither HTML nor PDF: an image, an archive, binary data
│   ├── PageCutShort          a compressed page without its end
│   ├── PageTooLarge          larger than what is read: bytes, inflated bytes, nodes, PDF pages
│   ├── NoArticle             a page without text: empty, frames, images only
│   └── UnreadablePdf         a PDF that is broken, encrypted, or has no text
├── RecordUnreadable      a record of the output's own WARC files is gone or damaged; names file and byte
└── OutputError           the output folder or its catalog can't be used; status 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.redaction import redacted

if TYPE_CHECKING:
    from pathlib import Path


class PoliciesError(Exception):
    """Base of everything this program raises on purpose; its message shows no password."""

    def __init__(self, message: str = "") -> None:
        super().__init__(redacted(message))


class UsageError(PoliciesError):
    """Arguments or configuration that can't be used; raised before the reactor starts."""


class CompaniesError(UsageError):
    """Something wrong in the companies file; raised by crawler.companies."""

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {problem}")


class ArchiveError(PoliciesError):
    """An archive's answer can't be used; raised by crawler.archives."""


class UnexpectedResponse(ArchiveError):
    """A listing is not what its dialect promises."""

    def __init__(self, what: str, *, line: str, query: str) -> None:
        super().__init__(f"{what}: {line[:200]!r} in answer to {query}")


class ListingTooSlow(UnexpectedResponse):
    """The archive could not answer in its own time limit (HTTP 504), however often it was asked."""


class ResumeKeyRefused(UnexpectedResponse):
    """The archive answers 400 to a resume key."""


class RecordDamaged(ArchiveError):
    """A record of a WARC file is damaged or gone; raised by crawler.archives.warc_records. Names file and byte."""


class ListingRefused(ArchiveError):
    """The archive refuses to list; says nothing about which captures it has."""


class ListingExcluded(ArchiveError):
    """The archive holds the site back, by its owner's wish or robots.txt; a final answer."""


class ConversionError(PoliciesError):
    """A page that can't become a document; raised by pipelines.convert and pipelines.workers."""


class ConversionTimedOut(ConversionError):
    """A page took longer than the time limit; raised by pipelines.workers."""


class ConversionOutOfMemory(ConversionError):
    """A page needed more than the memory limit; raised by pipelines.workers."""


class ConversionCrashed(ConversionError):
    """The converter raised what it should not; the traceback is a note. Raised by pipelines.workers."""


class WorkerDied(ConversionError):
    """The process that converted a page ended, by a crash in C or a signal; raised by pipelines.workers."""


class PoolClosed(ConversionError):
    """The pool was closed before a page was converted; raised by pipelines.workers."""


class NotHtml(ConversionError):
    """The bytes are neither HTML nor PDF."""


class PageCutShort(ConversionError):
    """The page is compressed, and its end is missing or damaged; raised by pipelines.decode."""


class PageTooLarge(ConversionError):
    """The page is larger than what a worker reads; the limits stand where they are raised."""


class NoArticle(ConversionError):
    """The page has no text to make a document of."""


class UnreadablePdf(ConversionError):
    """A PDF that is broken, encrypted, or holds no text."""


class RecordUnreadable(PoliciesError):
    """A record of our own WARC files that can't be read; raised by pipelines.kept."""

    def __init__(self, file: Path, offset: int, reason: str) -> None:
        super().__init__(f"{file} at byte {offset}: {reason}")
        self.file = file
        self.offset = offset
        self.reason = reason


class OutputError(PoliciesError):
    """The output folder or its catalog can't be used; raised by pipelines.catalog and pipelines.store."""
