"""Whether two archives that `archive=` names are one, whose budget would be used twice and captures counted twice. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.archives.arquivo import BASE
from crawler.archives.commoncrawl import COMMON_CRAWL
from crawler.archives.warc import WarcArchive
from crawler.archives.wayback import WAYBACK

if TYPE_CHECKING:
    from crawler.archives.base import Archive

_PORTS: Final = {"http": 80, "https": 443}
_PUBLIC: Final = frozenset(
    urlsplit(address).hostname for address in (WAYBACK.base, BASE, COMMON_CRAWL.index, COMMON_CRAWL.data)
)
"""Hosts of which each is one archive, whatever the path. Others can have several collections."""


def is_same(one: Archive, other: Archive) -> bool:
    """Whether two archives are one, by their files, or by host, port and path, whatever they are asked by."""
    if isinstance(one, WarcArchive) and isinstance(other, WarcArchive):
        return one.path.resolve() == other.path.resolve()
    if one.name == other.name or _place(one.name) == _place(other.name):
        return True
    return not _PUBLIC.isdisjoint(_hosts(one) & _hosts(other))


def _hosts(archive: Archive) -> set[str]:
    return {urlsplit(f"//{host}").hostname or "" for host in archive.hosts}


def _place(name: str) -> str:
    """Return host, port and path in the name of an archive; the name itself if it is no address."""
    kind, is_address, rest = name.partition("://")
    if not is_address:
        return name
    scheme = kind.rpartition("+")[2].lower()
    parts = urlsplit(f"//{rest}")
    return f"{(parts.hostname or '').removesuffix('.')}:{parts.port or _PORTS.get(scheme, 0)}{parts.path.rstrip('/')}"
