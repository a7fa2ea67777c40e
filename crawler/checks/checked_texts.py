"""The check of text files: each is there and is what the catalog says, and none is there that the catalog does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crawler.checks.finding import CATALOG, RESTORED, Finding
from pipelines.catalog.queries import Queries
from pipelines.catalog.schema import captures, documents
from pipelines.errors import OutputError
from pipelines.output.document_store import MADE_UP, document_in
from pipelines.output.row_values import name_of, staged_name
from pipelines.output.texts import STAGED, TextStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.output.row_values import Row
    from pipelines.output.storage import Storage


class TextCheck:
    """Checks the text files of an output folder, one listed domain at a time. `count` is the number of them so far."""

    def __init__(self, db: sa.Connection, storage: Storage) -> None:
        self._db = db
        self._storage = storage
        self._texts = TextStore(storage, "text/")
        self.count = 0

    def domains(self) -> set[str]:
        """Return the listed domains that the catalog has captures or documents of."""
        return {
            *Queries(self._db).listed_domains(),
            *self._db.scalars(sa.select(documents.c.domain).distinct()),
        }

    def of_domain(self, domain: str) -> Iterator[Finding]:
        """Yield what is wrong with the texts of a listed domain."""
        rows = Queries(self._db).documents_of(domain)
        known = set(self._db.scalars(sa.select(captures.c.text_sha256).where(captures.c.domain == domain).distinct()))
        expected = set()
        for row in rows:
            self.count += 1
            expected.add(name_of(row))
            if row["text_sha256"] not in known:
                yield Finding(self._where(row), "no capture has this text any more", "a crawl deletes it")
            elif problem := self._problem(row):
                expected.add(f"{staged_name(row)}{STAGED}")
                yield Finding(self._where(row), *problem)
        yield from self._without_row(domain, {row["text_sha256"] for row in rows})
        for name in self._texts.strays(domain, expected):
            where = self._storage.location(f"text/{domain}/{name}")
            yield Finding(where, "the catalog knows no such text file", "a crawl deletes it")

    def unknown_domains(self) -> Iterator[Finding]:
        """Yield the text files of domains that the catalog does not know."""
        known = self.domains()
        for entry in self._storage.entries("text/"):
            domain = entry.removeprefix("text/").removesuffix("/")
            if not entry.endswith("/") or domain in known:
                continue
            try:
                strays = self._texts.strays(domain, set())
            except OutputError:  # no domain, and so no folder of ours
                continue
            for name in strays:
                where = self._storage.location(f"{entry}{name}")
                yield Finding(where, "a text file of a domain that the catalog does not know", "move it away")

    def _where(self, row: Row) -> str:
        return self._storage.location(f"text/{row['domain']}/{name_of(row)}")

    def _problem(self, row: Row) -> tuple[str, str] | None:
        """Return what is wrong with a document's file, and what mends it; None if nothing is."""
        domain, name, wanted = row["domain"], name_of(row), row["file_sha256"]
        if wanted is None:
            is_whole = document_in(self._texts.read(domain, name), row) is not None
        else:
            is_whole = self._texts.sha256(domain, name) == wanted
        if is_whole:
            return None
        if self._texts.is_blocked(domain, name):
            return "a folder stands in its place", f"move it away; then {RESTORED}"
        if wanted == MADE_UP:
            return "it is still to be made from its memento", "a crawl makes it"
        return ("it was changed" if self._texts.is_at(domain, name) else "it is missing"), RESTORED

    def _without_row(self, domain: str, known: set[str]) -> Iterator[Finding]:
        """Yield the texts that captures have and of which the catalog has no document."""
        query = (
            sa.select(captures.c.text_sha256, sa.func.count(), sa.func.min(captures.c.timestamp))
            .where(captures.c.domain == domain, captures.c.text_sha256.is_not(None))
            .group_by(captures.c.text_sha256)
            .order_by(captures.c.text_sha256)
        )
        for sha, count, first in self._db.execute(query).all():
            if sha not in known:
                what = f"no document with the text {sha[:8]} of {count} captures, the first of {first}"
                yield Finding(f"{CATALOG}, {domain}", what, "a crawl makes it again")
