"""Opening of the archives that `archive=` names."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crawler.archives.archive_spec import check_address, check_path, scheme_of, split_specs
from crawler.archives.arquivo import ArquivoArchive
from crawler.archives.commoncrawl import NAME, CommonCrawlArchive
from crawler.archives.playback_urls import read_base
from crawler.archives.pywb import PywbArchive
from crawler.archives.same_archive import is_same
from crawler.archives.timemap import TimeMapArchive
from crawler.archives.warc import WarcArchive
from crawler.archives.wayback import LISTING_ROWS, WAYBACK, WaybackArchive
from crawler.options.spelling import nearest
from crawler.packaged import packaged
from pipelines.errors import UsageError
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawler.archives.base import Archive

_MAX_SHOWN: Final = 500
"""Characters of a value that a message shows."""
SAMPLE = packaged("archives/sample")
"""The embedded archive of README.md's first command. It has its own companies.yaml."""


def open_archives(
    specs: str,
    *,
    index_dir: Path,
    rows: int = LISTING_ROWS,
    common_crawl: Callable[[], CommonCrawlArchive] = CommonCrawlArchive,
) -> tuple[Archive, ...]:
    """Return the archives that `archive=` names, with commas between. Raises UsageError."""
    try:
        named = split_specs(specs)
    except ValueError as error:
        raise UsageError(f"archive={_shown(specs)}: {error}") from None
    archives = tuple(open_archive(spec, index_dir=index_dir, rows=rows, common_crawl=common_crawl) for spec in named)
    for one, other in combinations(archives, 2):
        if is_same(one, other):
            as_other = "" if one.name == other.name else f", as {other.name} too"
            raise UsageError(f"archive=: {one.name} is named twice{as_other}; name each archive once")
    return archives


def _shown(spec: str) -> str:
    """Return the beginning of a value of `archive=` without its secrets."""
    return redacted(spec, spec)[:_MAX_SHOWN]


def open_archive(
    spec: str,
    *,
    index_dir: Path,
    rows: int = LISTING_ROWS,
    common_crawl: Callable[[], CommonCrawlArchive] = CommonCrawlArchive,
) -> Archive:
    """Return the archive that `archive=` names (see design: names others rely on).

    `index_dir` is the folder for a WARC archive's index. `rows` is the number of rows of a listing page. `common_crawl`
    makes the archive of that name. Raises UsageError.
    """
    if spec == NAME:
        return common_crawl()
    if spec == "sample":
        return WarcArchive(SAMPLE, index_dir=index_dir, name="sample")
    try:
        if spec in _NAMED:
            return _NAMED[spec](rows)
        if scheme := scheme_of(spec):
            return _remote(scheme, spec[len(scheme) :], rows)
        check_path(Path(spec))
    except ValueError as error:
        meant = nearest(spec, (*_NAMED, "sample", NAME))
        hint = f"; did you mean {meant}?" if meant else ""
        raise UsageError(f"archive={_shown(spec)}: {redacted(f'{error}{hint}', spec)}") from None
    return WarcArchive(Path(spec), index_dir=index_dir)


def _remote(scheme: str, rest: str, rows: int) -> Archive:
    """Return the archive at an address. Raises ValueError."""
    kind, _, transport = scheme.rpartition("+")
    address = transport + rest
    check_address(address)
    base, headers = read_base(address)
    if kind:
        return _KINDS[kind](base, headers=headers)
    return WaybackArchive(base, limit=rows, headers=headers)


_NAMED: Final[Mapping[str, Callable[[int], Archive]]] = {
    "wayback": lambda rows: WaybackArchive(WAYBACK.base, name=WAYBACK.name, limit=rows),
    "arquivo": lambda _: ArquivoArchive(),
}
"""The archives that have a name, made with the number of rows of a listing page."""
_KINDS: Final[Mapping[str, Callable[..., Archive]]] = {
    "pywb": PywbArchive,
    "arquivo": ArquivoArchive,
    "timemap": TimeMapArchive,
}
"""The archives at an address that names their kind, as `pywb+http://host`."""
