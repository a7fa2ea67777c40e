"""Indexing: the files of a WARC archive that are new or changed are read, and their captures become rows of the index."""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc_files import shown_path
from crawler.archives.warc_index_file import COLUMNS
from crawler.archives.warc_parts import PartFinder
from crawler.archives.warc_records import read_captures
from pipelines.errors import ArchiveError
from pipelines.quantity import quantity

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from crawler.archives.warc_damage import Damage
    from crawler.archives.warc_files import Part
    from crawler.archives.warc_parts import FoundPart
    from crawler.archives.warc_records import WarcCapture

logger = logging.getLogger(__name__)

MAX_DAMAGES: Final = 10
"""Damages of one file that are named. Further ones are counted."""
_PLACES: Final = ",".join("?" * len(COLUMNS.split(",")))
_CHECK_EVERY: Final = 256
"""Records after which is looked whether the run ends."""


@dataclass(slots=True)
class IndexProgress:
    """How far indexing has come: the file that is read, of which `at` of `size` bytes are done, and the captures found.

    `is_stopped` tells whether the run ends, so that indexing has to stop. The event loop reads what a thread writes.
    """

    is_stopped: Callable[[], bool] = bool
    file: str = ""
    number: int = 0
    files: int = 0
    at: int = 0
    size: int = 0
    captures: int = 0

    def __str__(self) -> str:
        """The progress in words; empty while no file is read."""
        if not self.file:
            return ""
        share = f"{min(self.at / self.size, 1):.0%} of {self.size / 1e6:.1f} MB" if self.size else "reading"
        return (
            f"indexing {self.file} (file {self.number} of {self.files}): {share}, {quantity(self.captures, 'capture')}"
        )

    def check(self) -> None:
        """Raise ArchiveError if the run ends."""
        if self.is_stopped():
            raise ArchiveError(f"{self.file}: the run ended before its captures were indexed")


class _Notes:
    """What is noted while a file is read: its damages, its captures that can't be used, and the names of its parts."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._damages: list[str] = []
        self._more_damages = 0
        self._unusable: Counter[str] = Counter()
        self._names: set[str] = set()

    def add_damage(self, part: str, damage: Damage) -> None:
        if len(self._damages) < MAX_DAMAGES:
            self._damages.append(f"{part}: {damage}" if part else str(damage))
        else:
            self._more_damages += 1

    def add_unusable(self, cause: str) -> None:
        self._unusable[cause] += 1

    def new_name(self, part: str) -> str:
        """Return a name for a part in the rows. A ZIP file can have several files of one name."""
        base = f"{self.file}: {part}" if part else f"{self.file}: all"
        name = base if base not in self._names else f"{base} ({len(self._names)})"
        self._names.add(name)
        return name

    def damage_values(self) -> Iterator[tuple[str, int, str]]:
        for number, line in enumerate(self._damages):
            yield self.file, number, line
        if self._more_damages:
            more = quantity(self._more_damages, "more damaged part")
            yield self.file, MAX_DAMAGES, f"{more}; `warcio check` names them"

    def unusable_values(self) -> Iterator[tuple[str, str, int]]:
        for cause, captures in self._unusable.items():
            yield self.file, cause, captures


class Indexer:
    """Brings the index in `db` up to date. `copies` is the folder of unpacked copies."""

    def __init__(self, db: sqlite3.Connection, root: Path, copies: Path, progress: IndexProgress) -> None:
        self._db = db
        self._root = root
        self._copies = copies
        self._progress = progress
        self._finder = PartFinder(copies, progress.check)

    def update(self, files: Sequence[Path]) -> list[str]:
        """Index new and changed files and forget those that are gone; return the files that can't be opened, with why.

        Raises ArchiveError if the run ends.
        """
        known = {name: (size, mtime) for name, size, mtime in self._db.execute("SELECT file, size, mtime FROM files")}
        present: set[str] = set()
        unreadable: list[str] = []
        self._progress.files = len(files)
        for number, file in enumerate(files, 1):
            name = shown_path(file.relative_to(self._root))
            present.add(name)
            try:
                facts = (file.stat().st_size, file.stat().st_mtime_ns)
                if known.get(name) != facts or not self._has_copies(name):
                    self._progress.number, self._progress.file = number, name
                    self._read(file, name, facts, is_known=name in known)
            except OSError as error:
                unreadable.append(f"{name}: can't be read: {error.strerror or error}; mend that, or take it away")
        self._progress.file = ""
        with self._db:
            for name in known.keys() - present:
                self._forget(name)
        self._drop_unknown_copies()
        return unreadable

    def _read(self, file: Path, name: str, facts: tuple[int, int], *, is_known: bool) -> None:
        """Index a file in one transaction."""
        logger.info("indexing %s (%.1f MB)", shown_path(file), facts[0] / 1e6)
        notes = _Notes(name)
        with self._db:
            if is_known:
                self._forget(name)
            for found in self._finder.find(file, name):
                if found.damage is not None:
                    notes.add_damage(found.name, found.damage)
                if found.part is not None:
                    self._add_part(found, found.part, notes)
            self._db.executemany("INSERT INTO damages VALUES (?,?,?)", notes.damage_values())
            self._db.executemany("INSERT INTO unusable VALUES (?,?,?)", notes.unusable_values())
            self._db.execute("INSERT INTO files VALUES (?,?,?)", (name, *facts))

    def _add_part(self, found: FoundPart, part: Part, notes: _Notes) -> None:
        name = notes.file
        path = os.fsencode(found.copy or part.path.relative_to(self._root))
        if found.name or found.copy or path != os.fsencode(name):
            name = notes.new_name(found.name)
            values = (name, notes.file, path, bool(found.copy), part.start, part.end)
            self._db.execute("INSERT OR REPLACE INTO parts VALUES (?,?,?,?,?,?)", values)

        def on_damage(damage: Damage) -> None:
            is_said = found.damage is not None and (damage.is_gap or damage.cut_at is not None)
            if not is_said:  # by the damage of the whole part
                notes.add_damage(found.name, damage)

        captures = read_captures(part, on_damage, notes.add_unusable, self._on_record(part))
        self._db.executemany(f"INSERT OR REPLACE INTO rows VALUES ({_PLACES})", self._values(captures, name))  # noqa: S608

    def _on_record(self, part: Part) -> Callable[[int], None]:
        """Return the function that notes the offset of each record."""
        progress, records = self._progress, count(1)
        progress.size = (part.end or part.path.stat().st_size) - part.start

        def on_record(offset: int) -> None:
            progress.at = offset - part.start
            if next(records) % _CHECK_EVERY == 0:
                progress.check()

        return on_record

    def _values(self, captures: Iterator[WarcCapture], name: str) -> Iterator[tuple[Any, ...]]:
        for capture in captures:
            self._progress.captures += 1
            yield (
                urlkey_of(capture.url), capture.timestamp, capture.url, capture.mimetype, capture.statuscode,
                capture.digest, str(capture.length or "-"), name, capture.offset, capture.refers_to, capture.refers_id,
                capture.record_id, capture.digest_is_own,
            )  # fmt: skip

    def _has_copies(self, file: str) -> bool:
        """Whether the unpacked copies of a file are there."""
        paths = self._db.execute("SELECT path FROM parts WHERE file = ? AND is_copy", (file,))
        return all((self._copies / os.fsdecode(path)).is_file() for (path,) in paths)

    def _forget(self, file: str) -> None:
        """Forget a file that is known. The rows have no index by file: each call goes through all of them."""
        with_parts = "SELECT ? UNION SELECT name FROM parts WHERE file = ?"
        self._db.execute(f"DELETE FROM rows WHERE file IN ({with_parts})", (file, file))  # noqa: S608
        for table in ("files", "parts", "damages", "unusable"):
            self._db.execute(f"DELETE FROM {table} WHERE file = ?", (file,))  # noqa: S608

    def _drop_unknown_copies(self) -> None:
        known = {os.fsdecode(path) for (path,) in self._db.execute("SELECT path FROM parts WHERE is_copy")}
        if self._copies.is_dir():
            for copy in self._copies.iterdir():
                if copy.name not in known:
                    copy.unlink()
