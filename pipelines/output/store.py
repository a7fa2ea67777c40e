"""The output folder as one thing: catalog, text files and WARC files.

Catalog and WARC are the only state; text files and versions.jsonl are projections of them.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipelines.catalog.database import catalog_url as default_catalog_url
from pipelines.catalog.database import first_line
from pipelines.catalog.server_session import LOST, is_lost
from pipelines.catalog.version_rows import domains_with_text, in_batches
from pipelines.catalog.writer import Catalog
from pipelines.columns import json_line
from pipelines.errors import OutputError
from pipelines.items import TEXT_GONE, Fate
from pipelines.measures import Measures
from pipelines.output.changes import write_changes
from pipelines.output.document_store import DocumentStore
from pipelines.output.folder_locks import locks_of
from pipelines.output.folder_opening import bring_up_to_date, check_before_opening, enter
from pipelines.output.location import local_folder
from pipelines.output.storage import open_storage
from pipelines.output.stored_memento import stored_memento_of
from pipelines.output.texts import TextStore
from pipelines.output.warc_writer import WarcStore, now, payload_digest
from pipelines.redaction import redacted
from pipelines.takedown import NOTHING
from pipelines.versions import COLUMNS, read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from pipelines.document import Document
    from pipelines.errors import RecordUnreadable
    from pipelines.items import Answer, Memento, MementoKey, Snapshot
    from pipelines.output.folder_locks import FolderLocks
    from pipelines.output.location import Location
    from pipelines.output.stored_memento import StoredMemento
    from pipelines.output.warc_writer import Headers
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts


class OutputStore:
    """The catalog, texts and WARC files of an output folder, held from `open` to `close`.

    By this process alone or, with a catalog on a server, with others: `locks` say what is this one's.

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
        self._catalog_url = default_catalog_url(root, catalog_url)
        self.storage = open_storage(root)
        self.texts = TextStore(self.storage, "text/")
        self.rejected = TextStore(self.storage, "rejected/")
        self.warcs = WarcStore(self.storage, "warc/", software=software)
        self._shared: SharedTexts | None = None
        self.locks: FolderLocks
        self.catalog: Catalog
        self.documents: DocumentStore

    def open(self, *, alone: bool = False) -> Self:
        """Take the folder; with `alone`, so that nobody else writes. Raises OutputError, naming who holds it."""
        try:
            self.locks = locks_of(self.root, self._catalog_url)
            check_before_opening(self.root, self.storage, self._catalog_url)
            local_folder(self.root).mkdir(parents=True, exist_ok=True)
            self.locks.acquire(alone=alone)
        except ArgumentError as error:
            problem = f"{self._catalog_url}: can't use this as the catalog: {first_line(error)}; see CATALOG_URL"
            raise OutputError(redacted(problem, self._catalog_url)) from None
        except OSError as error:
            raise OutputError(f"{self.root}: can't write here: {error.strerror or error}; see OUTPUT_DIR") from error
        try:
            self._take()
        except BaseException:
            self.locks.release()
            raise
        return self

    def _take(self) -> None:
        self.catalog = Catalog(self._catalog_url, lambda db: enter(self.root, self.storage, self.locks, db))
        self.documents = DocumentStore(self.catalog, self.texts)
        try:
            bring_up_to_date(self.root, self.storage, self.catalog, self.warcs, self.locks)
        except (OSError, SQLAlchemyError) as error:
            self.catalog.close()
            raise OutputError(f"{self.root}: can't write: {self._reason(error)}; see OUTPUT_DIR") from error
        except BaseException:
            self.catalog.close()
            raise

    def _reason(self, error: Exception) -> str:
        return LOST if is_lost(error) else redacted(first_line(error), self._catalog_url)

    def problem(self, error: Exception) -> str:
        """Return in one line, without a password, what the disk or the database refused."""
        return f"{self.root}: can't write: {self._reason(error)}"

    def close(self) -> None:
        """Release the folder, also if the open WARC file can't be put in its place: the next run tries again."""
        try:
            self.warcs.finish()
        finally:
            if self.locks.is_shared:
                with suppress(SQLAlchemyError, OutputError):  # a lost connection says to others that this run is over
                    self.catalog.end_run()
            self.catalog.close()
            self.locks.release()

    # Beside other writers

    def claim(self, domains: Iterable[str], work: str) -> None:
        """Take the listed domains of a run, in words `work`. Raises OutputError if another process works on just these."""
        self.locks.claim(domains, work)

    def claim_domain(self, domain: str) -> str | None:
        """Take a listed domain before its work begins; return None, or who has it."""
        return self.locks.claim_domain(domain)

    def release_domain(self, domain: str) -> None:
        """Give back a listed domain on which nothing is under way."""
        self.locks.release_domain(domain)

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
        same = None if same and self._is_elsewhere(same) else same
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
        if row is None or self._is_elsewhere(row):
            return None
        return stored_memento_of(self.storage, self.warcs.name(""), row)

    def _is_elsewhere(self, row: Mapping[str, Any]) -> bool:
        """Whether only another process has a memento's record or body, as long as it appends to that WARC file."""
        if not self.locks.is_shared:
            return False
        ends = {row["payload_file"]: row["payload_offset"] + 1, row["file"]: row["offset"] + row["length"]}
        unread = [file for file, end in ends.items() if (self.storage.size(self.warcs.name(file)) or 0) < end]
        return bool(unread and self.locks.files_of_others(unread))

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
        with self.catalog.snapshot() as connection:
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

    def write_changes(self) -> Counter[str]:
        """Write what is new since the last run that ended in order (changes.jsonl, changes.atom); count it by domain.

        The texts that domains share are those that `write_versions` has found, unless a document was recorded since.
        """
        self.catalog.begin_report()
        after, shared, self._shared = self.catalog.changes_reported_until(), self._shared, None
        if self.locks.is_shared:
            shared = None  # others record documents, too
        with self.catalog.snapshot() as connection:
            return write_changes(
                connection, self.root, after=after, topics=self.topics, shared=shared, address=self._address,
                takedown=self.takedown,
            )  # fmt: skip
