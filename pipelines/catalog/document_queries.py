"""The questions about documents: the texts of a listed domain, and the captures that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.row_reader import Reader
from pipelines.catalog.schema import captures, documents, domains
from pipelines.catalog.statements import CAPTURE, DOCUMENT, STORED_CAPTURE
from pipelines.items import TEXT_GONE, Capture, CaptureKey, Fate, MementoKey

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAME_TEXT = sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256)


class DocumentQueries(Reader):
    """The table `documents`, and what `captures` says of texts; read."""

    def document(self, domain: str, text_sha256: str) -> dict[str, Any] | None:
        return self._one(DOCUMENT, domain=domain, text_sha256=text_sha256)

    def documents_at(self, domain: str, timestamp: str, searched_as: str) -> list[dict[str, Any]]:
        """Return the documents of a domain's pages that are searched for a kind, of the mementos of one second."""
        same = (documents.c.timestamp == timestamp, documents.c.searched_as == searched_as)
        return self._all(sa.select(documents).where(documents.c.domain == domain, *same))

    def documents_of(self, domain: str) -> list[dict[str, Any]]:
        """Return a domain's documents in time order."""
        order = (documents.c.timestamp, documents.c.text_sha256)
        return self._all(sa.select(documents).where(documents.c.domain == domain).order_by(*order))

    def text_files(self) -> Iterator[tuple[str, str | None]]:
        """Yield the path of each text file with the SHA-256 of its bytes; that is None or empty where it is not known."""
        query = sa.select(documents.c.path, documents.c.file_sha256).order_by(documents.c.path)
        with self.transaction():
            yield from (tuple(row) for row in self._db.execute(query, execution_options={"yield_per": 500}))

    def document_counts(self) -> dict[tuple[str, str], int]:
        """Return the number of different texts by listed domain, and the kind for which their pages are searched."""
        of = documents.c.domain, documents.c.searched_as
        rows = self._all(sa.select(*of, sa.func.count().label("texts")).group_by(*of))
        return {(row["domain"], row["searched_as"]): row["texts"] for row in rows}

    # Captures of a text

    def stored_capture(self, domain: str, text_sha256: str) -> CaptureKey | None:
        """Return the key of the capture whose fate is to have stored this text."""
        row = self._one(STORED_CAPTURE, domain=domain, text_sha256=text_sha256)
        return CaptureKey(**row) if row else None

    def readings(self, domain: str, text_sha256: str) -> list[tuple[Capture, MementoKey]]:
        """Return the captures whose memento gave this text, each with that memento's key, in the mementos' time order."""
        return self._read(captures.c.domain == domain, captures.c.text_sha256 == text_sha256)

    def converted(self, domain: str) -> list[tuple[Capture, MementoKey]]:
        """Return a domain's captures that a memento was converted for, with its key, in the mementos' time order."""
        return self._read(captures.c.domain == domain)

    def given_up(self, domain: str) -> set[MementoKey]:
        """Return the mementos of a domain's captures that are unreadable."""
        where = (captures.c.domain == domain, captures.c.fate == Fate.UNREADABLE)
        return {key for _, key in self._read(*where)}

    def _read(self, *where: sa.ColumnElement[bool]) -> list[tuple[Capture, MementoKey]]:
        read = (captures.c.memento_timestamp, captures.c.memento_url)
        query = sa.select(*CAPTURE, *read).where(*where, captures.c.memento_timestamp.is_not(None))
        with self.transaction():
            rows = ((Capture(*row[:9]), row[9], row[10]) for row in self._db.execute(query))
            found = [(capture, MementoKey(timestamp, url, capture.archive)) for capture, timestamp, url in rows]
        return sorted(found, key=lambda each: (each[1], each[0].key))  # databases differ in the order of URLs

    def texts_of(self, domain: str) -> dict[str, MementoKey | None]:
        """Return the texts that a domain's captures have, with the earliest memento that gave each.

        None stands for a text that no capture has from a memento of its own, but only by an equal digest.
        """
        at = (captures.c.text_sha256, captures.c.memento_timestamp, captures.c.memento_url, captures.c.archive)
        query = sa.select(*at).where(captures.c.domain == domain, captures.c.text_sha256.is_not(None)).distinct()
        earliest: dict[str, MementoKey | None] = {}
        with self.transaction():
            for sha, *read in self._db.execute(query):
                known, key = earliest.setdefault(sha, None), MementoKey(*read)
                if key.timestamp and (known is None or key < known):
                    earliest[sha] = key
        return earliest

    def count_gone(self, domain: str) -> int:
        """Return the number of a domain's captures whose text is gone, and that were not asked for again since."""
        where = (captures.c.domain == domain, captures.c.fate == Fate.FAILED, captures.c.cause == TEXT_GONE)
        row = self._one(sa.select(sa.func.count().label("captures")).where(*where))
        return int(row["captures"]) if row else 0

    # Converters

    def has_other_converters(self, domain: str, version: str) -> bool:
        """Whether anything of a domain was made by another version of the converter and can be made again.

        A text whose record could not be read does not count: it stays as it is until the record is fetched again.
        """
        made = sa.select(domains.c.converter_version).where(domains.c.domain == domain)
        known = self._one(made)
        if known and known["converter_version"] not in {None, version}:
            return True
        older = (
            sa.select(documents.c.text_sha256)
            .select_from(documents.join(captures, _SAME_TEXT))
            .where(
                documents.c.domain == domain,
                documents.c.converter_version != version,
                captures.c.memento_timestamp.is_not(None),
                captures.c.again.is_(None),
            )
        )
        return self._one(older.limit(1)) is not None
