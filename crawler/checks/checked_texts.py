"""The check of text files: each is there and is what the catalog says, and none is there that the catalog does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from crawler.checks.finding import CATALOG, NOT_OURS, RESTORED, WRITTEN, Finding
from pipelines.catalog.queries import Queries
from pipelines.catalog.schema import captures, documents
from pipelines.errors import OutputError
from pipelines.output.document_store import MADE_UP, document_in
from pipelines.output.row_values import name_of, staged_name
from pipelines.output.texts import STAGED, SUMS, TextStore
from pipelines.quantity import quantity

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

    def unknown(self) -> Iterator[Finding]:
        """Yield the text files of domains that the catalog does not know, and what else this program did not put there."""
        known = self.domains()
        for entry in self._storage.entries("text/"):
            domain = entry.removeprefix("text/").removesuffix("/")
            if entry.endswith("/"):
                yield from self._others(domain) if domain in known else self._unknown_folder(domain)
            elif domain != SUMS:
                yield Finding(self._storage.location(entry), NOT_OURS)

    def _unknown_folder(self, name: str) -> Iterator[Finding]:
        try:
            strays = self._texts.strays(name, set())
        except OutputError:  # no domain, and so no folder of ours
            strays = []
        for stray in strays:
            where = self._storage.location(f"text/{name}/{stray}")
            yield Finding(where, "a text file of a domain that the catalog does not know", "move it away")
        if strays:
            yield from self._others(name)
        else:
            yield Finding(self._storage.location(f"text/{name}/"), NOT_OURS)

    def _others(self, domain: str) -> Iterator[Finding]:
        try:
            others = self._texts.others(domain)
        except OutputError:  # an earlier release may have listed what can't name a folder
            return
        for name in others:
            yield Finding(self._storage.location(f"text/{domain}/{name}"), NOT_OURS)

    def sums(self) -> Iterator[Finding]:
        """Yield the first difference of SHA256SUMS from what the catalog says."""
        name = f"text/{SUMS}"
        where, expected = self._storage.location(name), list(self._texts.sums(Queries(self._db).text_files()))
        if self._storage.size(name) is None:
            if expected:
                yield Finding(where, "it is no file" if self._storage.kind(name) else "it is missing", WRITTEN)
            return
        with self._storage.open(name) as stream:
            offset = 0
            for number, line in enumerate(expected, 1):
                found = stream.readline(len(line) + 1)
                if found != line:
                    what = f"line {number} is not as the catalog has it" if found else f"it lacks line {number}"
                    yield Finding(f"{where} at byte {offset}", what, WRITTEN)
                    return
                offset += len(line)
            if stream.read(1):
                yield Finding(f"{where} at byte {offset}", "it has more lines than the catalog has texts", WRITTEN)

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
                what = f"no document with the text {sha[:8]} of {quantity(count, 'capture')}, the first of {first}"
                yield Finding(f"{CATALOG}, {domain}", what, "a crawl makes it again")
