"""The check of `archive=` before a crawl starts: whether any of its files has a record that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crawler.archives.warc_files import Part
from crawler.archives.warc_reader import RecordReader
from crawler.archives.warc_zip import STARTS, BadZip, WarcZip
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crawler.archives.warc_damage import Damage

SEARCHED: Final = 64 << 20
"""Bytes of a file that are searched for a record. What stands in more of them is seen when the file is indexed."""


def all_unusable(files: Sequence[Path]) -> str:
    """Return in one line why no file can be used: the first one's fault, and how many there are. Empty if one can."""
    first = ""
    for file in files:
        problem = _problem(file)
        if not problem:
            return ""
        first = first or f"{file}: {problem}"
    more = len(files) - 1
    return f"{first} ({quantity(more, 'more file')} with nothing to read)" if more else first


def _problem(path: Path) -> str:
    """Return why a file has no record that can be read; empty if it has one, or has to be read further to know."""
    try:
        with path.open("rb") as file:
            is_zip = file.read(len(STARTS[0])) in STARTS
        return _problem_of_zip(path) if is_zip else _problem_of(Part(path))
    except OSError as error:
        return f"can't be read: {error.strerror or error}"


def _problem_of_zip(path: Path) -> str:
    try:
        with WarcZip(path) as archive:
            entries = archive.entries()
    except BadZip as error:
        return _problem_of(Part(path)) and f"a ZIP or WACZ file that can't be opened ({error}); get a whole copy of it"
    problem = "a ZIP file without a WARC or ARC file in it"
    for entry in entries:
        if not entry.problem and not entry.is_stored:
            return ""
        fault = entry.problem and f"{entry.problem}; {entry.remedy}"
        fault = fault or _problem_of(Part(path, entry.start, entry.end))
        if not fault:
            return ""
        problem = f"{entry.name}: {fault}"
    return problem


def _problem_of(part: Part) -> str:
    size = part.path.stat().st_size
    end = min(size if part.end is None else part.end, part.start + SEARCHED)
    damage: Damage | None = None
    with Part(part.path, part.start, end).open() as file:
        reader: RecordReader[bool] = RecordReader(file, lambda _: True, part.start)
        for found in reader.walk():
            if found.taken:
                return ""
            damage = damage or found.damage
    is_searched = end == (size if part.end is None else part.end)
    return str(damage or "no record in it") if is_searched else ""
