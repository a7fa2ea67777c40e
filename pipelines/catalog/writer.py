"""What is known of every capture, memento and document. Plain functions of a database; called on the writer thread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.document_rows import DocumentCatalog
from pipelines.catalog.schema import captures, domains, links, listings, runs
from pipelines.catalog.statements import IS_LEARNED, PAGE, WRITE_ANSWER, WRITE_NEWS, answer_values, capture_values
from pipelines.convert import CONVERTER_VERSION
from pipelines.items import TEXT_GONE, Answer, Capture, Fate, moment_of
from pipelines.untrusted import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

OVERLAP_DAYS = 180
"""A scheduled listing overlaps the last one by this much, as indexes receive old captures late (design)."""

ListingKey = tuple[str, str, str, str, str]
"""archive, url, match, since, until: the primary key of `listings`."""

VERSIONS = sa.text("SELECT * FROM versions ORDER BY domain, page, number")


class Catalog(DocumentCatalog):
    """The questions that a run asks its database, and what it writes there. Not for use from several threads at once.

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
        row = self._one(sa.select(listings).where(_is(listings, key)))
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
            known = self._one(sa.select(listings).where(_is(listings, key))) or {"newest": "", "asked_since": key[3]}
            changes: dict[str, Any] = {
                "resume_key": resume_key,
                "rows": listings.c.rows + total,
                "newest": max(known["newest"], newest),
                "finished": now if complete else None,
            }
            if complete and known["asked_since"] == key[3]:
                changes["finished_full"] = now
            self._db.execute(sa.update(listings).where(_is(listings, key)).values(**changes))

    def forget_resume_key(self, key: ListingKey) -> None:
        """Let a listing that was cut off begin again."""
        with self.transaction():
            self._db.execute(sa.update(listings).where(_is(listings, key)).values(resume_key=None))

    def is_listed(self, key: ListingKey, *, within_days: float) -> bool:
        """Whether a listing was read whole within the last so many days."""
        row = self._one(sa.select(listings.c.finished_full).where(_is(listings, key)))
        return row is not None and row["finished_full"] is not None and _age_days(row["finished_full"]) <= within_days

    # Links on home pages

    def add_links(self, domain: str, timestamp: str, urls: Iterable[str]) -> None:
        """Record where the links to the policy lead on a home page's memento."""
        self._add_new(links, [{"domain": domain, "timestamp": timestamp, "url": url} for url in urls])

    def links(self, domain: str) -> dict[str, int]:
        """Return the URLs that a domain's home pages link to as its policy, with the number of mementos that do."""
        where = (links.c.domain == domain, _is_usable(links.c.url))
        query = sa.select(links.c.url, sa.func.count().label("times")).where(*where)
        rows = self._all(query.group_by(links.c.url).order_by(links.c.url))
        return {row["url"]: row["times"] for row in rows}

    # Captures

    def add_captures(self, domain: str, rows: Sequence[Capture]) -> None:
        """Add captures that are not known yet."""
        self._add_new(captures, [{"domain": domain, **capture_values(capture)} for capture in rows])

    def is_new(self) -> bool:
        """Whether no run has begun a listed domain in this catalog."""
        return (
            self._one(sa.select(domains.c.domain).limit(1)) is None
            and self._one(sa.select(captures.c.domain).limit(1)) is None
        )

    def set_company(self, company: str, names: Iterable[str]) -> None:
        with self.transaction():
            for domain in names:
                self._upsert(domains, {"domain": domain, "company": company}, update={"company": company})

    def pages(self, domain: str) -> list[tuple[str, str]]:
        """Return the pages of a listed domain's captures: urlkey, and one of the URLs behind it."""
        query = (
            sa.select(captures.c.urlkey, sa.func.min(captures.c.original).label("original"))
            .where(captures.c.domain == domain, _is_usable(captures.c.original))
            .group_by(captures.c.urlkey)
        )
        return [(row["urlkey"], row["original"]) for row in self._all(query)]

    def page(self, domain: str, urlkey: str, *, as_it_is: bool = False) -> list[tuple[Capture, Answer | None]]:
        """Return a page's captures in time order, each with its answer if it has one.

        A text of another converter can't be compared with the others: such an answer is given as a failure. One whose
        memento is in trouble is marked to be asked for again. Neither is done for what is wanted `as_it_is`.
        """
        query = PAGE.where(captures.c.domain == domain, captures.c.urlkey == urlkey, _is_usable(captures.c.original))
        shared: dict[Any, Any] = {}
        with self.transaction():
            return [
                _known(domain, row, lambda value: shared.setdefault(value, value), as_it_is=as_it_is)
                for row in self._db.execute(query)
            ]

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

    def forget_answers(self, domain: str, forgotten: Iterable[Capture]) -> None:
        """Let captures be asked for as if they had never been."""
        values = [
            {**answer_values(Answer(domain, each, Fate.FAILED)), "its_fate": None, "run": None} for each in forgotten
        ]
        if values:
            with self.transaction():
                self._db.execute(WRITE_ANSWER, values)

    def learned(self, answer: Answer) -> Fate | None:
        """Return the fate of the capture that an answer is for if a memento of it was read in an earlier run.

        FAILED stands for one whose text is gone.
        """
        key = (answer.capture.urlkey, answer.capture.timestamp, answer.capture.digest)
        query = sa.select(captures.c.fate).where(_is(captures, (answer.domain, *key)))
        row = self._one(query.where(sa.or_(IS_LEARNED, captures.c.cause.startswith(TEXT_GONE))))
        return Fate(row["fate"]) if row else None

    def _write(self, answers: Iterable[Answer], statement: sa.Update) -> None:
        values = [{**answer_values(each), "run": self.moment if each.text_sha256 else None} for each in answers]
        if values:
            self._db.execute(statement, values)

    def fates(self, domain: str) -> dict[str, int]:
        """Return the number of a domain's captures by fate; those never asked for are under ""."""
        query = (
            sa.select(sa.func.coalesce(captures.c.fate, ""), sa.func.count())
            .where(captures.c.domain == domain)
            .group_by(captures.c.fate)
        )
        with self.transaction():
            return {fate: count for fate, count in self._db.execute(query)}  # noqa: C416 - rows are not pairs to mypy

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

    def listed_domains(self) -> list[str]:
        """Return the listed domains that have captures, in order."""
        query = sa.select(captures.c.domain).distinct().order_by(captures.c.domain)
        return [row["domain"] for row in self._all(query)]

    # Versions and runs

    def versions(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the view `versions` by domain, page and time."""
        with self.transaction():
            for row in self._db.execute(VERSIONS.execution_options(yield_per=1000)).mappings():
                yield dict(row)

    def newest_texts(self) -> dict[str, str]:
        """Return, by listed domain, the timestamp of the latest capture with a text."""
        newest = sa.func.max(captures.c.timestamp).label("newest")
        query = sa.select(captures.c.domain, newest).where(captures.c.text_sha256.is_not(None))
        return {row["domain"]: row["newest"] for row in self._all(query.group_by(captures.c.domain))}

    def changes_reported_until(self) -> str:
        """Return the moment of the last run that ended in order, or an empty string."""
        row = self._one(sa.select(sa.func.coalesce(sa.func.max(runs.c.moment), "").label("moment")))
        return str(row["moment"]) if row else ""

    def add_run(self, **values: Any) -> None:
        """Record that this run has ended in order; `values` are the columns of `runs` but `moment`."""
        with self.transaction():
            self._upsert(runs, {"moment": self.moment, **values}, update=values)


def _is_usable(url: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Leave out what an earlier release recorded and no archive can be asked for."""
    return sa.func.length(url) <= MAX_URL


def _is(table: sa.Table, key: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def _named(table: sa.Table, key: Sequence[str]) -> dict[str, str]:
    return {column.name: value for column, value in zip(table.primary_key, key, strict=True)}


def _known(
    domain: str, row: Sequence[Any], shared: Callable[[Any], Any], *, as_it_is: bool
) -> tuple[Capture, Answer | None]:
    """Return a row of `page`. What rows repeat is held once: some 300 of 1,200 bytes a capture while a page is searched."""
    urlkey, timestamp, original, mimetype, status, digest, length, fate, cause, sha, at, url, *more = row
    again, words, converter = more
    capture = Capture(
        shared(urlkey), timestamp, shared(original), shared(mimetype), shared(status), digest, shared(length)
    )
    if not fate:
        return capture, None
    if at and sha and converter != CONVERTER_VERSION and not as_it_is:
        return capture, Answer(domain, capture, Fate.FAILED, "made by another converter")
    memento = (at, shared(url)) if at else None
    asked_again = again is not None and not as_it_is
    return capture, Answer(domain, capture, Fate(fate), shared(cause or ""), shared(sha), memento, words, asked_again)


def _overlap_start(row: Mapping[str, Any], since: str, relist_days: float) -> str:
    full = row["finished_full"]
    if not full or not row["newest"] or _age_days(full) > relist_days:
        return since
    newest = min(moment_of(row["newest"]), datetime.fromisoformat(full))  # captures dated in the future exist
    overlap = newest - timedelta(days=OVERLAP_DAYS)
    return max(since, overlap.strftime("%Y%m%d"))


def _age_days(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 86_400


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
