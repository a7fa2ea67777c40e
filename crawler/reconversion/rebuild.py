"""Rebuild: conversion of all stored mementos of a domain, without requests.

It is done when the converter has changed, before texts are compared. So versions differ by texts of one converter, and a
difference between two converters is never reported as a policy change.

The new documents are made beside the old ones and replace them in one transaction. A memento that can't be read or
converted keeps its answer, text and version. It is marked in the catalog, and the next crawl requests it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.discovery.page_evidence import evidence_of
from crawler.reconversion.in_order import in_order
from crawler.reconversion.neighbours import compare_readings
from crawler.reconversion.rebuilt import Rebuilt, Unread
from crawler.sampling.search import Search
from crawler.sampling.strategies import every_capture
from pipelines.convert import CONVERTER_VERSION
from pipelines.errors import RecordUnreadable
from pipelines.gate.prior import LOWEST, NOTHING, Evidence
from pipelines.gate.verdict import examine, judgement, with_others
from pipelines.item_pipelines import Convert, Converted, write_rejected
from pipelines.items import SAME_DIGEST, Answer, Fate, Snapshot
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from scrapy.settings import BaseSettings

    from pipelines.convert.jobs import JobPool
    from pipelines.gate.verdict import Examined
    from pipelines.item_pipelines import Item
    from pipelines.items import Capture, MementoKey
    from pipelines.output.folder import OutputFolder
    from pipelines.output.row_values import Row
    from pipelines.output.store import OutputStore
    from pipelines.output.stored_memento import StoredMemento

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""Snapshots in memory at the same time, if the pool has no more than half as many processes."""
MOST_AT_ONCE = 256
"""Snapshots in memory at the same time, however large a cluster is. A page has 0.1 MB, and at most 16."""


class _Read(NamedTuple):
    """A capture that was read, with the text of its memento."""

    capture: Capture
    memento: MementoKey
    text: Examined
    words: int


@dataclass(slots=True)
class _Made:
    """The new documents and answers of a domain, which replace the old ones.

    `evidence` is that of each page. `read` are in the mementos' time order. `staged` are the documents that may be kept, by
    text and kind of page; `documents` are those that are, by text.
    """

    domain: str
    evidence: Mapping[str, Evidence]
    languages: Collection[str]
    staged: dict[tuple[str, str], Row] = field(default_factory=dict)
    documents: dict[str, Row] = field(default_factory=dict)
    read: list[_Read] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def judge(self) -> None:
        """Make the answers of what was read: of each page by all that was read of it."""
        scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for read in self.read:
            scores[read.capture.urlkey][read.text.text_sha256] = read.text.policy_score
        evidence = {urlkey: with_others(self.of_page(urlkey), of) for urlkey, of in scores.items()}
        stored: dict[str, str] = {}
        for read in self.read:
            self.answers.append(self._answer(read, evidence[read.capture.urlkey][read.text.text_sha256], stored))
        self.documents = {sha: row for (sha, kind), row in self.staged.items() if stored.get(sha) == kind}

    def of_page(self, urlkey: str) -> Evidence:
        """Return what is known of a page besides its texts."""
        return self.evidence.get(urlkey, NOTHING)

    def kind_of(self, capture: Capture) -> str:
        """Return the kind that a capture's page is searched for."""
        return self.of_page(capture.urlkey).kind

    def _answer(self, read: _Read, evidence: Evidence, stored: dict[str, str]) -> Answer:
        sha, judged = read.text.text_sha256, judgement(read.text, evidence)
        known: dict[str, Any] = {"memento": read.memento, "judgement": judged, "language": read.text.language}
        if cause := read.text.why_not(evidence, self.languages):
            return Answer(self.domain, read.capture, Fate.NOT_A_POLICY, cause, **known)
        fate = Fate.SAME_TEXT if sha in stored else Fate.STORED
        if stored.get(sha) != PRIVACY.name:  # one file a text: of pages of several kinds, that of the first kind
            stored[sha] = evidence.kind
        return Answer(self.domain, read.capture, fate, text_sha256=sha, words=read.words, **known)


class Reconverter:
    """Converts stored mementos again, in the processes of a pool, which end with `close`."""

    def __init__(
        self,
        folder: OutputFolder,
        settings: BaseSettings,
        pool: JobPool,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the output folder and the pool. A rebuild is abandoned once `is_ending` returns true."""
        self.folder = folder
        self._is_ending = is_ending
        self._keep_rejected = settings.getbool("REJECTED_TEXTS")
        self._convert = Convert(pool)
        self._pool = pool

    async def close(self) -> None:
        await self._pool.close()

    def at_once(self) -> int:
        """Return how many mementos may be in memory at the same time: enough for all processes of the pool."""
        return max(AT_ONCE, min(2 * self._pool.width, MOST_AT_ONCE))

    def domains_at_once(self) -> int:
        """Return how many domains can be rebuilt at the same time: most have fewer mementos than a cluster has threads."""
        return max(1, self.at_once() // (2 * AT_ONCE))

    async def rebuild_if_stale(self, domain: str, languages: Collection[str]) -> None:
        """Rebuild a domain's documents if another version of the converter made any of them."""
        if await self.folder.has_other_converters(domain, CONVERTER_VERSION):
            logger.info("%s: the converter has changed; its documents are made anew from warc/", domain)
            done = await self.rebuild(domain, languages)
            for loss in done.losses:
                logger.warning("%s", loss)

    async def rebuild(self, domain: str, languages: Collection[str]) -> Rebuilt:
        """Convert all mementos of a listed domain again. `languages` are those wanted of it.

        A kill before the end, or the end of the run, leaves the domain unchanged.
        """
        folder = self.folder
        await folder.damaged(domain)  # moves the files of a killed rebuild into place
        read, given_up = await folder.converted(domain), await folder.given_up(domain)
        made = _Made(domain, await evidence_of(folder, domain), languages)
        groups = [(key, of) for key, group in groupby(read, key=itemgetter(1)) for of in _by_kind(made, group)]
        done = Rebuilt(len({key for key, _ in groups}))
        calls = [partial(self.convert, domain, of[0], key, made.kind_of(of[0])) for key, of in groups]
        if self._is_ending():
            return Rebuilt()
        async with in_order(calls, self.at_once) as items:
            for key, of in groups:
                item = await anext(items)
                if self._is_ending():
                    return Rebuilt()
                if not (isinstance(item, Unread) and key in given_up):  # then it stays given up
                    await self._take(made, done, of, item)
        made.judge()
        await folder.run(_commit, folder.store, made, done)
        await folder.damaged(domain)
        await compare_readings(self, domain)
        await folder.finish_domain(domain)
        return done

    async def forget_unreadable(self) -> int:
        """Forget the mementos that can't be read and that no capture was read from; return their number."""
        last: MementoKey | None = None
        while keys := await self.folder.unused_mementos(last, AT_ONCE):
            for last in keys:
                kept = await self.folder.stored_memento(last)
                try:
                    await asyncio.to_thread(kept.read) if kept else None
                except RecordUnreadable as error:
                    assert kept is not None  # noqa: S101 - it was read
                    await self.folder.mark_unreadable(kept, error)
        return await self.folder.forget_unused_trouble()

    async def convert(self, domain: str, capture: Capture, key: MementoKey, kind: str = PRIVACY.name) -> Item | Unread:
        """Read a memento from its record, and convert it as a document of a kind. Raises PoolClosed."""
        kept = await self.folder.stored_memento(key)
        snapshot = await self._snapshot(domain, capture, key, kept, kind)
        if isinstance(snapshot, Unread):
            return snapshot
        item = await self._convert.converted(snapshot)
        if isinstance(item, Answer) and not item.fate.is_final:
            where = f"{kept.where}: " if kept else ""
            return Unread(domain, key, kept, f"{where}{item.cause}", item.cause, is_cut=item.fate is Fate.CUT_SHORT)
        return item

    async def full_sha256(self, domain: str, capture: Capture, key: MementoKey) -> str | None:
        """Return the text_sha256 of a memento in the full reading, empty if it has no text.

        None if its record can't be read or converted now. Raises PoolClosed.
        """
        page = (await self.folder.searched_pages(domain)).get(capture.urlkey)
        kind = page.kind if page else PRIVACY.name
        snapshot = await self._snapshot(domain, capture, key, await self.folder.stored_memento(key), kind)
        if isinstance(snapshot, Unread):
            return None
        found = await self._convert.in_full(snapshot)
        if isinstance(found, Answer):
            return "" if found.fate.is_final else None
        return found.text_sha256

    async def _snapshot(
        self, domain: str, capture: Capture, key: MementoKey, kept: StoredMemento | None, kind: str
    ) -> Snapshot | Unread:
        """Read a memento from its record."""
        if kept is None:
            return Unread(domain, key, kept, "the catalog knows no record of it", "no record")
        try:
            return Snapshot(domain, capture, await asyncio.to_thread(kept.read), Evidence(kind=kind))
        except RecordUnreadable as error:
            await self.folder.mark_unreadable(kept, error)
            return Unread(domain, key, kept, str(error), error.reason)

    async def _take(self, made: _Made, done: Rebuilt, of: list[Capture], item: Item | Unread) -> None:
        """Stage the document of a memento, and note the answer of each capture that was answered from it."""
        if isinstance(item, Unread) and item.is_cut:
            done.cut.append(item)
            made.answers += [Answer(made.domain, capture, Fate.CUT_SHORT, item.reason) for capture in of]
        elif isinstance(item, Unread):
            done.unread.append(item)
        elif isinstance(item, Converted):
            await self._take_document(made, done, of, item)
        elif isinstance(item, Answer):
            made.answers += [replace(item, capture=capture) for capture in of]

    async def _take_document(self, made: _Made, done: Rebuilt, of: list[Capture], item: Converted) -> None:
        """Note the text of a memento. It is staged if it may be kept: that is known once all is read."""
        snapshot, document = item.snapshot, item.document
        text = examine(document)
        made.read += [_Read(capture, snapshot.memento.key, text, document.words) for capture in of]
        is_given = any(made.of_page(capture.urlkey).given for capture in of)
        name = document.text_sha256, document.sought.name
        if (text.policy_score >= LOWEST or is_given) and name not in made.staged:
            made.staged[name] = await self.folder.stage(snapshot, document)
        known = [made.of_page(capture.urlkey) for capture in of]
        if self._keep_rejected and all(text.why_not(each, made.languages) for each in known):
            await write_rejected(self.folder, item)
            done.rejected += 1


def _by_kind(made: _Made, read: Iterable[tuple[Capture, MementoKey]]) -> list[list[Capture]]:
    """Return the captures of a memento by the kinds that their pages are searched for, each of which converts it anew."""
    groups: defaultdict[str, list[Capture]] = defaultdict(list)
    for capture, _ in read:
        groups[made.kind_of(capture)].append(capture)
    return [*groups.values()]


def _commit(store: OutputStore, made: _Made, done: Rebuilt) -> None:
    """Put the new in the place of the old, all at once; on the writer thread."""
    catalog, domain = store.catalog, made.domain
    with catalog.transaction():
        for lost in done.unread + done.cut:
            store.note_trouble(lost.key, lost.kept, lost.reason)
        catalog.put_answers(made.answers)
        catalog.set_stored_captures(domain)
        for archive in catalog.archives_of(domain):
            for urlkey, _ in catalog.pages(domain, archive):
                credit_again(store, domain, urlkey, archive)
        store.documents.arrange(domain, made.documents)
        catalog.set_converter(domain, CONVERTER_VERSION)


def credit_again(store: OutputStore, domain: str, urlkey: str, archive: str) -> None:
    """Let an archive's captures that were not fetched follow those with the same digest."""
    catalog = store.catalog
    known = catalog.page(domain, urlkey, archive, as_it_is=True)
    followers = {capture for capture, answer in known if answer and answer.cause.startswith(SAME_DIGEST)}
    read = ((capture, None if capture in followers else answer) for capture, answer in known)
    credits_ = Search(domain, urlkey, read, every_capture).answers_by_digest()
    catalog.forget_answers(domain, followers - {answer.capture for answer in credits_})
    store.record_by_digest(credits_)
