"""The check of versions.jsonl: it has the versions that the catalog has."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from crawler.checks.finding import WRITTEN, Finding
from pipelines.columns import json_line
from pipelines.takedown import NOTHING
from pipelines.versions import COLUMNS, read_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from io import BufferedIOBase

    import sqlalchemy as sa

    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics

FILE: Final = "versions.jsonl"
_MAX_LINE: Final = 1 << 20
"""Bytes of a line that are read at once. No version needs as many: a URL has 8,192 characters at most."""


class VersionsCheck:
    """Checks versions.jsonl line by line. `count` is the number of versions so far."""

    def __init__(
        self,
        db: sa.Connection,
        root: Location,
        storage: Storage,
        topics: Topics | None = None,
        takedown: Takedown = NOTHING,
    ) -> None:
        self._db = db
        self._root = root
        self._storage = storage
        self._topics = topics
        self._takedown = takedown
        self.count = 0

    def all(self, domains: Collection[str] = ()) -> Iterator[Finding]:
        """Yield the first difference, of the versions of these listed domains if any are named."""
        where = self._storage.location(FILE)
        expected = self._expected(domains)
        if self._storage.size(FILE) is None:
            if self.count or next(expected, None) is not None:
                yield Finding(where, "it is no file" if self._storage.kind(FILE) else "it is missing", WRITTEN)
            self.count += sum(1 for _ in expected)
            return
        with self._storage.open(FILE) as stream:
            found = _lines(stream, domains)
            pairs = zip_longest(expected, found)
            for line, (number, offset, data) in ((line, at or (0, 0, b"")) for line, at in pairs):
                if line == data:
                    continue
                if not data:
                    yield Finding(where, f"it lacks versions, from number {self.count} on", WRITTEN)
                else:
                    what = "is none of the catalog's versions" if line is None else "is not as the catalog has it"
                    yield Finding(f"{where} at byte {offset}", f"line {number} {what}", WRITTEN)
                break
            self.count += sum(1 for _ in expected)

    def _expected(self, domains: Collection[str]) -> Iterator[bytes]:
        for version in read_versions(self._db, self._root, topics=self._topics, takedown=self._takedown):
            if not domains or version.domain in domains:
                self.count += 1
                yield json_line(version, COLUMNS)


def _lines(stream: BufferedIOBase, domains: Collection[str]) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, offset and bytes of each line, only those of the domains named if any are."""
    number, offset = 0, 0
    while line := stream.readline(_MAX_LINE):
        number += 1
        if not domains or _domain(line) in domains:
            yield number, offset, line
        offset += len(line)


def _domain(line: bytes) -> str:
    try:
        found = json.loads(line).get("domain")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""
