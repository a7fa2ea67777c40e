"""The addresses of the report's pages. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from pipelines.kinds import suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterable

FEEDS: Final = "feeds/"
"""The folder of the companies' feeds."""


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return the file name of each company's page: lower-case ASCII, with 8 digits of a hash where two would be equal."""
    plain = {name: re.sub(r"[^a-z0-9]+", "-", name.casefold()[:60]).strip("-") for name in names}
    taken = Counter(plain.values())
    return {
        name: slug if slug and taken[slug] == 1 else f"{slug or 'company'}-{_sha(name)[:8]}"
        for name, slug in plain.items()
    }


def page_of(slug: str, kind: str) -> str:
    """Return the file name of a company's page for a kind of document: `rackspace.html`, `rackspace.terms.html`."""
    return f"{slug}{suffix_of(kind)}.html"


def overview_of(kind: str) -> str:
    """Return the file name of a kind's overview: `index.html`, `index.terms.html`."""
    return f"index{suffix_of(kind)}.html"


def feed_of(kind: str, slug: str = "") -> str:
    """Return the file of a kind's feed: a company's, `feeds/rackspace.terms.atom`, or that of all, `changes.terms.atom`."""
    return f"{FEEDS}{slug}{suffix_of(kind)}.atom" if slug else f"changes{suffix_of(kind)}.atom"


def public_address(where: str, name: str, otherwise: str) -> str:
    """Return the address of a file of the output folder, below that of the folder (PUBLIC_URL); without it, `otherwise`."""
    return f"{where.rstrip('/')}/{name}" if where else otherwise


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
