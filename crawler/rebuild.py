"""Making every document of a domain anew from the mementos that are kept, without a request.

Done when the converter has changed, before anything is compared: so all texts that versions are told apart by are of one
converter, and what only a new converter changed is never reported as a policy change.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from crawler.archives.warc_records import read_kept
from crawler.sampling.search import Search
from crawler.sampling.strategies import every_capture
from pipelines.convert import CONVERTER_VERSION
from pipelines.item_pipelines import Convert, Gate, Item, Record
from pipelines.items import Answer, Capture, Memento, Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection

    from scrapy.settings import BaseSettings

    from pipelines.output.folder import Library

logger = logging.getLogger(__name__)

_AT_ONCE = 16
"""Snapshots in memory at the same time."""


async def rebuild_if_stale(library: Library, domain: str, settings: BaseSettings, languages: Collection[str]) -> None:
    """Rebuild a domain's documents if another version of the converter made any of them."""
    if await library.run(library.catalog.has_other_converters, domain, CONVERTER_VERSION):
        logger.info("%s: the converter has changed; its documents are made anew from output/warc", domain)
        await rebuild(library, domain, settings, languages)


async def rebuild(library: Library, domain: str, settings: BaseSettings, languages: Collection[str]) -> int:
    """Convert all mementos of a listed domain again; return how many. `languages` are those wanted of it.

    What a kill leaves undone is done by the next run.
    """
    read = await library.run(library.catalog.converted, domain)
    await library.run(library.catalog.forget_documents, domain)
    convert = Convert.from_settings(settings)
    gate = Gate(lambda: library, lambda _: languages, keep=settings.getbool("REJECTED_TEXTS"))
    try:
        for start in range(0, len(read), _AT_ONCE):
            batch = read[start : start + _AT_ONCE]
            await asyncio.gather(*(_again(library, (convert, gate), domain, *each) for each in batch))
    finally:
        await convert.close_spider()
    for urlkey, _ in await library.run(library.catalog.pages, domain):
        known = await library.run(library.catalog.page, domain, urlkey)
        await library.run(library.credit, Search(domain, urlkey, known, every_capture).answers_by_digest())
    await library.run(library.settle, domain)
    return len(read)


async def _again(
    library: Library, steps: tuple[Convert, Gate], domain: str, capture: Capture, memento: tuple[str, str]
) -> None:
    kept = await library.run(library.kept, *memento)
    payload = await asyncio.to_thread(read_kept, kept.record, kept.payload) if kept else None
    if kept is None or payload is None:
        return  # its capture has no fate again: the next run asks for it
    found = Memento(*memento, kept.source_url, payload.status, payload.headers, payload.body)
    item: Item = Snapshot(domain, capture, found)
    for step in (*steps, Record(lambda: library)):
        item = await step.process_item(item)
    assert isinstance(item, Answer)  # noqa: S101 - what Record returns
