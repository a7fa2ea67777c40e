"""The titles of withheld texts in versions.jsonl and changes.jsonl, emptied without waiting for the next crawl.

Only titles are changed: the lines stay those of the run that wrote the file. A title that is withheld no more comes back
with the next crawl.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.output.storage import open_storage
from pipelines.versions import Withheld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as HASH

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
        withheld, storage = Withheld(connection, takedown), open_storage(root)
    try:
        for name in FILES:
            if storage.size(name):
                _withhold(storage, name, withheld)
    except OSError as error:
        raise OutputError(f"{root}: can't write: {error.strerror or error}; see OUTPUT_DIR") from error


def _withhold(storage: Storage, name: str, withheld: Withheld) -> None:
    for _ in range(_TRIES):
        if not any(_shown(line, withheld) != line for line in _raw(storage, name)):
            return
        made, read = name + _REPLACEMENT, sha256()
        storage.write(made, (_shown(line, withheld) for line in _raw(storage, name, read)))
        if _hash(storage, name) == read.digest():
            storage.move(made, name)
            return
        storage.delete(made)
    raise OutputError(f"{storage.location(name)}: a run wrote it meanwhile, {_TRIES} times; run this again")


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


def _shown(line: bytes, withheld: Withheld) -> bytes:
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
