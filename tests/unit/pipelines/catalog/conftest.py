"""Every test of the catalog runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _on_either_database(database: object) -> None:
    """Let the module's tests have `database`; one that is about SQLite alone says so with ON_SQLITE."""
