"""The variants of pages, told apart by all that was read of them."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.schema import captures, documents, variants
from pipelines.items import moment_of
from pipelines.similarity.fingerprint import from_bands
from pipelines.variants import Reading, variants_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FULL: Final = "full"
_EDIT_BITS: Final = 12
"""Bits in which the SimHashes of two versions of one text may differ. Documents of different firms differ in at least 15
(pipelines.similarity.fingerprint), texts of different languages in 20 to 44 by chance."""
_MOMENT: Final = sa.func.coalesce(captures.c.memento_timestamp, captures.c.timestamp)
_BANDS: Final = tuple(column for column in documents.c if column.name.startswith("band"))
_READ: Final = (
    sa.select(
        captures.c.urlkey,
        _MOMENT.label("moment"),
        captures.c.text_sha256,
        captures.c.full_sha256,
        documents.c.reading,
        documents.c.language,
        *_BANDS,
    )
    .select_from(
        captures.join(
            documents,
            sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256),
        )
    )
    .where(captures.c.domain == sa.bindparam("domain"))
    .order_by(captures.c.urlkey, _MOMENT, captures.c.text_sha256, captures.c.digest, captures.c.archive)
)
"""What was read of a listed domain's pages, in the order in which the view `versions` has it."""


class PageVariants(Database):
    """The table `variants`."""

    def settle_variants(self, domain: str) -> list[str]:
        """Tell the variants of a listed domain's pages apart; return the urlkeys of those with several, in order."""
        of_domain = variants.c.domain == domain
        with self.transaction():
            rows = self._db.execute(_READ, {"domain": domain}).mappings()
            found = {
                (urlkey, text): name
                for urlkey, of_page in groupby(rows, key=itemgetter("urlkey"))
                for text, name in _variants_of_page(list(of_page)).items()
            }
            query = sa.select(variants.c.urlkey, variants.c.text_sha256, variants.c.variant).where(of_domain)
            known = {(urlkey, text): name for urlkey, text, name in self._db.execute(query)}
            if found != known:
                self._db.execute(sa.delete(variants).where(of_domain))
                self._add_new(variants, [_row(domain, *key, name) for key, name in found.items()])
        return sorted({urlkey for urlkey, _ in found})


def _variants_of_page(rows: Sequence[sa.RowMapping]) -> dict[str, str]:
    """Return the name of the variant of each of a page's texts.

    A text in the corpus' reading stands for the one in the full reading, where that was looked up: a change of reading is no
    variant.
    """
    full = {row["text_sha256"]: row["full_sha256"] for row in rows if row["full_sha256"] and row["reading"] != _FULL}
    simhashes: dict[str, int] = {}
    readings = []
    for row in rows:
        text = full.get(row["text_sha256"], row["text_sha256"])
        if text not in simhashes:
            simhashes[text] = from_bands(tuple(row[column.name] for column in _BANDS))
        readings.append(Reading(moment_of(row["moment"]).timestamp(), text, row["language"]))

    def bits(one: str, other: str) -> int:
        return (simhashes[one] ^ simhashes[other]).bit_count()

    names = variants_of(readings, bits, lambda one, other: bits(one, other) <= _EDIT_BITS)
    return {sha: names[text] for sha in _texts(rows) if (text := full.get(sha, sha)) in names}


def _texts(rows: Iterable[sa.RowMapping]) -> Iterable[str]:
    return dict.fromkeys(row["text_sha256"] for row in rows)


def _row(domain: str, urlkey: str, text: str, name: str) -> dict[str, Any]:
    return {"domain": domain, "urlkey": urlkey, "text_sha256": text, "variant": name}
