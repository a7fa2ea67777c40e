"""The SQLite file of a WarcIndex: its schema, and opening it.

The index is a cache. A damaged one, or one with another schema version, is deleted and built again.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

COLUMNS: Final = (
    "urlkey, timestamp, original, mimetype, statuscode, digest, length, file, offset, refers_to, refers_id, record_id, "
    "digest_is_own"
)
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS files (file TEXT PRIMARY KEY, size INTEGER, mtime INTEGER);
CREATE TABLE IF NOT EXISTS parts (
    name TEXT PRIMARY KEY, file TEXT, path BLOB, is_copy INTEGER, start INTEGER, "end" INTEGER
);
CREATE TABLE IF NOT EXISTS rows ({COLUMNS}, PRIMARY KEY (urlkey, timestamp, file, offset)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_digest ON rows (digest);
CREATE TABLE IF NOT EXISTS damages (file TEXT, number INTEGER, damage TEXT, PRIMARY KEY (file, number));
CREATE TABLE IF NOT EXISTS unusable (file TEXT, cause TEXT, captures INTEGER, PRIMARY KEY (file, cause));
"""
_SCHEMA_VERSION: Final = 5
"""SQLite's user_version. 4 lacked captures whose dates have other forms, 3 had identifiers with brackets, 1 had no damages.

2 had neither parts nor references, and left out captures with reduced dates.
"""
_CACHE_KIB: Final = 65_536
"""SQLite's page cache. The rows of a file come in any order of their keys."""


def connect(index_file: Path) -> sqlite3.Connection:
    """Open the database of the index. A damaged one, or one with another schema version, is deleted and created again."""
    index_file.parent.mkdir(parents=True, exist_ok=True)
    if index_file.exists() and not _is_usable(index_file):
        logger.info("%s: damaged or of another version; the files are indexed again", index_file)
        for suffix in ("", "-journal"):
            index_file.with_name(index_file.name + suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(index_file, check_same_thread=False)
    connection.executescript(f"{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION}; PRAGMA cache_size = -{_CACHE_KIB};")
    return connection


def _is_usable(index_file: Path) -> bool:
    with closing(sqlite3.connect(index_file)) as connection:
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError:  # can't be opened, or locked: the content may be good
            raise
        except sqlite3.DatabaseError:
            return False
    return bool(version == _SCHEMA_VERSION and state == "ok")
