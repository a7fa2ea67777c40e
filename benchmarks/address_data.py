"""Labelled addresses: real policy addresses, hard negatives, and the other links of real pages. Reads ../shared.

Nothing of ../shared is copied: the trained weights and the printed figures are all that leaves it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.address_split import Half, addresses, half_of
from crawler.discovery.page_anchors import read_anchors

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = ROOT.parent / "shared"
HARD_NEGATIVES: Final = ROOT / "tests" / "fixtures" / "addresses" / "hard_negatives.txt"
HTML: Final = "text/html; charset=utf-8"
_ABOUT_PRIVACY: Final = re.compile(
    "priva|datenschutz|confident|personal (?:data|info)|data protection|隐私|policy|legal", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class HardNegative:
    """An address that has the words of a policy and is something else, and the section it stands in."""

    sort: str
    url: str

    @property
    def half(self) -> Half:
        """The half it belongs to, by a hash of the address."""
        return Half(hashlib.sha256(self.url.encode()).digest()[0] & 1)


def policies(half: Half) -> list[str]:
    """Return the real policy addresses of a half, each once."""
    return list(dict.fromkeys(each.url for each in addresses(half, SHARED / "discovery" / "policy_urls.tsv")))


def hard_negatives(half: Half | None = None) -> list[HardNegative]:
    """Return the hard negatives of a half, or all."""
    found, sort = [], ""
    for line in HARD_NEGATIVES.read_text("utf-8").splitlines():
        if line.startswith("["):
            sort = line.strip("[]")
        elif line and not line.startswith("#"):
            found.append(HardNegative(sort, line))
    return [each for each in found if half in {None, each.half}]


def ordinary(half: Half) -> list[str]:
    """Return the links of real pages whose texts don't speak of policies, by the half of the company linked to."""
    return sorted({target for text, target in _links() if not _ABOUT_PRIVACY.search(text) and half_of(target) is half})


@cache
def _links() -> tuple[tuple[str, str], ...]:
    return tuple(_read_links())


def _read_links() -> Iterator[tuple[str, str]]:
    for url, html in pages():
        for anchor in read_anchors(html, HTML, url).anchors:
            yield anchor.text, anchor.target


def pages() -> Iterator[tuple[str, bytes]]:
    """Yield the address and the bytes of real pages: modern legal pages, and documentation, services and articles."""
    for folder in (SHARED / "golden" / "modern", SHARED / "extraction"):
        index = next(folder.glob("*.jsonl"))
        for row in map(json.loads, index.read_text("utf-8").strip().split("\n")):
            yield row["url"], gzip.decompress((folder / f"{row['name']}.html.gz").read_bytes())
