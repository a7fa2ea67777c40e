"""OutputFolder: the async facade of an output folder. Every operation runs in order on one thread, the writer thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, Self, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from pipelines.catalog.server_session import is_passing
from pipelines.catalog.writer import Catalog
from pipelines.errors import OutputError
from pipelines.output.document_store import DocumentStore
from pipelines.output.interruptible import end_waits_if
from pipelines.output.store import OutputStore
from pipelines.output.warc_writer import WarcStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

_TRIES: Final = 3
"""Times that an operation is tried that the database ends in favour of another process's; each can be done again."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _async(
    part: Callable[[OutputStore], Any], operation: Callable[Concatenate[Any, _P], _T]
) -> Callable[Concatenate[OutputFolder, _P], Coroutine[Any, Any, _T]]:
    """Return a method that runs an operation of a part of the store on the writer thread."""

    async def call(self: OutputFolder, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await self.run(operation, part(self.store), *args, **kwargs)

    call.__doc__ = operation.__doc__
    call.__name__ = operation.__name__
    return call


def _store(store: OutputStore) -> OutputStore:
    return store


def _catalog(store: OutputStore) -> Catalog:
    return store.catalog


def _warcs(store: OutputStore) -> WarcStore:
    return store.warcs


def _documents(store: OutputStore) -> DocumentStore:
    return store.documents


class OutputFolder:
    """An output folder, held from `open` to `close`, by this process alone or beside others (`folder_locks`).

    `await folder.page(...)` runs an operation of `store` without blocking the loop. Every method raises OutputError for
    what the disk or the database refuses.
    """

    def __init__(
        self,
        store: OutputStore,
        on_error: Callable[[str], None] = lambda _: None,
        is_interrupted: Callable[[], bool] = bool,
    ) -> None:
        """Take the store, which belongs to the writer thread from now on, and who is told of an error.

        Once `is_interrupted`, the thread does not wait for an object store that is gone.
        """
        self.store = store
        """For functions that `run` calls."""
        self.is_open = False
        self._on_error = on_error
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix="writer", initializer=end_waits_if, initargs=(is_interrupted,)
        )

    def open(self, *, alone: bool = False) -> Self:
        """Take the folder; with `alone`, so that nobody else writes. Raises OutputError, naming who holds it."""
        self._thread.submit(self.store.open, alone=alone).result()
        self.is_open = True
        return self

    async def close(self) -> None:
        self.is_open = False
        await self.run(self.store.close)
        self._thread.shutdown()

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function on the writer thread: one that does several things in the store at once."""

        def call(tries: int = _TRIES) -> _T:
            try:
                return function(*args, **kwargs)
            except (OSError, SQLAlchemyError) as error:
                if tries > 1 and is_passing(error):
                    return call(tries - 1)
                raise OutputError(self.store.problem(error)) from error

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except OutputError as error:
            self._on_error(str(error))
            raise

    # Listings and links

    open_listing = _async(_catalog, Catalog.open_listing)
    add_listing_page = _async(_catalog, Catalog.add_listing_page)
    forget_resume_key = _async(_catalog, Catalog.forget_resume_key)
    fail_listing = _async(_catalog, Catalog.fail_listing)
    add_links = _async(_catalog, Catalog.add_links)
    end_hop = _async(_catalog, Catalog.end_hop)
    add_home_reading = _async(_catalog, Catalog.add_home_reading)
    put_half_years = _async(_catalog, Catalog.put_half_years)

    # Captures and their answers

    set_company = _async(_catalog, Catalog.set_company)
    add_captures = _async(_catalog, Catalog.add_captures)
    pages = _async(_catalog, Catalog.pages)
    add_pages = _async(_catalog, Catalog.add_pages)
    searched_pages = _async(_catalog, Catalog.searched_pages)
    page = _async(_catalog, Catalog.page)
    add_given = _async(_catalog, Catalog.add_given)
    given_pages = _async(_catalog, Catalog.given_pages)
    judged_pages = _async(_catalog, Catalog.judged_pages)
    judged = _async(_catalog, Catalog.judged)
    put_evidence = _async(_catalog, Catalog.put_evidence)
    put_verdicts = _async(_catalog, Catalog.put_verdicts)
    pages_in_both_readings = _async(_catalog, Catalog.pages_in_both_readings)
    read_texts = _async(_catalog, Catalog.read_texts)
    set_full_sha256 = _async(_catalog, Catalog.set_full_sha256)
    settle_variants = _async(_catalog, Catalog.settle_variants)
    count_gone = _async(_catalog, Catalog.count_gone)
    fates = _async(_catalog, Catalog.fates)
    unreadable = _async(_catalog, Catalog.unreadable)
    give_up = _async(_catalog, Catalog.give_up)
    reopen_unreadable = _async(_catalog, Catalog.reopen_unreadable)
    controls = _async(_catalog, Catalog.controls)
    given_up = _async(_catalog, Catalog.given_up)
    listed_domains = _async(_catalog, Catalog.listed_domains)
    newest_texts = _async(_catalog, Catalog.newest_texts)
    document_counts = _async(_catalog, Catalog.document_counts)
    answer = _async(_store, OutputStore.answer)
    record = _async(_store, OutputStore.record)
    record_by_digest = _async(_store, OutputStore.record_by_digest)

    # Mementos

    store_memento = _async(_store, OutputStore.store_memento)
    stored_memento = _async(_store, OutputStore.stored_memento)
    damaged_readings = _async(_catalog, Catalog.damaged_readings)
    unused_mementos = _async(_catalog, Catalog.unused_mementos)
    forget_unused_trouble = _async(_catalog, Catalog.forget_unused_trouble)
    mark_unreadable = _async(_store, OutputStore.mark_unreadable)
    note_trouble = _async(_store, OutputStore.note_trouble)
    add_pointer = _async(_catalog, Catalog.add_pointer)
    forget_pointers = _async(_catalog, Catalog.forget_pointers)
    readings = _async(_catalog, Catalog.readings)
    converted = _async(_catalog, Catalog.converted)

    # Documents

    damaged = _async(_documents, DocumentStore.damaged)
    stage = _async(_documents, DocumentStore.stage)
    has_other_converters = _async(_catalog, Catalog.has_other_converters)
    write_rejected = _async(_store, OutputStore.write_rejected)
    finish_domain = _async(_store, OutputStore.finish_domain)

    # Beside other writers

    claim = _async(_store, OutputStore.claim)
    claim_domain = _async(_store, OutputStore.claim_domain)
    release_domain = _async(_store, OutputStore.release_domain)
    other_runs = _async(_catalog, Catalog.other_runs)
    is_reported_by_another = _async(_catalog, Catalog.is_reported_by_another)

    @asynccontextmanager
    async def projecting(self) -> AsyncIterator[None]:
        """Write what is made of the whole catalog in this block: no other process does meanwhile."""
        await self.run(self.store.locks.begin_projections)
        try:
            yield
        finally:
            await self.run(self.store.locks.end_projections)

    # The end of a run

    write_versions = _async(_store, OutputStore.write_versions)
    write_changes = _async(_store, OutputStore.write_changes)
    write_file = _async(_store, OutputStore.write_file)
    finish_warc = _async(_warcs, WarcStore.finish)
    add_run = _async(_catalog, Catalog.add_run)
    archive_counts = _async(_catalog, Catalog.archive_counts)
    reported_until = _async(_catalog, Catalog.changes_reported_until)
    expect_deliveries = _async(_catalog, Catalog.expect_deliveries)
    open_deliveries = _async(_catalog, Catalog.open_deliveries)
    end_delivery = _async(_catalog, Catalog.end_delivery)
