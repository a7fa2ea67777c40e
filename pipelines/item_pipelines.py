"""The item pipelines, from snapshot to answer. Each step is a few lines around one module.

    Snapshot --Convert--> Converted --Gate--> Converted or Answer --Record--> Answer

An Answer that the spider gives itself (an archived error, a loss) passes the first two and is recorded by the third.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, cast

from scrapy.exceptions import DropItem

from pipelines.defects import Defect, DefectKind, conversion_defect
from pipelines.errors import (
    ConversionCrashed,
    ConversionError,
    ConversionOutOfMemory,
    ConversionTimedOut,
    NeedsScript,
    PageCutShort,
    PoolClosed,
    UnreadablePdf,
    WorkerDied,
)
from pipelines.gate.verdict import examine, judgement
from pipelines.items import Answer, Fate, Snapshot
from pipelines.kinds import folder_of
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from scrapy.crawler import Crawler

    from pipelines.convert.jobs import JobPool
    from pipelines.convert.readings import Wanted
    from pipelines.document import Document
    from pipelines.items import Memento
    from pipelines.output.folder import OutputFolder


@dataclass(frozen=True, slots=True)
class Converted:
    """A snapshot and the document it became."""

    snapshot: Snapshot
    document: Document

    @property
    def domain(self) -> str:
        return self.snapshot.domain

    @property
    def capture(self) -> object:
        return self.snapshot.capture


logger = logging.getLogger(__name__)

_FATES = (
    ((ConversionTimedOut, ConversionOutOfMemory, ConversionCrashed, WorkerDied), Fate.FAILED),
    (PageCutShort, Fate.CUT_SHORT),
    (NeedsScript, Fate.NEEDS_SCRIPT),
)
"""The fate of a page by its error. After any other error it is not a policy."""

NEEDS_SCRIPT = "the archived page is filled in by a script"
"""The cause of pages that hold no text without one."""

_ABOUT = re.compile(r"^.* of \d{14}: ")
"""The page that a worker's error is about, which is no part of the cause: causes are counted."""
_MAX_CAUSE = 200

Item: TypeAlias = Snapshot | Converted | Answer


class _Arguments(Protocol):
    @property
    def languages(self) -> Mapping[str, Collection[str]]: ...


class _Run(Protocol):
    folder: OutputFolder
    arguments: _Arguments
    pool: JobPool


class _Spider(Protocol):
    run: _Run


class Convert:
    """Snapshot to document, in a worker process. An unconvertible page is no policy; the death of a worker is a loss."""

    def __init__(self, pool: JobPool) -> None:
        self._pool = pool

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Share the spider's pool, which reads home pages, too."""
        return cls(cast("_Spider", crawler.spider).run.pool)

    async def close_spider(self) -> None:
        await self._pool.close()

    async def process_item(self, item: Item) -> Item:
        try:
            return await self.converted(item)
        except PoolClosed as error:
            # It stays open, and is in the WARC. The run's end tells why: a line for each would bury it.
            raise DropItem(str(error), log_level="DEBUG") from error

    async def converted(self, item: Item) -> Item:
        """Return a snapshot with its document, or its answer; any other item as it is. Raises PoolClosed."""
        if not isinstance(item, Snapshot):
            return item
        if cut_by := item.memento.truncation:  # an incomplete text is no version; the next capture may be complete
            defect = Defect(DefectKind.CAPTURED_CUT, f"{cut_by}: {len(item.memento.body)} bytes")
            cause = f"cut when it was captured ({cut_by})"
            return Answer(item.domain, item.capture, Fate.CUT_SHORT, cause, defect=defect)
        try:
            document = item.document or await convert(self._pool, item)
        except PoolClosed:
            raise
        except ConversionError as error:
            answer = item.answer(*failure(item.domain, item.memento, error))
            return replace(answer, defect=conversion_defect(error, len(item.memento.body)))
        return Converted(replace(item, document=None), document)

    async def in_full(self, snapshot: Snapshot) -> Document | Answer:
        """Return a snapshot's document in the full reading, or the reason why there is none. Raises PoolClosed."""
        try:
            return await convert(self._pool, snapshot, "full")
        except PoolClosed:
            raise
        except ConversionError as error:
            return snapshot.answer(*failure(snapshot.domain, snapshot.memento, error))


async def convert(pool: JobPool, snapshot: Snapshot, reading: Wanted = "auto") -> Document:
    """Convert a snapshot in a worker process. Raises ConversionError."""
    memento = snapshot.memento
    return await pool.convert(
        memento.body,
        url=memento.url,
        timestamp=memento.timestamp,
        domain=snapshot.domain,
        content_type=memento.content_type,
        reading=reading,
        kind=snapshot.evidence.kind,
    )


def failure(domain: str, memento: Memento, error: ConversionError) -> tuple[Fate, str]:
    """Log a worker's error for a page of a listed domain; return the capture's fate and its cause in words."""
    fate = next((fate for kinds, fate in _FATES if isinstance(error, kinds)), Fate.NOT_A_POLICY)
    said = printable(f"{memento.url} of {memento.timestamp}: {_ABOUT.sub('', str(error))}")
    logger.log(logging.INFO if fate.is_final else logging.WARNING, "%s: %s", domain, said)
    return fate, _cause(error)


def _cause(error: ConversionError) -> str:
    """Return the class of an error in words; and its message where that tells what the class does not."""
    words = _words(type(error).__name__)
    message = " ".join(_ABOUT.sub("", str(error)).split())
    if isinstance(error, NeedsScript):
        return NEEDS_SCRIPT
    is_told = type(error) is ConversionError or isinstance(error, (ConversionCrashed, UnreadablePdf))
    return printable(f"{words}: {message}"[:_MAX_CAUSE]) if is_told and message else words


def _words(name: str) -> str:
    """Return a class name in words: `ConversionTimedOut` as `conversion timed out`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


class Gate:
    """Passes texts of the kind that their page is searched for, in the requested languages, and those of given pages.

    With REJECTED_TEXTS the other texts are stored for inspection.
    """

    def __init__(
        self, folder: Callable[[], OutputFolder], wanted: Callable[[str], Collection[str]], *, keep: bool
    ) -> None:
        """Take the output folder for rejected texts (stored if `keep`), and a function from listed domain to languages."""
        self._folder = folder
        self._wanted = wanted
        self._keep = keep

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        def run() -> _Run:
            return cast("_Spider", crawler.spider).run

        keep = crawler.settings.getbool("REJECTED_TEXTS")
        return cls(lambda: run().folder, lambda domain: run().arguments.languages[domain], keep=keep)

    async def process_item(self, item: Item) -> Item:
        if not isinstance(item, Converted):
            return item
        snapshot, document = item.snapshot, item.document
        cause = examine(document).why_not(snapshot.evidence, self._wanted(item.domain))
        if not cause:
            return item
        if self._keep:
            await write_rejected(self._folder(), item)
        return snapshot.answer(Fate.NOT_A_POLICY, cause, judgement=judgement(document, snapshot.evidence))


async def write_rejected(folder: OutputFolder, item: Converted) -> None:
    """Store a text that the gate turns away, for inspection."""
    # a unique name: two pages of a domain may have been captured in the same second
    folder_of_kind = folder_of(item.document.sought.name)
    name = f"{folder_of_kind}{item.snapshot.memento.timestamp}-{item.document.text_sha256[:8]}.txt"
    await folder.write_rejected(item.domain, name, item.document.text)


class Record:
    """Writes a capture's answer to the catalog, and a new text to its file, before the spider gets the answer."""

    def __init__(self, folder: Callable[[], OutputFolder]) -> None:
        self._folder = folder

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(lambda: cast("_Spider", crawler.spider).run.folder)

    async def process_item(self, item: Item) -> Answer:
        folder = self._folder()
        if isinstance(item, Converted):
            return await folder.record(item.snapshot, item.document)
        assert isinstance(item, Answer)  # noqa: S101 - Convert leaves no Snapshot
        return await folder.answer(item)
