"""The titles of withheld texts in versions.jsonl and changes.jsonl, emptied without waiting for the next crawl.

Only titles are changed: the lines stay those of the run that wrote the file. A title that is withheld no more comes back
with the next crawl.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from pipelines.catalog.read_only import reading
from pipelines.catalog.version_rows import version_rows
from pipelines.errors import OutputError
from pipelines.output.storage import open_storage
from pipelines.versions import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from hashlib import _Hash as HASH

    import sqlalchemy as sa

    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.takedown import Takedown

FILES: Final = ("versions.jsonl", "changes.jsonl")
_REPLACEMENT: Final = ".withheld"
"""Suffix of the name under which a file is made: a run's end may be writing one of the same name with `.tmp`."""
_MAX_LINE: Final = 1 << 20
"""Bytes of a line that are read at once. No version needs as many: a URL has 8,192 characters at most."""
_TRIES: Final = 3
"""A run that ends replaces a file once."""
_NAMES: Final = ("domain", "page", "url", "first_seen", "last_seen", "text_sha256")


def withhold_titles(root: Location, catalog_url: str, takedown: Takedown) -> None:
    """Empty the titles of withheld texts in the files of an output folder. Raises OutputError.

    No lock is taken: a file that a run replaces meanwhile is read again.
    """
    if not takedown:
        return
    with reading(root, catalog_url) as connection:
        withheld, storage = _WithheldLines(connection, takedown), open_storage(root)
    try:
        for name in FILES:
            if storage.size(name):
                _withhold(storage, name, withheld)
    except OSError as error:
        raise OutputError(f"{root}: can't write: {error.strerror or error}; see OUTPUT_DIR") from error


class _WithheldLines:
    """Which lines are withheld: by what they say themselves, and by what the catalog knows of the version since."""

    def __init__(self, connection: sa.Connection, takedown: Takedown) -> None:
        self._withheld = Withheld(connection, takedown)
        self._recorded = {_key(row) for row in version_rows(connection) if self._withheld.has(row)}

    def has(self, row: Mapping[str, str]) -> bool:
        return _key(row) in self._recorded or self._withheld.has(row)


def _key(row: Mapping[str, Any] | sa.RowMapping) -> tuple[str, str, str]:
    return row["domain"], row["page"], row["text_sha256"]


def _withhold(storage: Storage, name: str, withheld: _WithheldLines) -> None:
    made = name + _REPLACEMENT
    for _ in range(_TRIES):
        if not any(_shown(line, withheld) != line for line in _raw(storage, name)):
            if storage.size(made):  # of a report that was killed
                storage.delete(made)
            return
        read = sha256()
        with suppress(FileNotFoundError):  # another report has moved it
            storage.write(made, (_shown(line, withheld) for line in _raw(storage, name, read)))
            if _hash(storage, name) == read.digest():
                storage.move(made, name)
                return
            storage.delete(made)
    raise OutputError(f"{storage.location(name)}: another process wrote it meanwhile, {_TRIES} times; run this again")


def _hash(storage: Storage, name: str) -> bytes:
    found = sha256()
    for _ in _raw(storage, name, found):
        pass
    return found.digest()


def _raw(storage: Storage, name: str, read: HASH | None = None) -> Iterator[bytes]:
    """Yield the lines of a file; `read` is to hash them."""
    with storage.open(name) as stream:
        while line := stream.readline(_MAX_LINE):
            if read:
                read.update(line)
            yield line


def _shown(line: bytes, withheld: _WithheldLines) -> bytes:
    """Return a line without its title if that is withheld. One that is no version of ours stays."""
    try:
        row = json.loads(line)
        if not row.get("title"):
            return line
        about = {name: str(row.get(name) or "") for name in _NAMES}
        about["timestamp"] = re.sub(r"\D", "", str(row.get("timestamp") or ""))[:14]  # a moment, in the first release
        return json.dumps(row | {"title": None}, ensure_ascii=False).encode() + b"\n" if withheld.has(about) else line
    except (ValueError, AttributeError, RecursionError):
        return line
