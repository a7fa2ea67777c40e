"""metadata.json: how Datasette shows the SQLite export (https://docs.datasette.io/en/stable/metadata.html). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.export.describe import DESCRIPTION, LICENCE, TITLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.export.dataset_facts import DatasetFacts
    from pipelines.export.describe import File

METADATA: Final = "metadata.json"
_FACETS: Final = ("company", "change_class", "language")
_QUERIES: Final = {
    "latest_changes": {
        "title": "Latest changes that say something new",
        "sql": (
            "SELECT company, first_seen, words_added, words_removed, topics_changed, snapshot_url FROM versions "
            "WHERE change_class = 'substantive' ORDER BY first_seen DESC LIMIT 100"
        ),
    },
    "in_force_on": {
        "title": "Versions in force on a date, such as 2018-05-25",
        "sql": (
            "SELECT company, page, first_seen, last_seen, snapshot_url FROM versions "
            "WHERE substr(first_seen, 1, 10) <= :date AND substr(last_seen, 1, 10) >= :date ORDER BY company, page"
        ),
    },
}


def datasette_metadata(files: Sequence[File], facts: DatasetFacts) -> dict[str, Any]:
    """Return metadata.json for a database with these tables."""
    return {
        "title": TITLE,
        "description": f"{DESCRIPTION} Version {facts.version}.",
        "license": LICENCE,
        "databases": {
            file.name.rpartition(".")[0]: {
                "tables": {each.table.name: _table(each) for each in files if each.name == file.name},
                "queries": _QUERIES,
            }
            for file in files
        },
    }


def _table(file: File) -> dict[str, Any]:
    table = file.table
    names = [column.name for column in table.columns]
    has_time = "first_seen" in names
    return {
        "title": table.title,
        "columns": table.key_descriptions | {column.name: column.whole for column in table.columns},
        "facets": [name for name in _FACETS if name in names],
        **({"sort_desc": "first_seen", "label_column": "id"} if has_time else {}),
        **({"fts_table": f"{table.name}_fts", "fts_pk": "key"} if "text_plain" in names else {}),
    }
