"""The archives: the Wayback Machine, a pywb collection, a folder of WARC files. Each is one class of the same interface."""

from __future__ import annotations

from pathlib import Path

from crawler.archives.base import Archive, ListingPage, Match, Query
from crawler.archives.playback_urls import read_base
from crawler.archives.pywb import PywbArchive
from crawler.archives.warc import WarcArchive
from crawler.archives.warc_check import all_unusable
from crawler.archives.warc_files import ENDINGS, KINDS, warc_files
from crawler.archives.wayback import LISTING_ROWS, WAYBACK, WaybackArchive
from crawler.packaged import packaged
from pipelines.errors import UsageError
from pipelines.redaction import redacted
from pipelines.untrusted import printable

__all__ = ["SAMPLE", "Archive", "ListingPage", "Match", "Query", "open_archive"]

SAMPLE = packaged("archives/sample")
"""The embedded archive of README.md's first command. It has its own companies.yaml."""


def open_archive(spec: str, *, index_dir: Path, rows: int = LISTING_ROWS) -> Archive:
    """Return the archive that `archive=` names (see design: names others rely on).

    `index_dir` is the folder for a WARC archive's index. `rows` is the number of rows of a listing page. Raises
    UsageError.
    """
    if spec == "wayback":
        return WaybackArchive(WAYBACK.base, name=WAYBACK.name, limit=rows)
    if spec == "sample":
        return WarcArchive(SAMPLE, index_dir=index_dir, name="sample")
    if spec.removeprefix("pywb+").startswith(("http://", "https://")):
        return _remote(spec, rows)
    if Path(spec).exists():
        return _in_files(spec, index_dir)
    raise UsageError(
        redacted(
            f"archive={spec}: no such file or folder; use wayback, sample, http://host:port, "
            f"pywb+http://host:port/collection, or a path to {KINDS} files",
            spec,
        )
    )


def _in_files(spec: str, index_dir: Path) -> WarcArchive:
    files = warc_files(Path(spec))
    if not files:
        raise UsageError(
            f"archive={spec}: no .warc or .warc.gz file in this folder, nor below it, and none in {ENDINGS}"
        )
    if problem := all_unusable(files):
        raise UsageError(f"archive={spec}: nothing that can be read: {printable(problem)}")
    return WarcArchive(Path(spec), index_dir=index_dir)


def _remote(spec: str, rows: int) -> Archive:
    try:
        base, headers = read_base(spec.removeprefix("pywb+"))
    except ValueError:
        hint = "in a user name or password write / as %2F, ? as %3F, # as %23, @ as %40"
        raise UsageError(
            redacted(f"archive={spec}: not http://host:port with an optional path; {hint}", spec)
        ) from None
    if spec.startswith("pywb+"):
        return PywbArchive(base, headers=headers)
    return WaybackArchive(base, limit=rows, headers=headers)
