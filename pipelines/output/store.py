"""The output folder as one thing: catalog, text files and WARC files, held by one process.

Catalog and WARC are the only state; text files and versions.jsonl are projections of them.
"""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from pipelines.catalog.database import first_line
from pipelines.catalog.schema import catalog_url as default_catalog_url
from pipelines.catalog.version_rows import domains_with_text, in_batches
from pipelines.catalog.writer import Catalog
from pipelines.columns import json_line
from pipelines.errors import OutputError
from pipelines.items import TEXT_GONE, Fate
from pipelines.measures import Measures
from pipelines.output.changes import write_changes
from pipelines.output.document_store import DocumentStore
from pipelines.output.location import local_folder
from pipelines.output.retrieval_dates import fill_retrieved
from pipelines.output.storage import open_storage
from pipelines.output.stored_memento import stored_memento_of
from pipelines.output.texts import TextStore
from pipelines.output.warc_writer import WarcStore, now, payload_digest
from pipelines.quantity import quantity
from pipelines.redaction import redacted
from pipelines.takedown import NOTHING
from pipelines.versions import COLUMNS, read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipelines.document import Document
    from pipelines.errors import RecordUnreadable
    from pipelines.items import Answer, Memento, MementoKey, Snapshot
    from pipelines.output.location import Location
    from pipelines.output.stored_memento import StoredMemento
    from pipelines.output.warc_writer import Damage, Headers
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts

logger = logging.getLogger(__name__)


class OutputStore:
    """The catalog, texts and WARC files of an output folder, held by this process alone from `open` to `close`.

    Plain functions, for one thread: that of `pipelines.output.folder.OutputFolder` in a crawl.
    """

    def __init__(
        self,
        root: Location,
        catalog_url: str,
        *,
        software: str,
        topics: Topics | None = None,
        address: str = "",
        takedown: Takedown = NOTHING,
    ) -> None:
        """Take the folder, the catalog's database, the software that WARC files name, and the topics of texts.

        `address` is the setting PUBLIC_URL; `takedown` withholds texts.
        """
        self.root = root
        self.topics = topics
        self.takedown = takedown
        self._address = address
        self._local = local_folder(root)
        self._lock = FileLock(self._local / ".lock", thread_local=False)  # released by another thread if opening fails
        self._owner_file = self._local / ".holder"
        self._catalog_url = default_catalog_url(root, catalog_url)
        self.storage = open_storage(root)
        self.texts = TextStore(self.storage, "text/")
        self.rejected = TextStore(self.storage, "rejected/")
        self.warcs = WarcStore(self.storage, "warc/", software=software)
        self._shared: SharedTexts | None = None
        self.catalog: Catalog
        self.documents: DocumentStore

    def open(self) -> Self:
        """Take the folder. Raises OutputError, naming who holds it if someone does."""
        try:
            self._local.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            owner = self._owner_file.read_text() if self._owner_file.exists() else "another process"
            raise OutputError(f"{self.root}: in use by {owner}; wait for it or use another OUTPUT_DIR") from None
        except OSError as error:
            raise OutputError(f"{self.root}: can't write here: {error.strerror or error}; see OUTPUT_DIR") from error
        try:
            self._take()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _take(self) -> None:
        try:
            self._owner_file.write_text(f"process {os.getpid()} on {socket.gethostname()}")
            self.catalog = Catalog(self._catalog_url)
            self.documents = DocumentStore(self.catalog, self.texts)
            self._refuse_foreign_catalog()
            if count := self.catalog.reopen_outdated():
                logger.info("asking again for %s: the program has changed since", quantity(count, "unreadable capture"))
            ends = self.catalog.warc_ends()
            self.warcs.resume(ends)
            self._note_damage(self.warcs.damage(ends))
            if count := fill_retrieved(self.catalog, self.storage, self.warcs.name("")):
                logger.info("%s of an earlier release: read from warc/ when retrieved", quantity(count, "memento"))
        except (OSError, SQLAlchemyError) as error:
            raise OutputError(f"{self.root}: can't write: {self._reason(error)}; see OUTPUT_DIR") from error

    def _refuse_foreign_catalog(self) -> None:
        """Raise OutputError if the folder has files of earlier runs that the catalog, an empty one, does not know.

        A crawl would delete these texts as leftovers.
        """
        if self.catalog.is_new() and any(self.storage.size(name) for name in self._files_of_runs()):
            self.catalog.close()
            raise OutputError(
                f"{self.root}: has texts or WARC files of earlier runs, and the catalog is empty: put the catalog back (see "
                "CATALOG_URL), or use another OUTPUT_DIR and crawl this folder's warc with archive="
            )

    def _files_of_runs(self) -> Iterator[str]:
        yield from (name for name in self.storage.list("warc/") if name.endswith(".warc.gz"))
        yield from (name for name in self.storage.list("text/") if name.endswith(".txt"))

    def _note_damage(self, damage: Iterable[Damage]) -> None:
        for found in damage:
            lost, used = self.catalog.set_trouble_after(*found)
            if lost:
                location = self.storage.location(self.warcs.name(found.file))
                logger.warning("%s: %s; %s", location, found.what(lost), found.mend(lost, used))

    def _reason(self, error: Exception) -> str:
        return redacted(first_line(error), self._catalog_url)

    def problem(self, error: Exception) -> str:
        """Return in one line, without a password, what the disk or the database refused."""
        return f"{self.root}: can't write: {self._reason(error)}"

    def close(self) -> None:
        """Release the folder, also if the open WARC file can't be put in its place: the next run tries again."""
        try:
            self.warcs.finish()
        finally:
            self.catalog.close()
            self._owner_file.unlink(missing_ok=True)
            self._lock.release()

    def store_memento(self, memento: Memento, request: Headers = ()) -> bool:
        """Append a memento as received to the WARC files, with the headers of the request, before it is processed.

        Returns whether it replaces one whose record can't be read.
        """
        self.catalog.note_memento(memento.key)
        known = self.catalog.memento(memento.key)
        if known and known["trouble"] is None:
            return False
        digest = payload_digest(memento.body) if memento.body else ""
        same = self.catalog.memento_with(digest) if digest else None
        retrieved, same_as = now(), (same["timestamp"], same["url"]) if same else None
        place = self.warcs.append(memento, retrieved=retrieved, request=request, same_as=same_as)
        write = self.catalog.put_memento if known else self.catalog.add_memento
        write(
            **memento.key._asdict(),
            status=memento.status,
            source_url=memento.source_url,
            retrieved=retrieved,
            **asdict(place),
            digest=digest,
            payload_file=same["file"] if same else place.file,
            payload_offset=same["offset"] if same else place.offset,
        )
        return known is not None

    def stored_memento(self, key: MementoKey) -> StoredMemento | None:
        """Return a memento's place in the WARC files, None if it was never stored. Its record may be gone or damaged."""
        row = self.catalog.memento(key)
        return None if row is None else stored_memento_of(self.storage, self.warcs.name(""), row)

    def note_trouble(self, key: MementoKey, kept: StoredMemento | None, why: str) -> None:
        """Note why a memento can't be used as `kept` has it, unless it was stored anew since that was looked up.

        Two listed domains may have the same memento: one may be fetching it while the other reads the old record.
        """
        if self.stored_memento(key) == kept:
            self.catalog.set_trouble({key: why})

    def mark_unreadable(self, kept: StoredMemento, error: RecordUnreadable) -> None:
        """Note that the record of a memento, or that of its body, can't be read: it has to be fetched again."""
        self.note_trouble(kept.key, kept, error.reason)
        self.catalog.set_trouble_at((PurePosixPath(error.name).name, error.offset), kept.digest, error.reason)

    def answer(self, answer: Answer) -> Answer:
        """Record what became of a capture; return the answer.

        It is an open loss if it is all that is left of what was read in an earlier run: that stays, or is asked for again.
        """
        learned = None if answer.is_reading else self.catalog.learned(answer)
        if learned is None:
            self.catalog.add_answers([answer])
            self._note_defect(answer)
            return answer
        loss = replace(answer, fate=Fate.FAILED if answer.fate.is_final else answer.fate)
        if learned.is_final:
            return replace(loss, cause=f"{answer.cause}; what was read of it earlier stays")
        loss = replace(loss, cause=f"{TEXT_GONE}; asked again: {answer.cause}")
        self.catalog.add_answers([loss])
        return loss

    def _note_defect(self, answer: Answer) -> None:
        """Note a capture's own defect. A page that lacks its end is not read from our WARC again, but fetched."""
        self.catalog.note_defect(answer)
        if answer.memento and answer.fate is Fate.CUT_SHORT:
            self.catalog.set_trouble({answer.memento: answer.cause})

    def record(self, snapshot: Snapshot, document: Document) -> Answer:
        """File a document, or credit its capture with the one that has the same text; return the capture's answer."""
        self._shared = None
        return self.documents.record(snapshot, document)

    def record_by_digest(self, answers: Iterable[Answer]) -> list[Answer]:
        """Record answers of captures that were not fetched; return them as recorded."""
        return self.documents.record_by_digest(answers)

    def write_rejected(self, domain: str, name: str, text: str) -> None:
        """Write a text that the gate has turned away, under `rejected/`."""
        self.rejected.write(domain, name, text)

    def write_file(self, name: str, data: bytes) -> None:
        """Write a file of a run, such as run.json."""
        self.storage.write(name, data)

    def finish_domain(self, domain: str) -> bool:
        """Bring a listed domain's projections up to date once nothing more is wanted of it.

        Returns whether text files may have to be restored.
        """
        return self.documents.finish_domain(domain)

    def write_versions(self) -> Counter[tuple[str, str]]:
        """Write versions.jsonl and text/SHA256SUMS if they changed; return the number of versions by domain and kind.

        The domain is the listed one, the kind that for which the page is searched.

        What was measured of new texts on the way is kept in the catalog.
        """
        counts: Counter[tuple[str, str]] = Counter()
        with self.catalog.connection() as connection:
            measures = Measures(connection, self.root, self.topics)
            shared = self._shared = shared_texts(connection)

            def lines() -> Iterator[bytes]:
                for among in in_batches(domains_with_text(connection)):
                    for version in read_versions(
                        connection, self.root, of=among, measures=measures, shared=shared, takedown=self.takedown
                    ):
                        counts[version.domain, version.searched_as] += 1
                        yield json_line(version, COLUMNS)
                    self._keep(measures)

            self.storage.write("versions.jsonl", lines())
            self._keep(measures)
        self.texts.write_sums(self.catalog.text_files())
        return counts

    def _keep(self, measures: Measures) -> None:
        """Keep in the catalog what was measured so far, so that memory does not grow with the texts."""
        self.catalog.put_facts(measures.facts_by, measures.facts)
        if measures.texts or measures.changes or not measures.is_known:
            self.catalog.put_measures(measures.by, measures.texts, measures.changes, renew=not measures.is_known)
        measures.forget()

    def write_changes(self) -> int:
        """Write what is new since the last run that ended in order (changes.jsonl, changes.atom); return how much.

        The texts that domains share are those that `write_versions` has found, unless a document was recorded since.
        """
        after, shared, self._shared = self.catalog.changes_reported_until(), self._shared, None
        with self.catalog.connection() as connection:
            return write_changes(
                connection,
                self.root,
                after=after,
                topics=self.topics,
                shared=shared,
                address=self._address,
                takedown=self.takedown,
            )
