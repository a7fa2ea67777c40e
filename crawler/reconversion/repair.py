"""Repair of missing and changed text files: from stored records, or by requesting their captures again."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawler.reconversion.neighbours import compare_readings
from crawler.reconversion.rebuild import Reconverter
from crawler.reconversion.second_verdict import reconsider
from pipelines.item_pipelines import Converted
from pipelines.items import TEXT_GONE
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.document_store import MADE_UP
from pipelines.output.row_values import name_of
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Collection

    from crawler.run import Run
    from pipelines.document import Document
    from pipelines.output.row_values import Row
    from pipelines.output.store import OutputStore

logger = logging.getLogger(__name__)

_CHANGED = "it was changed, and the WARC records of its text can't be read"
_FOLDER = "a folder stands in its place; move it away"
_OTHER = "it was changed, and its pages are converted to another text now"


@dataclass(slots=True)
class Repaired:
    """Result of a repair: the number of restored text files, and the reasons for the others by path.

    No record is left of the files in `gone`; their captures are requested again.
    """

    restored: int = 0
    lost: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


class Repairs:
    """Rebuild and repair during a crawl: before a domain's searches begin, and when they have ended.

    One domain at a time, so that the memory needed does not depend on the number of open domains.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._reconverter = Reconverter(run.folder, run.settings, run.pool, lambda: run.is_ending)
        self._lost: set[str] = set()
        self._one_at_a_time = asyncio.Lock()

    async def begin(self, domain: str) -> None:
        """Rebuild documents of another converter, and restore missing and changed text files."""
        languages = self._run.arguments.languages[domain]
        async with self._one_at_a_time:
            await self._reconverter.rebuild_if_stale(domain, languages)
            repaired = await restore_texts(self._reconverter, domain, languages)
        self._count(domain, repaired.restored)
        for path, reason in repaired.lost.items():
            logger.warning("%s is missing or changed: %s", path, reason)
            self._lost.add(domain)
        for path in repaired.gone:
            logger.warning("%s: %s; its captures are requested again", path, TEXT_GONE)

    async def reconsider(self, domain: str) -> set[str]:
        """Judge the texts of a domain's pages again; return the urlkeys of those that have texts that they had not."""
        async with self._one_at_a_time:
            return await reconsider(self._reconverter, domain, self._run.arguments.languages[domain])

    async def end(self, domain: str) -> None:
        """Bring a domain's projections up to date; count the text files that can't be restored even from new records."""
        if not self._run.arguments.plan:
            await compare_readings(self._reconverter, domain)
        moved = await self._run.folder.finish_domain(domain)
        gone = await self._run.folder.count_gone(domain)
        losses = [TEXT_GONE] * gone
        if moved or domain in self._lost:
            repaired = await _restore(self._reconverter, domain)
            self._count(domain, repaired.restored)
            losses += [*repaired.lost.values(), *(TEXT_GONE for _ in repaired.gone)]
        self._run.stats.add_lost_texts(domain, losses)

    async def close(self) -> None:
        await self._reconverter.close()

    def _count(self, domain: str, restored: int) -> None:
        if restored:
            logger.warning("%s: restored %s", domain, quantity(restored, "missing or changed text file"))
            self._run.stats.restored += restored


async def restore_texts(reconverter: Reconverter, domain: str, languages: Collection[str]) -> Repaired:
    """Restore the missing and changed text files of a domain.

    If the conversion of a page now gives another text than that of its file, the whole domain is rebuilt.
    """
    repaired = await _restore(reconverter, domain)
    if _OTHER not in repaired.lost.values():
        return repaired
    await reconverter.rebuild(domain, languages)
    again = await _restore(reconverter, domain)
    rebuilt = sum(reason == _OTHER for reason in repaired.lost.values())
    return Repaired(repaired.restored + rebuilt + again.restored, again.lost, repaired.gone + again.gone)


async def _restore(reconverter: Reconverter, domain: str) -> Repaired:
    folder, repaired = reconverter.folder, Repaired()
    damaged = await folder.damaged(domain)
    step = reconverter.at_once()
    for start in range(0, len(damaged), step):
        rows = damaged[start : start + step]
        found = await asyncio.gather(*(_converted_again(reconverter, row) for row in rows))
        for row, document in zip(rows, found, strict=True):
            await folder.run(_put, folder.store, repaired, row, document)
    return repaired


async def _converted_again(reconverter: Reconverter, row: Row) -> Document | str:
    """Return a document with a row's text from a readable record, or the reason why there is none."""
    folder, domain, sha = reconverter.folder, row["domain"], row["text_sha256"]
    if folder.store.texts.is_blocked(domain, name_of(row)):
        return _FOLDER
    readings, searched = await folder.readings(domain, sha), await folder.searched_pages(domain)
    for key, capture in {key: capture for capture, key in readings}.items():
        page = searched.get(capture.urlkey)
        item = await reconverter.convert(domain, capture, key, page.kind if page else PRIVACY.name)
        if isinstance(item, Converted):
            return item.document if item.document.text_sha256 == sha else _OTHER
    return _CHANGED


def _put(store: OutputStore, repaired: Repaired, row: Row, document: Document | str) -> None:
    """Write a document to its place, or note why that can't be done; on the writer thread."""
    if not isinstance(document, str):
        store.documents.restore(row, document)
        repaired.restored += row["file_sha256"] != MADE_UP
    elif row["file_sha256"] == MADE_UP and store.texts.is_at(row["domain"], name_of(row)):
        store.documents.accept(row)
    elif document == _CHANGED and not store.texts.is_at(row["domain"], name_of(row)):
        store.catalog.reopen_text(row["domain"], row["text_sha256"])
        repaired.gone.append(row["path"])
    else:
        repaired.lost[row["path"]] = document
