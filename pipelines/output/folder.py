"""The output folder as one thing: catalog, text files and WARC files, every write in order on one thread.

Catalog and WARC are the only state; text files and versions.jsonl are projections of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from pipelines.catalog.database import first_line
from pipelines.catalog.schema import catalog_url as default_catalog_url
from pipelines.catalog.writer import Catalog
from pipelines.errors import OutputError
from pipelines.items import Fate, key_of
from pipelines.output.changes import write_changes
from pipelines.output.storage import LocalStorage
from pipelines.output.texts import TextStore
from pipelines.output.warc_writer import WarcStore, payload_digest
from pipelines.redaction import redacted
from pipelines.similarity.fingerprint import Fingerprint, NearIndex, bands, fingerprint, from_bands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipelines.document import Document
    from pipelines.items import Answer, Key, Memento, Snapshot
    from pipelines.output.warc_writer import Headers

_P = ParamSpec("_P")
_T = TypeVar("_T")

VERSION_FIELDS = (
    "company", "domain", "page", "first_seen", "last_seen", "captures", "timestamp", "snapshot_url", "source_url",
    "path", "text_sha256", "title", "words", "language", "policy_score", "near_duplicate_of", "converter_version",
    "same_text_in",
)  # fmt: skip
"""The columns of versions.jsonl, one line per version (design: names others rely on)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A memento in the WARC files: where it was read, and the path and offset of its record and of that with its body."""

    source_url: str
    record: tuple[Path, int]
    payload: tuple[Path, int]


class Library:
    """An output folder, held by this process alone from `open` to `close`.

    Methods are plain and synchronous; `run` calls one on the writer thread, in order, without blocking the loop.
    """

    def __init__(
        self, root: Path, catalog_url: str, *, software: str, on_error: Callable[[str], None] = lambda _: None
    ) -> None:
        """Take the folder, the catalog's database, who writes WARC files, and who is told once writing fails."""
        self.root = root
        self._on_error = on_error
        self._lock = FileLock(root / ".lock", thread_local=False)  # taken and let go of by different threads
        self._holder = root / ".holder"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._catalog_url = default_catalog_url(root, catalog_url)
        self.storage = LocalStorage(root)
        self.texts = TextStore(root / "text")
        self.rejected = TextStore(root / "rejected")
        self.warcs = WarcStore(root / "warc", software=software)
        self.catalog: Catalog
        self.is_open = False

    def open(self) -> Self:
        """Take the folder. Raises OutputError, naming who holds it if someone does."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            holder = self._holder.read_text() if self._holder.exists() else "another process"
            raise OutputError(f"{self.root}: in use by {holder}; wait for it or use another OUTPUT_DIR") from None
        except OSError as error:
            raise OutputError(f"{self.root}: can't write here: {error.strerror or error}; see OUTPUT_DIR") from error
        try:
            self._thread.submit(self._take).result()
        except BaseException:
            self._lock.release()
            raise
        self.is_open = True
        return self

    def _take(self) -> None:
        try:
            self._holder.write_text(f"process {os.getpid()} on {socket.gethostname()}")
            self.catalog = Catalog(self._catalog_url)
            self.warcs.resume(self.catalog.warc_ends())
        except (OSError, SQLAlchemyError) as error:
            raise OutputError(f"{self.root}: can't write: {self._reason(error)}; see OUTPUT_DIR") from error

    async def run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call `function` on the writer thread. Raises OutputError for what the disk or the database refuses."""

        def call() -> _T:
            try:
                return function(*args, **kwargs)
            except (OSError, SQLAlchemyError) as error:
                raise OutputError(f"{self.root}: can't write: {self._reason(error)}") from error

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except OutputError as error:
            self._on_error(str(error))
            raise

    def _reason(self, error: Exception) -> str:
        return redacted(first_line(error), self._catalog_url)

    async def close(self) -> None:
        self.is_open = False
        await self.run(self.catalog.close)
        self._thread.shutdown()
        self._holder.unlink(missing_ok=True)
        self._lock.release()

    def keep(self, memento: Memento, request: Headers = ()) -> None:
        """Keep a memento as received, with the headers of the request for it; done before anything is made of it."""
        if self.catalog.memento(memento.timestamp, memento.url):
            return
        digest = payload_digest(memento.body) if memento.body else ""
        same = self.catalog.memento_with(digest) if digest else None
        place = self.warcs.append(memento, request=request, same_as=(same["timestamp"], same["url"]) if same else None)
        self.catalog.add_memento(
            timestamp=memento.timestamp,
            url=memento.url,
            status=memento.status,
            source_url=memento.source_url,
            **asdict(place),
            digest=digest,
            payload_file=same["file"] if same else place.file,
            payload_offset=same["offset"] if same else place.offset,
        )

    def kept(self, timestamp: str, url: str) -> Kept | None:
        """Return where a memento is kept, if it is."""
        row = self.catalog.memento(timestamp, url)
        if row is None:
            return None
        places = ((self.warcs.root / row[f"{of}file"], row[f"{of}offset"]) for of in ("", "payload_"))
        return Kept(row["source_url"], *places)

    def record(self, snapshot: Snapshot, document: Document) -> Answer:
        """File a document, or credit its capture with the one that has the same text; return the capture's answer."""
        domain, sha, memento = snapshot.domain, document.text_sha256, snapshot.memento
        known = self.catalog.document(domain, sha)
        mine = (memento.timestamp, memento.url)
        theirs = (known["timestamp"], known["url"]) if known else None
        if theirs is None or mine < theirs:
            return self._file(snapshot, document, known)
        holder = self.catalog.holder(domain, sha)
        again = mine == theirs and holder in {None, key_of(snapshot.capture)}  # the same conversion, repeated
        fate = Fate.STORED if again else Fate.SAME_TEXT
        answer = snapshot.answer(fate, text_sha256=sha, words=document.words)
        self.catalog.add_answers([answer])
        return answer

    def credit(self, answers: Iterable[Answer]) -> list[Answer]:
        """Record answers of captures that were not fetched; return them as recorded.

        They are stored only if the capture with the same digest still holds the file: an earlier one may have come since.
        """
        holder = cache(self.catalog.holder)
        credited = [replace(_as_held(answer, holder), memento=None) for answer in answers]
        self.catalog.add_answers(credited)
        return credited

    def _file(self, snapshot: Snapshot, document: Document, known: dict[str, Any] | None) -> Answer:
        """Write the text file, commit, then delete the file it takes the place of: a kill in between loses none."""
        domain, sha, timestamp = snapshot.domain, document.text_sha256, snapshot.memento.timestamp
        others = {row["text_sha256"]: Path(row["path"]).name for row in self.catalog.documents_at(domain, timestamp)}
        others.pop(sha, None)
        names = file_names(timestamp, [sha, *others])
        for other, name in others.items():
            self.texts.copy(domain, name, names[other])
        self.texts.write(domain, names[sha], document.text)
        answer = snapshot.answer(Fate.STORED, text_sha256=sha, words=document.words)
        paths = {other: f"text/{domain}/{name}" for other, name in names.items()}
        values = _document_values(snapshot, document) | {"path": paths.pop(sha)}
        self.catalog.put_document(values, answer, paths)
        for name in set(others.values()) - set(names.values()):
            self.texts.delete(domain, name)
        if known and known["path"] != values["path"]:
            self._drop(domain, known)
        return answer

    def _drop(self, domain: str, row: dict[str, Any]) -> None:
        """Delete the file that `row` had before; a lone one left in that second gets the plain name back."""
        self.texts.delete(domain, Path(row["path"]).name)
        left = {r["text_sha256"]: Path(r["path"]).name for r in self.catalog.documents_at(domain, row["timestamp"])}
        for sha, name in file_names(row["timestamp"], left).items():
            if name != left[sha]:
                self.texts.copy(domain, left[sha], name)
                self.catalog.set_path(domain, sha, f"text/{domain}/{name}")
                self.texts.delete(domain, left[sha])

    def settle(self, domain: str) -> None:
        """Bring a listed domain's projections up to date once nothing more is wanted of it."""
        rows = self.catalog.documents_of(domain)
        self.catalog.set_near_duplicates(domain, _near_duplicates(rows))
        self.texts.sweep(domain, {Path(row["path"]).name for row in rows})

    def write_versions(self) -> Counter[str]:
        """Write versions.jsonl if it changed; return the number of versions by listed domain."""
        counts: Counter[str] = Counter()

        def lines() -> Iterator[bytes]:
            for version in self.versions():
                counts[version["domain"]] += 1
                yield json.dumps(version, ensure_ascii=False).encode() + b"\n"

        self.storage.write("versions.jsonl", lines())
        return counts

    def write_changes(self) -> int:
        """Write what is new since the last run that ended in order (changes.jsonl, changes.atom); return how much."""
        with self.catalog.connection() as connection:
            return write_changes(connection, self.root, after=self.catalog.changes_reported_until())

    def versions(self) -> Iterator[dict[str, Any]]:
        """Yield the versions by domain, page and time: maximal runs of captures with the same text."""
        shared = self.catalog.shared_texts()
        for row in self.catalog.versions():
            elsewhere = [path for path in shared.get(row["text_sha256"], []) if path != row["path"]]
            facts = {**row, "same_text_in": elsewhere}
            yield {name: facts[name] for name in VERSION_FIELDS}


def _as_held(answer: Answer, holder_of: Callable[[str, str], Key | None]) -> Answer:
    if answer.fate is not Fate.STORED or answer.text_sha256 is None:
        return answer
    holder = holder_of(answer.domain, answer.text_sha256)
    held = holder is not None and (holder[0], holder[2]) == (answer.capture.urlkey, answer.capture.digest)
    return answer if held else replace(answer, fate=Fate.SAME_TEXT)


def file_names(timestamp: str, texts: Iterable[str]) -> dict[str, str]:
    """Return the file name of each text (by text_sha256) whose memento has this timestamp.

    Alone it is `<timestamp>.txt`; two pages in the same second are told apart by the text, whichever came first.
    """
    shas = list(texts)
    if len(shas) == 1:
        return {shas[0]: f"{timestamp}.txt"}
    return {sha: f"{timestamp}-{sha[:8]}.txt" for sha in shas}


def _document_values(snapshot: Snapshot, document: Document) -> dict[str, Any]:
    print_ = fingerprint(document.title or "", document.body)
    return {
        "domain": snapshot.domain,
        "text_sha256": document.text_sha256,
        "timestamp": snapshot.memento.timestamp,
        "url": snapshot.memento.url,
        "source_url": snapshot.memento.source_url,
        "snapshot_url": document.snapshot_url,
        "title": document.title,
        "words": document.words,
        "language": document.language,
        "policy_score": document.policy_score,
        "converter_version": document.converter_version,
        "dateless_sha256": print_.dateless_sha256,
        **{f"band{number}": band for number, band in enumerate(bands(print_.simhash))},
    }


def _near_duplicates(rows: list[dict[str, Any]]) -> dict[str, str | None]:
    """Return, by text_sha256, the earliest document of the same domain that each one is near to (rows in time order)."""
    index = NearIndex()
    near: dict[str, str | None] = {}
    for row in rows:
        print_ = Fingerprint(from_bands(tuple(row[f"band{n}"] for n in range(4))), row["dateless_sha256"])
        near[row["text_sha256"]] = index.earliest(print_)
        index.add(row["text_sha256"], print_)
    return near
