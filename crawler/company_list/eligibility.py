"""Whether a domain can be a company's: it is no public suffix and no archive's. Pure."""

from __future__ import annotations

from typing import Final

import tldextract

from pipelines.errors import UsageError

ARCHIVES: Final = frozenset(
    "archive.org archive-it.org archive.today archive.is archive.ph archive.li archive.vn archive.fo archive.md "
    "arquivo.pt commoncrawl.org ghostarchive.org megalodon.jp mementoweb.org perma.cc web.archive.org.au "
    "webarchive.loc.gov webarchive.nationalarchives.gov.uk webarchive.org.uk webcitation.org".split()
)
"""Hosts that play back other sites' pages (mementoweb.org/depot lists them by their Memento support)."""
_RESERVED: Final = frozenset({"example", "test", "invalid", "localhost"})
"""Top-level domains that nobody owns (RFC 2606)."""

_extract = tldextract.TLDExtract(  # the package's own list: no request
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


def check_eligible(domain: str) -> None:
    """Raise UsageError for a domain, in ASCII, that is a public suffix or an archive's."""
    by_hand = "to list it nevertheless, write the entry into the file yourself"
    if any(domain == host or domain.endswith(f".{host}") for host in ARCHIVES):
        raise UsageError(f"{domain} is a web archive's: its pages are copies of other sites; {by_hand}")
    if _extract(domain).suffix == domain:
        raise UsageError(f"{domain} is a public suffix, below which others have their domains; {by_hand}")


def doubt(domain: str) -> str:
    """Return why a domain may be misspelt; an empty text for no reason."""
    last = domain.rpartition(".")[2]
    if _extract(domain).suffix or last in _RESERVED:
        return ""
    return f"no top-level domain .{last} is known today: check the spelling"
