"""Comparison of neighbouring captures with different readings: a change of reading alone is no version.

The corpus' reading of a page and the fuller one are two texts of one page. Where a capture has one and its neighbour in time
the other, the full reading of the former is looked up from its record, and the view `versions` compares the two. It is done
for these captures alone: to read each page twice would double what conversion costs.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines.convert.readings import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.reconversion.rebuild import Reconverter
    from pipelines.catalog.judgements import ReadText


def to_compare(texts: Sequence[ReadText]) -> list[ReadText]:
    """Return those of a page's texts, in time order, whose full reading is not known and has to be compared. Pure.

    Neighbours are of the same variant.
    """
    lanes: defaultdict[str, list[ReadText]] = defaultdict(list)
    for text in texts:
        lanes[text.variant].append(text)
    beside = {
        each
        for lane in lanes.values()
        for pair in pairwise(lane)
        if all(text.reading for text in pair) and len({text.reading for text in pair}) > 1
        for each in pair
    }
    return [text for text in texts if text in beside and text.reading != FULL and text.full_sha256 is None]


async def compare_readings(reconverter: Reconverter, domain: str) -> None:
    """Look up the full readings that the versions of a listed domain depend on, and tell variants apart.

    Variants are told by the full readings, and decide which captures are neighbours.
    """
    await _look_up(reconverter, domain, await reconverter.folder.pages_in_both_readings(domain))
    if several := await reconverter.folder.settle_variants(domain):
        both = await reconverter.folder.pages_in_both_readings(domain)
        await _look_up(reconverter, domain, [urlkey for urlkey in both if urlkey in several])


async def _look_up(reconverter: Reconverter, domain: str, urlkeys: Iterable[str]) -> None:
    folder = reconverter.folder
    for urlkey in urlkeys:
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
