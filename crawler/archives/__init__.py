"""Who answers: the Wayback Machine, a pywb collection, a folder of WARC files. Same three questions, one class each."""

from __future__ import annotations

from pathlib import Path

from crawler.archives.base import Archive, ListingPage, Match, Query
from crawler.archives.playback_urls import read_base
from crawler.archives.pywb import PywbArchive
from crawler.archives.warc import WarcArchive
from crawler.archives.warc_index import warc_files
from crawler.archives.wayback import LISTING_ROWS, WAYBACK, WaybackArchive
from crawler.packaged import packaged
from pipelines.errors import UsageError
from pipelines.redaction import redacted

__all__ = ["SAMPLE", "Archive", "ListingPage", "Match", "Query", "open_archive"]

SAMPLE = packaged("archives/sample")
"""The embedded archive that the first command in README.md runs on, with its own companies.yaml."""


def open_archive(spec: str, *, index_dir: Path, rows: int = LISTING_ROWS) -> Archive:
    """Return the archive that `archive=` names (see design: names others rely on).

    `index_dir` is where a WARC archive keeps the index of its files, `rows` the length of a page of a listing. Raises
    UsageError.
    """
    if spec == "wayback":
        return WaybackArchive(WAYBACK.base, name=WAYBACK.name, limit=rows)
    if spec == "sample":
        return WarcArchive(SAMPLE, index_dir=index_dir, name="sample")
    if spec.removeprefix("pywb+").startswith(("http://", "https://")):
        return _remote(spec, rows)
    if Path(spec).exists():
        if not warc_files(Path(spec)):
            raise UsageError(f"archive={spec}: no .warc or .warc.gz file in this folder, nor below it")
        return WarcArchive(Path(spec), index_dir=index_dir)
    raise UsageError(
        redacted(
            f"archive={spec}: no such file or folder; use wayback, sample, http://host:port, "
            "pywb+http://host:port/collection, or a path to WARC files",
            spec,
        )
    )


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
