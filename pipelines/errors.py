"""The exception tree. A message is one line: the fault, its place (file, line or byte) and the remedy.

PoliciesError
├── UsageError            arguments or configuration that the user can correct; `scrapy crawl` ends with status 2
│   ├── CompaniesError    a fault in the companies file; names file and line
│   ├── TopicsError       a fault in the file of topics; names file and line
│   └── TakedownError     a fault in the takedown list; names file and line
├── ArchiveError          an archive's response can't be used
│   ├── UnexpectedResponse    quotes the line and the query
│   │   ├── ListingTooSlow    the query timed out at the archive; a narrower one may succeed
│   │   └── ResumeKeyRefused  the archive rejects a resume key of its own
│   ├── RecordDamaged         a record of its WARC files is damaged or gone; names file and byte
│   ├── ListingRefused        the archive refuses the listing; this never means "no captures"
│   └── ListingExcluded       the archive does not show this site (owner's request or robots.txt)
├── ConversionError       a page that can't become a document; other pages are not affected
│   ├── ConversionTimedOut    took longer than the time limit
│   ├── ConversionOutOfMemory needed more than the memory limit
│   ├── ConversionCrashed     an unexpected exception
│   ├── WorkerDied            the process that converted it ended
│   ├── PoolClosed            the program ended before the page was converted
│   │   └── PoolLost              the cluster that converts is gone
│   ├── NotHtml               neither HTML nor PDF: an image, an archive, binary data
│   ├── PageCutShort          a compressed page without its end
│   ├── PageTooLarge          more bytes, inflated bytes, nodes or PDF pages than the limit
│   ├── NoArticle             a page without text: empty, frames, images only
│   ├── NeedsScript           a page whose text a script fetches: the archive has its shell
│   └── UnreadablePdf         a PDF that is broken or has no text
│       ├── CutShortPdf           its end is missing; a PageCutShort, too
│       ├── EncryptedPdf          it needs a password
│       └── ScannedPdf            its pages are pictures
├── RecordUnreadable      a record of the output's own WARC files is gone or damaged; names file and byte
└── OutputError           the output folder or its catalog can't be used; status 1
    └── TextWithheld          a text is on the takedown list
"""

from __future__ import annotations

from pipelines.redaction import redacted


class PoliciesError(Exception):
    """Base of all exceptions of this program. Passwords in its message are masked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(redacted(message))


class UsageError(PoliciesError):
    """Arguments or configuration that can't be used; raised before the reactor starts."""


class CompaniesError(UsageError):
    """A fault in the companies file; raised by crawler.companies."""

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {problem}")


class TopicsError(UsageError):
    """A fault in the file of topics; raised by pipelines.topics.topics_file."""

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class TakedownError(UsageError):
    """A fault in the takedown list; raised by pipelines.takedown."""

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class ArchiveError(PoliciesError):
    """An archive's answer can't be used; raised by crawler.archives."""


class UnexpectedResponse(ArchiveError):
    """A listing's response does not have the form that the archive's API documents."""

    def __init__(self, fault: str, *, line: str, query: str) -> None:
        super().__init__(f"{fault}: {line[:200]!r} in answer to {query}")


class ListingTooSlow(UnexpectedResponse):
    """The archive exceeded its own time limit (HTTP 504) at each try."""


class ResumeKeyRefused(UnexpectedResponse):
    """The archive answers 400 to a resume key."""


class RecordDamaged(ArchiveError):
    """A record of a WARC file is damaged or gone; raised by crawler.archives.warc_records. Names file and byte."""


class ListingRefused(ArchiveError):
    """The archive refuses a listing. It may have captures nevertheless."""


class ListingExcluded(ArchiveError):
    """The archive does not show the site, by its owner's request or robots.txt; a final answer."""


class ConversionError(PoliciesError):
    """A page that can't become a document; raised by pipelines.convert and pipelines.convert.pool."""


class ConversionTimedOut(ConversionError):
    """A page took longer than the time limit; raised by pipelines.convert.pool."""


class ConversionOutOfMemory(ConversionError):
    """A page needed more than the memory limit; raised by pipelines.convert.pool."""


class ConversionCrashed(ConversionError):
    """An unexpected exception in the converter, its traceback in a note; raised by pipelines.convert.pool."""


class WorkerDied(ConversionError):
    """The process that converted a page ended, by a crash in C or a signal; raised by pipelines.convert.pool.

    `by_itself`: the page made it crash. Otherwise it was killed from outside, or there was none to take the page.
    """

    def __init__(self, message: str = "", *, by_itself: bool = False) -> None:
        super().__init__(message)
        self.by_itself = by_itself


class PoolClosed(ConversionError):
    """The pool was closed before a page was converted; raised by pipelines.convert.pool."""


class PoolLost(PoolClosed):
    """The cluster that converts can do no more; raised by pipelines.convert.dask_pool. The run ends, captures stay open."""


class NotHtml(ConversionError):
    """The bytes are neither HTML nor PDF."""


class PageCutShort(ConversionError):
    """The page's end is missing or damaged; raised by pipelines.convert.decode for compressed ones."""


class PageTooLarge(ConversionError):
    """The page exceeds a limit of size; the modules that raise it define the limits."""


class NoArticle(ConversionError):
    """The page has no text."""


class NeedsScript(ConversionError):
    """The page is a shell that a script fills; its text is not in the archived HTML."""


class UnreadablePdf(ConversionError):
    """A PDF that is broken or has no text; raised by pipelines.convert.pdf and pdf_glyphs."""


class CutShortPdf(PageCutShort, UnreadablePdf):
    """A PDF that can't be read as a whole, and whose end is missing."""


class EncryptedPdf(UnreadablePdf):
    """A PDF that can't be opened without a password."""


class ScannedPdf(UnreadablePdf):
    """A PDF whose pages are pictures without a text layer."""


class RecordUnreadable(PoliciesError):
    """A record of our own WARC files that can't be read; raised by pipelines.output.stored_memento.

    `location` is where the file is, for people; `name` is its name in the storage.
    """

    def __init__(self, location: str, name: str, offset: int, reason: str) -> None:
        super().__init__(f"{location} at byte {offset}: {reason}")
        self.name = name
        self.offset = offset
        self.reason = reason


class OutputError(PoliciesError):
    """The output folder or its catalog can't be used; raised by pipelines.catalog.writer and pipelines.output.texts."""


class TextWithheld(OutputError):
    """A text that the takedown list (TAKEDOWN_FILE) withholds; raised by pipelines.versions."""
