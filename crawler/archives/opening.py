"""Opening of the archive that `archive=` names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crawler.archives.archive_spec import check_address, check_path, scheme_of
from crawler.archives.commoncrawl import NAME, CommonCrawlArchive
from crawler.archives.playback_urls import read_base
from crawler.archives.pywb import PywbArchive
from crawler.archives.warc import WarcArchive
from crawler.archives.wayback import LISTING_ROWS, WAYBACK, WaybackArchive
from crawler.options.spelling import nearest
from crawler.packaged import packaged
from pipelines.errors import UsageError
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.archives.base import Archive

SAMPLE = packaged("archives/sample")
"""The embedded archive of README.md's first command. It has its own companies.yaml."""


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
        if spec == "wayback":
            return WaybackArchive(WAYBACK.base, name=WAYBACK.name, limit=rows)
        if scheme := scheme_of(spec):
            return _remote(scheme, spec[len(scheme) :], rows)
        check_path(Path(spec))
    except ValueError as error:
        meant = nearest(spec, ("wayback", "sample", NAME))
        hint = f"; did you mean {meant}?" if meant else ""
        raise UsageError(redacted(f"archive={spec:.500}: {error}{hint}", spec)) from None
    return WarcArchive(Path(spec), index_dir=index_dir)


def _remote(scheme: str, rest: str, rows: int) -> Archive:
    """Return the archive at an address. Raises ValueError."""
    address = scheme.removeprefix("pywb+") + rest
    check_address(address)
    base, headers = read_base(address)
    if scheme.startswith("pywb+"):
        return PywbArchive(base, headers=headers)
    return WaybackArchive(base, limit=rows, headers=headers)
