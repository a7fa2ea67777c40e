"""Documents: their rows in the catalog and their text files, and how one is kept in line with the other.

A text file is made before the row that names it is committed, and what it takes the place of is deleted after that: a kill
in between loses none.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from pipelines.convert import CONVERTER_VERSION
from pipelines.document import Document, parse, render_date, snapshot_url
from pipelines.gate.verdict import judgement
from pipelines.items import Fate, MementoKey
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.row_values import (
    Row,
    facts_of,
    file_names,
    memento_of,
    name_of,
    near_duplicates,
    row_of,
    set_paths,
    sha256_of,
    staged_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pipelines.catalog.writer import Catalog
    from pipelines.items import Answer, CaptureKey, Snapshot
    from pipelines.output.texts import TextStore

MADE_UP: Final = ""
"""Stands for the hash of a file that is still to be made from its own memento."""

_PLACE: Final = ("timestamp", "url", "archive", "source_url", "snapshot_url", "path", "file_sha256")
"""The columns of a row that tell of the memento it stands under and of the file; the others are of the text."""


class DocumentStore:
    """The documents of an output folder. Plain functions, called on the writer thread."""

    def __init__(self, catalog: Catalog, texts: TextStore) -> None:
        self._catalog = catalog
        self._texts = texts

    def record(self, snapshot: Snapshot, document: Document) -> Answer:
        """File a document, or credit its capture with the one that has the same text; return the capture's answer."""
        domain, sha, mine = snapshot.domain, document.text_sha256, snapshot.memento.key
        known = self._catalog.document(domain, sha)
        theirs = memento_of(known) if known else None
        # the same conversion, repeated
        again = mine == theirs and self._catalog.stored_capture(domain, sha) in {None, snapshot.capture.key}
        is_same_kind = not known or known["searched_as"] == document.sought.name
        if (is_same_kind and (theirs is None or mine < theirs or again)) or _takes_over(document, known):
            return self._file(snapshot, document, known)
        if known and is_same_kind and known["converter_version"] != document.converter_version:
            self._catalog.put_row(known | facts_of(document))
        judged = judgement(document, snapshot.evidence)
        answer = snapshot.answer(Fate.SAME_TEXT, document=document, judgement=judged)
        self._catalog.add_answers([answer])
        return answer

    def record_by_digest(self, answers: Iterable[Answer]) -> list[Answer]:
        """Record answers of captures that were not fetched; return them as recorded.

        They are stored only if the capture with the same digest still holds the file: an earlier one may have come since.
        """
        stored_capture = cache(self._catalog.stored_capture)
        credited = [replace(_demote_if_superseded(answer, stored_capture), memento=None) for answer in answers]
        self._catalog.put_answers(credited)
        return credited

    def _file(self, snapshot: Snapshot, document: Document, known: Row | None) -> Answer:
        """Write the text file, commit, then delete the file it takes the place of."""
        domain, sha, timestamp = snapshot.domain, document.text_sha256, snapshot.memento.timestamp
        searched_as = document.sought.name
        same = self._catalog.documents_at(domain, timestamp, searched_as)
        others = {row["text_sha256"]: name_of(row) for row in same}
        others.pop(sha, None)
        names = file_names(timestamp, [sha, *others], searched_as)
        for other, name in others.items():
            self._texts.copy(domain, name, names[other])
        self._texts.write(domain, names[sha], document.text)
        judged = judgement(document, snapshot.evidence)
        answer = snapshot.answer(Fate.STORED, document=document, judgement=judged)
        paths = {other: f"text/{domain}/{name}" for other, name in names.items()}
        values = row_of(snapshot, document) | {"path": paths.pop(sha)}
        self._catalog.put_document(values, answer, paths)
        for name in set(others.values()) - set(names.values()):
            self._texts.delete(domain, name)
        if known and known["path"] != values["path"]:
            self._drop(domain, known)
        return answer

    def _drop(self, domain: str, row: Row) -> None:
        """Delete the file that `row` had before; a lone one left in that second gets the plain name back."""
        self._texts.delete(domain, name_of(row))
        timestamp, searched_as = row["timestamp"], row["searched_as"]
        same = self._catalog.documents_at(domain, timestamp, searched_as)
        left = {each["text_sha256"]: name_of(each) for each in same}
        for sha, name in file_names(timestamp, left, searched_as).items():
            if name != left[sha]:
                self._texts.copy(domain, left[sha], name)
                self._catalog.set_path(domain, sha, f"text/{domain}/{name}")
                self._texts.delete(domain, left[sha])

    # All of a domain

    def stage(self, snapshot: Snapshot, document: Document) -> Row:
        """Write a document beside its place, unless that has it already; return its row, for `arrange`."""
        row = row_of(snapshot, document)
        known = self._catalog.document(snapshot.domain, document.text_sha256)
        if not known or self._texts.sha256(snapshot.domain, name_of(known)) != row["file_sha256"]:
            self._texts.stage(snapshot.domain, staged_name(row), document.text.encode())
        return row

    def arrange(self, domain: str, made: Mapping[str, Row]) -> bool:
        """Bring a domain's rows in line with what its captures have: one row a text, under the earliest memento with it.

        `made` are staged documents by text. A text that no capture has any more is dropped. Works in the caller's
        transaction; returns whether rows have changed, and `damaged` has to move files.
        """
        old = {row["text_sha256"]: row for row in self._catalog.documents_of(domain)}
        rows = {
            sha: self._placed(made.get(sha), old.get(sha), memento)
            for sha, memento in self._catalog.texts_of(domain).items()
            if sha in made or sha in old
        }
        set_paths(domain, rows.values())
        changed = {sha: row for sha, row in rows.items() if row != old.get(sha)}
        for sha, row in changed.items():
            if sha in old and old[sha]["path"] != row["path"]:
                self._stage_file(old[sha], row)
            self._catalog.put_row(row)
        self._catalog.delete_rows(domain, old.keys() - rows.keys())
        return bool(changed)

    def _placed(self, new: Row | None, old: Row | None, memento: MementoKey | None) -> Row:
        """Return the row of a text, made anew or not, under the earliest memento that has it.

        Two mementos with the same text can differ in facts that count link targets (`words`): the row keeps its own
        memento's facts, unless another converter made them.
        """
        if old and new and old["searched_as"] != new["searched_as"]:
            old = None  # its file has another header
        row = {**(old or {}), **(new or {})}
        if memento is None or memento == memento_of(row):
            return row
        if old and memento == memento_of(old):
            is_same_converter = old["converter_version"] == row["converter_version"]
            return old if is_same_converter else row | {name: old[name] for name in _PLACE}
        return self._moved(row, old, memento) or row

    def _moved(self, row: Row, old: Row | None, memento: MementoKey) -> Row | None:
        """Stage a text's file with the header of another memento; return its row, or None if there is no such file.

        Link targets may differ in what that memento itself is converted to: if it can be read, the file is MADE_UP.
        """
        kept = self._catalog.memento(memento)
        document = document_in(self._texts.staged(row["domain"], staged_name(row)), row)
        if document is None and old:
            document = document_in(self._texts.read(row["domain"], name_of(old)), old)
        if kept is None or document is None:
            return None
        place = {"source_url": kept["source_url"], "snapshot_url": snapshot_url(memento.url, memento.timestamp)}
        row = row | memento._asdict() | place
        data = _with_header(document, row).encode()
        self._texts.stage(row["domain"], staged_name(row), data)
        return row | {"file_sha256": sha256_of(data) if kept["trouble"] else MADE_UP}

    def _stage_file(self, old: Row, row: Row) -> None:
        """Stage a file that gets another name; also one that was changed: nobody knows yet if its text can be had again."""
        data = self._texts.read(row["domain"], name_of(old))
        if data is not None and old["file_sha256"] == row["file_sha256"]:
            self._texts.stage(row["domain"], staged_name(row), data)

    def finish_domain(self, domain: str) -> bool:
        """Bring a listed domain's projections up to date once nothing more is wanted of it.

        Returns whether `damaged` may have something new to tell.
        """
        with self._catalog.transaction():
            if moved := self.arrange(domain, {}):
                self._catalog.set_stored_captures(domain)
            rows = self._catalog.documents_of(domain)
            self._catalog.set_near_duplicates(domain, near_duplicates(rows))
            self._catalog.set_converter(domain, CONVERTER_VERSION, first=True)
        if moved:
            self.damaged(domain)
        self._texts.sweep(domain, {name_of(row) for row in rows})
        return moved

    # Files

    def damaged(self, domain: str) -> list[Row]:
        """Return the documents whose text file is not what was written there; move staged files to their places first."""
        return [row for row in self._catalog.documents_of(domain) if not self._is_whole(row)]

    def _is_whole(self, row: Row) -> bool:
        domain, name, wanted = row["domain"], name_of(row), row["file_sha256"]
        if wanted is not None and self._texts.sha256(domain, name) == wanted:
            return True
        self._texts.put(domain, staged_name(row), name, wanted)
        return self._adopt(row) if wanted is None else self._texts.sha256(domain, name) == wanted

    def _adopt(self, row: Row) -> bool:
        """Note the hash of a file that was written before hashes were, if its text is the one recorded."""
        data = self._texts.read(row["domain"], name_of(row))
        if data is None or document_in(data, row) is None:
            return False
        self._catalog.set_file_sha256(row["domain"], row["text_sha256"], sha256_of(data))
        return True

    def accept(self, row: Row) -> None:
        """Let a file that is MADE_UP be the one that is to stand there."""
        self._catalog.set_file_sha256(
            row["domain"], row["text_sha256"], self._texts.sha256(row["domain"], name_of(row)) or MADE_UP
        )

    def restore(self, row: Row, document: Document) -> None:
        """Write a document's file anew from a conversion with the same text, of its own memento or of a later one."""
        text = _with_header(document, row)
        self._texts.write(row["domain"], name_of(row), text)
        is_known = row["file_sha256"] != MADE_UP and row["converter_version"] == document.converter_version
        facts = {} if is_known else facts_of(document)
        self._catalog.put_row(row | facts | {"file_sha256": sha256_of(text.encode())})


def _takes_over(document: Document, known: Row | None) -> bool:
    """Whether a text's file is to be that of a page of the first kind, and is that of another one's."""
    return known is not None and document.sought is PRIVACY and known["searched_as"] != PRIVACY.name


def document_in(data: bytes | None, row: Row) -> Document | None:
    """Return the document in a file, or None if it is not the one that a row tells of."""
    if data is None or row["file_sha256"] not in {None, sha256_of(data)}:
        return None
    document = parse(data.decode(errors="replace"))
    if row["file_sha256"] is not None:
        return document
    is_same = row["converter_version"] != CONVERTER_VERSION or document.text_sha256 == row["text_sha256"]
    return document if is_same and document.snapshot_url == row["snapshot_url"] else None


def _with_header(document: Document, row: Row) -> str:
    """Return a document's file with the header of the memento that a row is under."""
    header = {"domain": row["domain"], "date": render_date(row["timestamp"]), "snapshot_url": row["snapshot_url"]}
    return replace(document, **header, noun=KINDS[row["searched_as"]].header_noun).text


def _demote_if_superseded(answer: Answer, stored_capture_of: Callable[[str, str], CaptureKey | None]) -> Answer:
    if answer.fate is not Fate.STORED or answer.text_sha256 is None:
        return answer
    key = stored_capture_of(answer.domain, answer.text_sha256)
    held = key is not None and key._replace(timestamp="") == answer.capture.key._replace(timestamp="")
    return answer if held else replace(answer, fate=Fate.SAME_TEXT)
