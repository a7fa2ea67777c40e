"""What is known of every capture, memento and document. Plain functions of a database; called on the writer thread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crawler.captures import Answer, Capture, Fate, moment_of
from pipelines.database import Database
from pipelines.schema import captures, documents, domains, links, listings, mementos, pointers, runs
from pipelines.statements import (
    ANSWER,
    CAPTURE,
    DOCUMENT,
    HOLDER,
    MEMENTO,
    MEMENTO_WITH,
    POINTER,
    SET_NEAR_DUPLICATE,
    WRITE_ANSWER,
    answer_values,
    capture_values,
)
from pipelines.untrusted import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

OVERLAP_DAYS = 180
"""A scheduled listing overlaps the last one by this much, as indexes receive old captures late (design)."""

ListingKey = tuple[str, str, str, str, str]
"""archive, url, match, since, until: the primary key of `listings`."""

VERSIONS = sa.text("SELECT * FROM versions ORDER BY domain, page, number")


class Catalog(Database):
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
        with self._transaction():
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
        with self._transaction():
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
        with self._transaction():
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

    def set_company(self, company: str, names: Iterable[str]) -> None:
        with self._transaction():
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

    def page(self, domain: str, urlkey: str) -> list[tuple[Capture, Answer | None]]:
        """Return a page's captures in time order, each with its answer if it has one."""
        same_text = sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256)
        query = (
            sa.select(*CAPTURE, *ANSWER, documents.c.words)
            .select_from(captures.outerjoin(documents, same_text))
            .where(captures.c.domain == domain, captures.c.urlkey == urlkey, _is_usable(captures.c.original))
            .order_by(captures.c.timestamp, captures.c.digest)
        )
        shared: dict[Any, Any] = {}
        with self._transaction():
            return [
                _known(domain, row, lambda value: shared.setdefault(value, value)) for row in self._db.execute(query)
            ]

    def add_answers(self, answers: Iterable[Answer]) -> None:
        """Record what became of captures."""
        with self._transaction():
            self._write_answers(answers)

    def fates(self, domain: str) -> dict[str, int]:
        """Return the number of a domain's captures by fate; those never asked for are under ""."""
        query = (
            sa.select(sa.func.coalesce(captures.c.fate, ""), sa.func.count())
            .where(captures.c.domain == domain)
            .group_by(captures.c.fate)
        )
        with self._transaction():
            return {fate: count for fate, count in self._db.execute(query)}  # noqa: C416 - rows are not pairs to mypy

    # Mementos

    def memento(self, timestamp: str, url: str) -> dict[str, Any] | None:
        return self._one(MEMENTO, timestamp=timestamp, url=url)

    def memento_with(self, digest: str) -> dict[str, Any] | None:
        """Return a memento whose own record has the body with this digest."""
        return self._one(MEMENTO_WITH, digest=digest)

    def add_memento(self, **values: Any) -> None:
        self._add_new(mementos, [values])

    def pointer(self, timestamp: str, url: str) -> tuple[str, str] | None:
        """Return the timestamp and URL that the archive redirected to in a run that was not finished."""
        row = self._one(POINTER, timestamp=timestamp, url=url)
        return (row["to_timestamp"], row["to_url"]) if row else None

    def add_pointer(self, asked: tuple[str, str], told: tuple[str, str]) -> None:
        self._add_new(
            pointers, [dict(zip(("timestamp", "url", "to_timestamp", "to_url"), (*asked, *told), strict=True))]
        )

    def forget_pointers(self) -> None:
        """Let the next run ask anew: what is nearest then may be nearer."""
        with self._transaction():
            self._db.execute(sa.delete(pointers))

    def warc_ends(self) -> dict[str, int]:
        """Return, by WARC file, the byte after its last known record."""
        query = sa.select(mementos.c.file, sa.func.max(mementos.c.offset + mementos.c.length)).group_by(mementos.c.file)
        with self._transaction():
            return {file: end for file, end in self._db.execute(query)}  # noqa: C416

    # Documents

    def document(self, domain: str, text_sha256: str) -> dict[str, Any] | None:
        return self._one(DOCUMENT, domain=domain, text_sha256=text_sha256)

    def documents_at(self, domain: str, timestamp: str) -> list[dict[str, Any]]:
        query = sa.select(documents).where(documents.c.domain == domain, documents.c.timestamp == timestamp)
        return self._all(query)

    def documents_of(self, domain: str) -> list[dict[str, Any]]:
        """Return a domain's documents in time order."""
        order = (documents.c.timestamp, documents.c.text_sha256)
        return self._all(sa.select(documents).where(documents.c.domain == domain).order_by(*order))

    def shared_texts(self) -> dict[str, list[str]]:
        """Return, by text_sha256, the files of each text that more than one listed domain has, in order."""
        several = (
            sa.select(documents.c.text_sha256).group_by(documents.c.text_sha256).having(sa.func.count() > 1).subquery()
        )
        query = sa.select(documents.c.text_sha256, documents.c.path).join(
            several, several.c.text_sha256 == documents.c.text_sha256
        )
        files: dict[str, list[str]] = {}
        for row in self._all(query.order_by(documents.c.path)):
            files.setdefault(row["text_sha256"], []).append(row["path"])
        return files

    def document_counts(self) -> dict[str, int]:
        """Return the number of different texts by listed domain."""
        query = sa.select(documents.c.domain, sa.func.count().label("texts")).group_by(documents.c.domain)
        return {row["domain"]: row["texts"] for row in self._all(query)}

    def put_document(self, values: dict[str, Any], answer: Answer, renamed: Mapping[str, str]) -> None:
        """Record a document with its capture's answer, and new paths (by text_sha256) of others, at once.

        The capture that had the same text's file before now is one with the same text.
        """
        same = (captures.c.domain == answer.domain, captures.c.text_sha256 == answer.text_sha256)
        with self._transaction():
            update = {name: value for name, value in values.items() if name not in {"domain", "text_sha256"}}
            self._upsert(documents, values, update=update)
            self._db.execute(
                sa.update(captures).where(*same, captures.c.fate == Fate.STORED).values(fate=Fate.SAME_TEXT)
            )
            self._write_answers([answer])
            for sha, path in renamed.items():
                where = (documents.c.domain == answer.domain, documents.c.text_sha256 == sha)
                self._db.execute(sa.update(documents).where(*where).values(path=path))

    def holder(self, domain: str, text_sha256: str) -> tuple[str, str, str] | None:
        """Return the key (urlkey, timestamp, digest) of the capture whose fate is to have stored this text."""
        row = self._one(HOLDER, domain=domain, text_sha256=text_sha256)
        return (row["urlkey"], row["timestamp"], row["digest"]) if row else None

    def set_path(self, domain: str, text_sha256: str, path: str) -> None:
        where = (documents.c.domain == domain, documents.c.text_sha256 == text_sha256)
        with self._transaction():
            self._db.execute(sa.update(documents).where(*where).values(path=path))

    def has_other_converters(self, domain: str, version: str) -> bool:
        """Whether a domain has a document that another version of the converter made."""
        where = (documents.c.domain == domain, documents.c.converter_version != version)
        return self._one(sa.select(documents.c.text_sha256).where(*where).limit(1)) is not None

    def converted(self, domain: str) -> list[tuple[Capture, tuple[str, str]]]:
        """Return a domain's captures that a memento was converted for, with its timestamp and URL, in time order."""
        query = (
            sa.select(*CAPTURE, captures.c.memento_timestamp, captures.c.memento_url)
            .where(captures.c.domain == domain, captures.c.memento_timestamp.is_not(None))
            .order_by(captures.c.memento_timestamp, captures.c.memento_url, captures.c.timestamp, captures.c.digest)
        )
        with self._transaction():
            rows = self._db.execute(query).all()
        return [(Capture(*row[:7]), (row[7], row[8])) for row in rows]

    def forget_documents(self, domain: str) -> None:
        """Drop what was made of a domain's mementos: their captures have no fate again, nor those credited with theirs."""
        made = (Fate.STORED, Fate.SAME_TEXT, Fate.NOT_A_POLICY)
        nothing = dict.fromkeys(column.name for column in ANSWER)
        with self._transaction():
            self._db.execute(sa.delete(documents).where(documents.c.domain == domain))
            where = (captures.c.domain == domain, captures.c.fate.in_(made))
            self._db.execute(sa.update(captures).where(*where).values(**nothing))

    def listed_domains(self) -> list[str]:
        """Return the listed domains that have captures, in order."""
        query = sa.select(captures.c.domain).distinct().order_by(captures.c.domain)
        return [row["domain"] for row in self._all(query)]

    def set_near_duplicates(self, domain: str, near: Mapping[str, str | None]) -> None:
        if near:
            values = [{"of_domain": domain, "of_text": sha, "other": other} for sha, other in near.items()]
            with self._transaction():
                self._db.execute(SET_NEAR_DUPLICATE, values)

    # Versions and runs

    def versions(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the view `versions` by domain, page and time."""
        with self._transaction():
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
        with self._transaction():
            self._upsert(runs, {"moment": self.moment, **values}, update=values)

    def _write_answers(self, answers: Iterable[Answer]) -> None:
        values = [{**answer_values(a), "run": self.moment if a.text_sha256 else None} for a in answers]
        if values:
            self._db.execute(WRITE_ANSWER, values)


def _is_usable(url: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Leave out what an earlier release recorded and no archive can be asked for."""
    return sa.func.length(url) <= MAX_URL


def _is(table: sa.Table, key: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))


def _named(table: sa.Table, key: Sequence[str]) -> dict[str, str]:
    return {column.name: value for column, value in zip(table.primary_key, key, strict=True)}


def _known(domain: str, row: Sequence[Any], shared: Callable[[Any], Any]) -> tuple[Capture, Answer | None]:
    """Return a row of `page`. What rows repeat is held once: some 300 of 1,200 bytes a capture while a page is searched."""
    urlkey, timestamp, original, mimetype, status, digest, length, fate, cause, sha, at, url, words = row
    capture = Capture(
        shared(urlkey), timestamp, shared(original), shared(mimetype), shared(status), digest, shared(length)
    )
    if not fate:
        return capture, None
    memento = (at, shared(url)) if at else None
    return capture, Answer(domain, capture, Fate(fate), shared(cause or ""), shared(sha), memento, words)


def _overlap_start(row: Mapping[str, Any], since: str, relist_days: float) -> str:
    full = row["finished_full"]
    if not full or not row["newest"] or _age_days(full) > relist_days:
        return since
    overlap = moment_of(row["newest"]) - timedelta(days=OVERLAP_DAYS)
    return max(since, overlap.strftime("%Y%m%d"))


def _age_days(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() / 86_400


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
