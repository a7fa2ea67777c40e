"""The questions to a catalog: they read, and write nothing. For the writer, and for commands that open it read-only."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.archive_counts import archive_counts
from pipelines.catalog.discovery_queries import DiscoveryQueries, has_key, is_usable, of_archive
from pipelines.catalog.document_queries import DocumentQueries
from pipelines.catalog.memento_queries import MementoQueries
from pipelines.catalog.schema import captures, pages, runs
from pipelines.catalog.statements import IS_LEARNED, PAGE
from pipelines.catalog.upgrade import is_unused
from pipelines.catalog.version_rows import domains_with_captures
from pipelines.convert import CONVERTER_VERSION
from pipelines.items import TEXT_GONE, Answer, Capture, Fate, Judgement, MementoKey
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pipelines.catalog.archive_counts import ArchiveCounts


class Queries(DiscoveryQueries, DocumentQueries, MementoQueries):
    """The questions about captures and runs, and those about listings, links, documents and mementos."""

    # Captures

    def is_new(self) -> bool:
        """Whether no run has begun a listed domain in this catalog."""
        with self.transaction():
            return is_unused(self._db)

    def pages(self, domain: str, archive: str | None = None) -> list[tuple[str, str]]:
        """Return the pages of a listed domain's captures: urlkey, and one of the URLs behind it.

        Of the captures of one archive, or of all without one.
        """
        query = (
            sa.select(captures.c.urlkey, sa.func.min(captures.c.original).label("original"))
            .where(captures.c.domain == domain, is_usable(captures.c.original), *of_archive(archive))
            .group_by(captures.c.urlkey)
        )
        return [(row["urlkey"], row["original"]) for row in self._all(query)]

    def archives_of(self, domain: str) -> list[str]:
        """Return the names of the archives that have captures of a listed domain, in order."""
        query = sa.select(captures.c.archive).where(captures.c.domain == domain).distinct()
        return sorted(row["archive"] for row in self._all(query))

    def page(
        self, domain: str, urlkey: str, archive: str | Collection[str] | None = None, *, as_it_is: bool = False
    ) -> list[tuple[Capture, Answer | None]]:
        """Return a page's captures in one archive, in some or in all, in time order, each with its answer if it has one.

        A text of another converter can't be compared with the others: such an answer is given as a failure. One whose
        memento is in trouble is marked to be asked for again. Neither is done for what is wanted `as_it_is`.
        """
        of_page = (captures.c.domain == domain, captures.c.urlkey == urlkey, is_usable(captures.c.original))
        query = PAGE.where(*of_page, *of_archive(archive))
        shared: dict[Any, Any] = {}
        with self.transaction():
            return [
                _known(domain, row, lambda value: shared.setdefault(value, value), as_it_is=as_it_is)
                for row in self._db.execute(query)
            ]

    def judged(self, domain: str, urlkey: str) -> list[tuple[Capture, Answer | None]]:
        """Return a page's captures whose texts the gate has judged, from all archives, in time order, each as it is."""
        judged = captures.c.judged_sha256.is_not(None)
        query = PAGE.where(captures.c.domain == domain, captures.c.urlkey == urlkey, judged)
        with self.transaction():
            return [_known(domain, row, lambda value: value, as_it_is=True) for row in self._db.execute(query)]

    def learned(self, answer: Answer) -> Fate | None:
        """Return the fate of the capture that an answer is for if a memento of it was read in an earlier run.

        FAILED stands for one whose text is gone.
        """
        query = sa.select(captures.c.fate).where(has_key(captures, (answer.domain, *answer.capture.key)))
        row = self._one(query.where(sa.or_(IS_LEARNED, captures.c.cause.startswith(TEXT_GONE))))
        return Fate(row["fate"]) if row else None

    def fates(self, domain: str) -> dict[str, int]:
        """Return the number of a domain's captures by fate, as the view `fates` has it."""
        query = sa.text("SELECT fate, sum(captures) FROM fates WHERE domain = :domain GROUP BY fate")
        with self.transaction():
            return {fate: int(count) for fate, count in self._db.execute(query, {"domain": domain})}

    def unreadable(self, domain: str) -> dict[str, int]:
        """Return the number of a domain's captures that were given up, by cause."""
        query = sa.select(captures.c.cause, sa.func.count().label("captures")).where(
            captures.c.domain == domain, captures.c.fate == Fate.UNREADABLE
        )
        return {row["cause"] or "": row["captures"] for row in self._all(query.group_by(captures.c.cause))}

    def listed_domains(self) -> list[str]:
        """Return the listed domains that have captures, in order."""
        with self.connection() as db:
            return domains_with_captures(db)

    def archive_counts(self) -> list[ArchiveCounts]:
        """Return what each archive has given."""
        with self.connection() as db:
            return archive_counts(db)

    # Versions and runs

    def newest_texts(self) -> dict[tuple[str, str], str]:
        """Return the timestamp of the latest capture with a text by listed domain, and the kind of its page's search."""
        newest = sa.func.max(captures.c.timestamp).label("newest")
        is_page = sa.and_(pages.c.domain == captures.c.domain, pages.c.urlkey == captures.c.urlkey)
        query = sa.select(captures.c.domain, pages.c.kind, newest).select_from(captures.outerjoin(pages, is_page))
        rows = self._all(query.where(captures.c.text_sha256.is_not(None)).group_by(captures.c.domain, pages.c.kind))
        found: dict[tuple[str, str], str] = {}
        for row in sorted(rows, key=itemgetter("newest")):
            found[row["domain"], row["kind"] or PRIVACY.name] = row["newest"]
        return found

    def changes_reported_until(self) -> str:
        """Return the moment of the last run that ended in order, or an empty string."""
        row = self._one(sa.select(sa.func.coalesce(sa.func.max(runs.c.moment), "").label("moment")))
        return str(row["moment"]) if row else ""


def _known(
    domain: str, row: Sequence[Any], shared: Callable[[Any], Any], *, as_it_is: bool
) -> tuple[Capture, Answer | None]:
    """Return a row of `page`. What rows repeat is held once: some 300 of 1,200 bytes a capture while a page is searched."""
    urlkey, timestamp, original, mimetype, status, digest, length, archive, locator, *answer = row
    fate, cause, sha, at, url, judged, score, threshold, classes, again, words, language, converter = answer
    capture = Capture(
        shared(urlkey), timestamp, shared(original), shared(mimetype), shared(status), digest, shared(length),
        shared(archive), locator,
    )  # fmt: skip
    if not fate:
        return capture, None
    if at and sha and converter != CONVERTER_VERSION and not as_it_is:
        return capture, Answer(domain, capture, Fate.FAILED, "made by another converter")
    memento = MementoKey(at, shared(url), shared(archive)) if at else None
    asked_again = again is not None and not as_it_is
    judgement = shared(Judgement(judged, score, threshold, classes)) if judged else None
    return capture, Answer(
        domain, capture, Fate(fate), shared(cause or ""), shared(sha), memento, words, asked_again, judgement=judgement,
        language=shared(language or ""),
    )  # fmt: skip
