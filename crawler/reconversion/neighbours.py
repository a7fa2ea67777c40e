"""Comparison of neighbouring captures with different readings: a change of reading alone is no version.

The corpus' reading of a page and the fuller one are two texts of one page. Where a capture has one and its neighbour in time
the other, the full reading of the former is looked up from its record, and the view `versions` compares the two. It is done
for these captures alone: to read each page twice would double what conversion costs.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.convert.readings import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.reconversion.rebuild import Reconverter
    from pipelines.catalog.judgements import ReadText


def to_compare(texts: Sequence[ReadText]) -> list[ReadText]:
    """Return those of a page's texts, in time order, whose full reading is not known and has to be compared. Pure."""
    beside = {
        each
        for pair in pairwise(texts)
        if all(text.reading for text in pair) and len({text.reading for text in pair}) > 1
        for each in pair
    }
    return [text for text in texts if text in beside and text.reading != FULL and text.full_sha256 is None]


async def compare_readings(reconverter: Reconverter, domain: str) -> None:
    """Look up the full readings that the versions of a listed domain depend on."""
    folder = reconverter.folder
    for urlkey in await folder.pages_in_both_readings(domain):
        texts = await folder.read_texts(domain, urlkey)
        for text in to_compare(texts):
            sha = await _full_sha256(reconverter, domain, text, texts)
            if sha is not None:
                await folder.set_full_sha256(text.capture, domain, sha)


async def _full_sha256(reconverter: Reconverter, domain: str, text: ReadText, texts: Iterable[ReadText]) -> str | None:
    """Return the hash of a capture's full reading, empty if it has none; None if no record of it can be read.

    A capture that was not fetched has the payload of one with the same digest.
    """
    same = [each for each in texts if each.capture.digest == text.capture.digest and each.memento]
    for each in [text] if text.memento else same:
        assert each.memento is not None  # noqa: S101
        sha = await reconverter.full_sha256(domain, each.capture, each.memento)
        if sha is not None:
            return sha
    return None
