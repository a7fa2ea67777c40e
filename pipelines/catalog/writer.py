"""What is recorded of every capture, memento and document. Plain functions of a database; called on the writer thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.defect_writer import DefectWriter
from pipelines.catalog.delivery_writer import DeliveryWriter
from pipelines.catalog.discovery_writer import DiscoveryWriter
from pipelines.catalog.document_writer import DocumentWriter
from pipelines.catalog.judgements import Judgements
from pipelines.catalog.memento_writer import MementoWriter
from pipelines.catalog.open_runs import OpenRuns
from pipelines.catalog.page_variants import PageVariants
from pipelines.catalog.queries import Queries
from pipelines.catalog.schema import captures, domains, pages, runs
from pipelines.catalog.statements import CAPTURE, WRITE_ANSWER, WRITE_NEWS, WRITE_VERDICT, answer_values
from pipelines.items import HOME_PAGE, Answer, Capture, Fate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Catalog(
    DiscoveryWriter,
    Queries,
    DocumentWriter,
    MementoWriter,
    Judgements,
    PageVariants,
    DefectWriter,
    DeliveryWriter,
    OpenRuns,
):
    """The database of an output folder: what a run asks it, and what it writes there. Not for use from several threads.

    `moment` is when it was opened: what a run is known by in `captures.recorded` and `runs`.
    """

    def __init__(self, url: str, enter: Callable[[sa.Connection], None] = lambda _: None) -> None:
        self.moment = datetime.now(UTC).isoformat(timespec="microseconds")
        super().__init__(url, enter)

    # Captures

    def set_company(self, company: str, names: Iterable[str], since: str = "", until: str = "") -> None:
        """Record whose listed domains are, and between which dates (prefixes of timestamps, empty for none)."""
        values = {"company": company, "since": since or None, "until": until or None}
        with self.transaction():
            for domain in names:
                self._upsert(domains, {"domain": domain, **values}, update=values)

    def add_pages(self, domain: str, urlkeys: Iterable[str], kind: str) -> None:
        """Record the pages of a listed domain that are searched for documents of a kind.

        One that was searched for another kind in vain is searched anew: what was said of its captures was of that kind.
        """
        chosen, known = list(urlkeys), self.searched_pages(domain)
        with self.transaction():
            self._add_new(pages, [{"domain": domain, "urlkey": urlkey, "kind": kind} for urlkey in chosen])
            for urlkey in chosen:
                before = known.get(urlkey)
                if before and before.kind != kind:
                    self._search_anew(domain, urlkey, kind, tried=[*before.tried, before.kind])

    def _search_anew(self, domain: str, urlkey: str, kind: str, tried: Iterable[str]) -> None:
        is_page = (pages.c.domain == domain, pages.c.urlkey == urlkey)
        self._db.execute(sa.update(pages).where(*is_page).values(kind=kind, tried=" ".join(tried)))
        in_vain = (captures.c.fate == Fate.NOT_A_POLICY, sa.func.coalesce(captures.c.cause, "") != HOME_PAGE)
        query = sa.select(*CAPTURE).where(captures.c.domain == domain, captures.c.urlkey == urlkey, *in_vain)
        self.forget_answers(domain, [Capture(*row) for row in self._db.execute(query)])

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

    def add_run(self, *, finished: str, archive: str, exit_status: int, reason: str, parameters: str = "") -> None:
        """Record that this run has ended in order."""
        values = {
            "finished": finished,
            "archive": archive,
            "exit_status": exit_status,
            "reason": reason,
            "parameters": parameters or None,
        }
        with self.transaction():
            self._upsert(runs, {"moment": self.moment, **values}, update=values)
            self.report_run()

    def changes_reported_until(self) -> str:
        """Return the moment after which this run has to report changes; an empty string for all."""
        since = self.unreported_since()
        return super().changes_reported_until() if since is None else since
