"""Real captures at random over several WARC files, as if several archives had them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def split(source: Path, index_file: Path, paths: Sequence[Path], domains: Sequence[str], seed: int) -> None:
    """Write the records of some domains' captures over `paths`; `index_file` says where they stand in `source`.

    Each record is copied as it is: it is a gzip member of its own.
    """
    surts = tuple(",".join(reversed(domain.split("."))) for domain in domains)
    with closing(sqlite3.connect(index_file)) as db:
        places = [
            (offset, int(length))
            for urlkey, offset, length in db.execute("SELECT urlkey, offset, length FROM rows ORDER BY offset")
            if urlkey.startswith(surts)
        ]
    dice = random.Random(seed)  # noqa: S311 - dice of a test
    pieces: list[list[bytes]] = [[] for _ in paths]
    with source.open("rb") as file:
        for offset, length in places:
            file.seek(offset)
            dice.choice(pieces).append(file.read(length))
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(b"".join(piece))
