"""What is recorded of documents: their rows and files, and which capture stored each."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.document_queries import DocumentQueries
from pipelines.catalog.schema import captures, documents, domains, measured, text_changes, text_facts, text_topics
from pipelines.catalog.statements import ANSWER, SET_NEAR_DUPLICATE
from pipelines.items import TEXT_GONE, Fate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipelines.items import CaptureKey


class DocumentWriter(DocumentQueries, Database):
    """The table `documents`, and what `captures` says of texts."""

    def put_row(self, values: Mapping[str, Any]) -> None:
        """Record a document, in the place of the one with the same text."""
        update = {name: value for name, value in values.items() if name not in {"domain", "text_sha256"}}
        with self.transaction():
            self._upsert(documents, values, update=update)

    def delete_rows(self, domain: str, texts: Collection[str]) -> None:
        """Drop the documents with these texts (text_sha256)."""
        with self.transaction():
            for sha in texts:
                self._db.execute(sa.delete(documents).where(*_is(domain, sha)))

    def set_path(self, domain: str, text_sha256: str, path: str) -> None:
        with self.transaction():
            self._db.execute(sa.update(documents).where(*_is(domain, text_sha256)).values(path=path))

    def set_file_sha256(self, domain: str, text_sha256: str, file_sha256: str) -> None:
        with self.transaction():
            self._db.execute(sa.update(documents).where(*_is(domain, text_sha256)).values(file_sha256=file_sha256))

    def set_near_duplicates(self, domain: str, near: Mapping[str, str | None]) -> None:
        if near:
            values = [{"of_domain": domain, "of_text": sha, "other": other} for sha, other in near.items()]
            with self.transaction():
                self._db.execute(SET_NEAR_DUPLICATE, values)

    def put_measures(
        self,
        by: str,
        topics: Mapping[tuple[str, str], str],
        changes: Mapping[tuple[str, str, str], Any],
        *,
        renew: bool,
    ) -> None:
        """Keep what `pipelines.measures` has found; with `renew` in the place of all that another method has."""
        with self.transaction():
            if renew:
                for table in (text_topics, text_changes, measured):
                    self._db.execute(sa.delete(table))
                self._db.execute(sa.insert(measured).values(by=by))
            named = [{"text_sha256": sha, "kind": kind, "topics": names} for (sha, kind), names in topics.items()]
            self._add_new(text_topics, named)
            found = [
                {"old_sha256": old, "new_sha256": new, "kind": kind, **asdict(change)}
                for (old, new, kind), change in changes.items()
            ]
            self._add_new(text_changes, found)

    def put_facts(self, by: str, facts: Mapping[str, Any]) -> None:
        """Keep the facts of texts that `pipelines.measures` has found, in the place of what another method has."""
        rows = [{"text_sha256": sha, "by": by, **asdict(each)} for sha, each in facts.items()]
        statement = self._insert(text_facts)
        update = {column.name: statement.excluded[column.name] for column in text_facts.c if not column.primary_key}
        if rows:
            with self.transaction():
                self._db.execute(statement.on_conflict_do_update(index_elements=["text_sha256"], set_=update), rows)

    # Captures of a text

    def demote_stored_capture(self, domain: str, text_sha256: str) -> None:
        """Change the fate of the capture that stored this text from STORED to SAME_TEXT."""
        same = (captures.c.domain == domain, captures.c.text_sha256 == text_sha256, captures.c.fate == Fate.STORED)
        with self.transaction():
            self._db.execute(sa.update(captures).where(*same).values(fate=Fate.SAME_TEXT))

    def set_stored_captures(self, domain: str) -> None:
        """Let of each text the first capture of the earliest memento be the one that stored it.

        So have those that were credited with its answer; all others have the same text.
        """
        with self.transaction():
            for sha, earliest in self.texts_of(domain).items():
                if earliest:
                    self._set_stored_capture(domain, sha, self.readings(domain, sha)[0][0].key)

    def _set_stored_capture(self, domain: str, sha: str, stored_capture: CaptureKey) -> None:
        is_stored = sa.and_(
            captures.c.urlkey == stored_capture.urlkey,
            captures.c.digest == stored_capture.digest,
            captures.c.archive == stored_capture.archive,
            sa.or_(captures.c.timestamp == stored_capture.timestamp, captures.c.memento_timestamp.is_(None)),
        )
        fate = sa.case((is_stored, str(Fate.STORED)), else_=str(Fate.SAME_TEXT))
        same = (captures.c.domain == domain, captures.c.text_sha256 == sha)
        with_text = captures.c.fate.in_([Fate.STORED, Fate.SAME_TEXT])
        self._db.execute(sa.update(captures).where(*same, with_text, captures.c.fate != fate).values(fate=fate))

    def reopen_text(self, domain: str, text_sha256: str) -> None:
        """Drop a text that nothing is left of, and let its captures be open."""
        nothing = dict.fromkeys([*(column.name for column in ANSWER), "again"])
        same = (captures.c.domain == domain, captures.c.text_sha256 == text_sha256)
        with self.transaction():
            self._db.execute(
                sa.update(captures).where(*same).values({**nothing, "fate": Fate.FAILED, "cause": TEXT_GONE})
            )
            self.delete_rows(domain, [text_sha256])

    # Converters

    def set_converter(self, domain: str, version: str, *, first: bool = False) -> None:
        """Note that what can be converted of a domain is as this version of the converter makes it.

        With `first` only of a domain of which nothing is noted yet.
        """
        where = domains.c.domain == domain
        if first:
            where &= domains.c.converter_version.is_(None)
        with self.transaction():
            self._db.execute(sa.update(domains).where(where).values(converter_version=version))


def _is(domain: str, text_sha256: str) -> tuple[sa.ColumnElement[bool], ...]:
    return documents.c.domain == domain, documents.c.text_sha256 == text_sha256
