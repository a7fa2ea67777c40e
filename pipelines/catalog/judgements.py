"""What the gate made of texts, what is known of their pages besides, and how neighbouring texts were read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.schema import captures, documents, pages, variants
from pipelines.catalog.statements import CAPTURE
from pipelines.items import Capture, MementoKey
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipelines.gate.prior import Evidence


class ReadText(NamedTuple):
    """A capture with a text: the reading that found it, and the hash of the full one, None if it was not looked up.

    `variant` is empty for a text of a page that gives one.

    `memento` is None for a capture credited with the text of another one.
    """

    capture: Capture
    memento: MementoKey | None
    reading: str | None
    full_sha256: str | None
    variant: str = ""


class Judgements(Database):
    """The gate's columns of `captures`, the evidence in `pages`, and the readings of neighbouring captures."""

    def judged_pages(self, domain: str) -> list[str]:
        """Return the urlkeys of a listed domain's pages of which texts were judged, in order."""
        query = sa.select(captures.c.urlkey).where(captures.c.domain == domain, captures.c.judged_sha256.is_not(None))
        return [row["urlkey"] for row in self._all(query.distinct().order_by(captures.c.urlkey))]

    def given_pages(self, domain: str) -> set[str]:
        """Return the urlkeys of the pages that the companies file gives, or gave in an earlier run."""
        query = sa.select(pages.c.urlkey).where(pages.c.domain == domain, pages.c.given == 1)
        return {row["urlkey"] for row in self._all(query)}

    def add_given(self, domain: str, urlkeys: Iterable[str], kind: str = PRIVACY.name) -> None:
        """Record that the companies file gives these pages as those with documents of a kind."""
        with self.transaction():
            for urlkey in urlkeys:
                self._upsert(
                    pages,
                    {"domain": domain, "urlkey": urlkey, "kind": kind, "given": 1},
                    update={"given": 1},
                )

    def put_evidence(self, domain: str, evidence: Mapping[str, Evidence]) -> None:
        """Record what else speaks for pages that were searched, by urlkey."""
        values = [
            {"of_urlkey": urlkey, "is_linked": int(found.linked), "score": found.address_score}
            for urlkey, found in evidence.items()
        ]
        statement = (
            sa.update(pages)
            .where(pages.c.domain == domain, pages.c.urlkey == sa.bindparam("of_urlkey"))
            .values(linked=sa.bindparam("is_linked"), address_score=sa.bindparam("score"))
        )
        if values:
            with self.transaction():
                self._db.execute(statement, values)

    # Readings

    def pages_in_both_readings(self, domain: str) -> list[str]:
        """Return the urlkeys of a listed domain's pages with texts in the corpus' reading and in the full one, in order."""
        query = sa.select(captures.c.urlkey).select_from(_WITH_DOCUMENT).where(captures.c.domain == domain)
        both = query.group_by(captures.c.urlkey).having(sa.func.count(documents.c.reading.distinct()) > 1)
        return [row["urlkey"] for row in self._all(both.order_by(captures.c.urlkey))]

    def read_texts(self, domain: str, urlkey: str) -> list[ReadText]:
        """Return a page's captures with a text, from all archives, in the order in which the view `versions` has them."""
        of_memento = captures.c.memento_timestamp, captures.c.memento_url
        facts = documents.c.reading, captures.c.full_sha256, sa.func.coalesce(variants.c.variant, "")
        query = (
            sa.select(*CAPTURE, *of_memento, *facts)
            .select_from(_WITH_DOCUMENT.outerjoin(variants, _IS_OF_VARIANT))
            .where(captures.c.domain == domain, captures.c.urlkey == urlkey)
            .order_by(
                sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp),
                captures.c.text_sha256,
                captures.c.digest,
                captures.c.archive,
            )
        )
        found = []
        with self.transaction():
            for *of_capture, timestamp, url, reading, full_sha256, variant in self._db.execute(query):
                capture = Capture(*of_capture)
                memento = MementoKey(timestamp, url, capture.archive) if timestamp else None
                found.append(ReadText(capture, memento, reading, full_sha256, variant))
        return found

    def set_full_sha256(self, capture: Capture, domain: str, text_sha256: str) -> None:
        """Record the hash of a capture's text in the full reading, empty for none."""
        is_capture = [getattr(captures.c, name) == value for name, value in capture.key._asdict().items()]
        with self.transaction():
            self._db.execute(
                sa.update(captures).where(captures.c.domain == domain, *is_capture).values(full_sha256=text_sha256)
            )


_WITH_DOCUMENT = captures.join(
    documents,
    sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256),
)
_IS_OF_VARIANT = sa.and_(
    variants.c.domain == captures.c.domain,
    variants.c.urlkey == captures.c.urlkey,
    variants.c.text_sha256 == captures.c.text_sha256,
)
