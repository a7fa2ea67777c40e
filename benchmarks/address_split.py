"""The halves of the real policy addresses at ../shared/discovery/policy_urls.tsv: one to learn from, one to measure with.

The addresses are others' lists: they are read where they stand and never copied into the project. Both halves come from
one hash of the name that a company registered: all its domains (`acme.com`, `acme.de`) and whatever stands on them are in
one half, so that nothing learned of a company is measured with the same company.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Final

import tldextract

ADDRESSES: Final = Path(__file__).parents[2] / "shared" / "discovery" / "policy_urls.tsv"

_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


class Half(Enum):
    """What an address is for."""

    LEARN = 0
    TEST = 1


@dataclass(frozen=True, slots=True)
class Address:
    """One row of the list: a company's domain as the source has it, and its policy's URL."""

    domain: str
    url: str
    source: str


def half_of(host_or_url: str) -> Half:
    """Return the half of a host or URL, by its registered name without the public suffix."""
    name = _extract(host_or_url).domain or host_or_url
    return Half(hashlib.sha256(name.lower().encode()).digest()[0] & 1)


def registered_domain(host_or_url: str) -> str:
    """Return the registered domain of a host or URL: `example.co.uk` of `www.example.co.uk`; else the host itself."""
    found = _extract(host_or_url)
    return found.top_domain_under_public_suffix or found.fqdn or host_or_url


def addresses(half: Half, path: Path = ADDRESSES) -> list[Address]:
    """Return the addresses of a half, in the list's order.

    To measure: those whose URL is of the test half. To learn: those whose company and URL are both of the other.
    """
    of_half = (each for each in _read(path) if half_of(each.url) is half)
    return [each for each in of_half if half is Half.TEST or half_of(each.domain) is half]


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[Address, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Address(row["domain"], row["url"], row["source"]) for row in csv.DictReader(file, delimiter="\t"))
