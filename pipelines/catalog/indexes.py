"""Indexes of the table `captures` that hold few of its rows: for questions about all domains that must not scan all rows.

A partial index is used for a condition in its own words (SQLite compares them), so the words are constants here.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, text

from pipelines.catalog.schema import captures
from pipelines.items import Fate

_NAMED: Final = {fate for fate in Fate if not fate.is_final} | {Fate.EXCLUDED, Fate.UNREADABLE, Fate.NEEDS_SCRIPT}
_WORDS: Final = ", ".join(f"'{fate}'" for fate in sorted(_NAMED))
IS_NAMED: Final = f"fate IN ({_WORDS})"
"""That a capture has a fate that `status` names with its cause: lost, excluded, unreadable, or in need of a script."""


def _partial(name: str, where: str, *columns: str) -> Index:
    is_in = text(where)
    return Index(name, *(captures.c[column] for column in columns), sqlite_where=is_in, postgresql_where=is_in)


CAPTURE_INDEXES: Final = (
    _partial("captures_by_run", "recorded IS NOT NULL", "recorded", "domain"),
    _partial("captures_named", IS_NAMED, "fate", "domain"),
    _partial("captures_asked_again", "again IS NOT NULL", "domain"),
    _partial("captures_told", "digest = '-' AND length = '-'", "domain"),
)
"""By the run that first gave a text; those named; those asked for again; those of catalog.playback_rows."""
