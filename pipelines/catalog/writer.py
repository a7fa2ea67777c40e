"""What is recorded of every capture, memento and document. Plain functions of a database; called on the writer thread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.defect_writer import DefectWriter
from pipelines.catalog.document_writer import DocumentWriter
from pipelines.catalog.judgements import Judgements
from pipelines.catalog.memento_writer import MementoWriter
from pipelines.catalog.queries import Queries, age_in_days, has_key
from pipelines.catalog.schema import captures, domains, links, listings, pages, runs
from pipelines.catalog.statements import WRITE_ANSWER, WRITE_NEWS, WRITE_VERDICT, answer_values, capture_values
from pipelines.items import Answer, Capture, Fate, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipelines.catalog.queries import ListingKey

OVERLAP_DAYS = 180
"""A scheduled listing overlaps the last one by this much, as indexes receive old captures late (design)."""


class Catalog(Queries, DocumentWriter, MementoWriter, Judgements, DefectWriter):
    """The database of an output folder: what a run asks it, and what it writes there. Not for use from several threads.

    `moment` is when it was opened: what a run is known by in `captures.recorded` and `runs`.
    """

    def __init__(self, url: str) -> None:
        self.moment = datetime.now(UTC).isoformat(timespec="microseconds")
        super().__init__(url)

    # Listings

    def open_listing(self, key: ListingKey, *, relist_days: float) -> tuple[str, str | None]:
        """Return `from=` and resume key for the next request of a listing.

        A listing cut off goes on; one finished is asked again from OVERLAP_DAYS before the latest capture it has
        seen, and whole when it was last read whole more than `relist_days` days ago.
        """
        row = self._one(sa.select(listings).where(has_key(listings, key)))
        if row is not None and row["finished"] is None:
            return row["asked_since"], row["resume_key"]
        asked_since = _overlap_start(row, key[3], relist_days) if row else key[3]
        values = {"asked_since": asked_since, "resume_key": None, "finished": None, "rows": 0}
        first = {"finished_full": None, "newest": ""}
        with self.transaction():
            self._upsert(listings, {**_named(listings, key), **values, **first}, update=values)
        return asked_since, None

    def add_listing_page(
        self,
        key: ListingKey,
        domain: str,
        rows: Sequence[Capture],
        *,
        total: int,
        newest: str,
        resume_key: str | None,
        complete: bool,
    ) -> None:
        """Commit a page: `rows` are its captures worth knowing, `total` and `newest` are of all that it had.

        Without `resume_key` it is the last one; unless it is `complete`, the next run asks for the listing again.
        """
        now = _now()
        with self.transaction():
            self.add_captures(domain, rows)
            known = self._one(sa.select(listings).where(has_key(listings, key))) or {
                "newest": "",
                "asked_since": key[3],
            }
            changes: dict[str, Any] = {
                "resume_key": resume_key,
                "rows": listings.c.rows + total,
                "newest": max(known["newest"], newest),
                "finished": now if complete else None,
            }
            if complete and known["asked_since"] == key[3]:
                changes["finished_full"] = now
            self._db.execute(sa.update(listings).where(has_key(listings, key)).values(**changes))

    def forget_resume_key(self, key: ListingKey) -> None:
        """Let a listing that was cut off begin again."""
        with self.transaction():
            self._db.execute(sa.update(listings).where(has_key(listings, key)).values(resume_key=None))

    # Links on home pages

    def add_links(self, domain: str, timestamp: str, urls: Iterable[str]) -> None:
        """Record where the links to the policy lead on a home page's memento."""
        self._add_new(links, [{"domain": domain, "timestamp": timestamp, "url": url} for url in urls])

    # Captures

    def add_captures(self, domain: str, rows: Sequence[Capture]) -> None:
        """Add captures that are not known yet."""
        self._add_new(captures, [{"domain": domain, **capture_values(capture)} for capture in rows])

    def set_company(self, company: str, names: Iterable[str]) -> None:
        with self.transaction():
            for domain in names:
                self._upsert(domains, {"domain": domain, "company": company}, update={"company": company})

    def add_pages(self, domain: str, urlkeys: Iterable[str], kind: str) -> None:
        """Record the pages of a listed domain that are searched for documents of a kind."""
        self._add_new(pages, [{"domain": domain, "urlkey": urlkey, "kind": kind} for urlkey in urlkeys])

    def add_answers(self, answers: Iterable[Answer]) -> None:
        """Record what became of captures. What was learned from a memento is not undone by an answer without one."""
        given = list(answers)
        with self.transaction():
            self._write([answer for answer in given if not answer.is_reading], WRITE_NEWS)
            self.put_answers(answer for answer in given if answer.is_reading)

    def put_answers(self, answers: Iterable[Answer]) -> None:
        """Record what became of captures, in the place of whatever is known of them."""
        given = list(answers)
        with self.transaction():
            self._write(given, WRITE_ANSWER)
            self.clear_trouble(given)

    def put_verdicts(self, answers: Iterable[Answer]) -> None:
        """Record another verdict on texts that captures were read to have."""
        with self.transaction():
            self._write(answers, WRITE_VERDICT)

    def forget_answers(self, domain: str, forgotten: Iterable[Capture]) -> None:
        """Let captures be asked for as if they had never been."""
        values = [
            {**answer_values(Answer(domain, each, Fate.FAILED)), "its_fate": None, "run": None} for each in forgotten
        ]
        if values:
            with self.transaction():
                self._db.execute(WRITE_ANSWER, values)

    def _write(self, answers: Iterable[Answer], statement: sa.Update) -> None:
        values = [{**answer_values(each), "run": self.moment if each.text_sha256 else None} for each in answers]
        if values:
            self._db.execute(statement, values)

    # Documents

    def put_document(self, values: dict[str, Any], answer: Answer, renamed: Mapping[str, str]) -> None:
        """Record a document with its capture's answer, and new paths (by text_sha256) of others, at once.

        The capture that had the same text's file before now is one with the same text.
        """
        with self.transaction():
            self.put_row(values)
            self.demote_stored_capture(answer.domain, values["text_sha256"])
            self.put_answers([answer])
            for sha, path in renamed.items():
                self.set_path(answer.domain, sha, path)

    # Runs

    def add_run(self, *, finished: str, archive: str, exit_status: int, reason: str) -> None:
        """Record that this run has ended in order."""
        values = {"finished": finished, "archive": archive, "exit_status": exit_status, "reason": reason}
        with self.transaction():
            self._upsert(runs, {"moment": self.moment, **values}, update=values)


def _named(table: sa.Table, key: Sequence[str]) -> dict[str, str]:
    return {column.name: value for column, value in zip(table.primary_key, key, strict=True)}


def _overlap_start(row: Mapping[str, Any], since: str, relist_days: float) -> str:
    full = row["finished_full"]
    if not full or not row["newest"] or age_in_days(full) > relist_days:
        return since
    newest = min(moment_of(row["newest"]), datetime.fromisoformat(full))  # captures dated in the future exist
    overlap = newest - timedelta(days=OVERLAP_DAYS)
    return max(since, overlap.strftime("%Y%m%d"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
