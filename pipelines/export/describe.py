"""datapackage.json: the description of an export for Frictionless tools, from the columns of its tables.

Data Package: https://specs.frictionlessdata.io (v1, which validators of v2 read too).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipelines.export.dataset_words import parameters_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.columns import Column
    from pipelines.export.dataset_facts import DatasetFacts
    from pipelines.export.tables import Table
    from pipelines.export.writers import Format

NAME: Final = "privacy-policy-versions"
TITLE: Final = "Versions of privacy policies"
DESCRIPTION: Final = (
    "Every version of companies' privacy policies that a web archive holds, with the dates between which each was there; "
    "made by wayback-policies. README.md says whose texts they are."
)
LICENCE: Final = "Texts: their authors', quoted for research (README.md). No licence is claimed for them."


@dataclass(frozen=True, slots=True)
class File:
    """A data file of an export, with the table it holds and its number of rows; `size` is in bytes."""

    table: Table
    format: Format
    name: str
    size: int
    sha256: str
    rows: int
    withheld: int = 0
    """Texts that the takedown list withholds."""


def describe_file(path: Path, table: Table, form: Format, rows: int, withheld: int = 0) -> File:
    """Return the description of a finished data file: its size, hash and rows."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(table, form, path.name, path.stat().st_size, digest, rows, withheld)


def datapackage(files: Sequence[File], facts: DatasetFacts) -> dict[str, Any]:
    """Return datapackage.json. What is no property of a data package stands under `wayback_policies`."""
    return {
        "profile": "data-package",
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": facts.version,
        **({"created": facts.created} if facts.created else {}),
        "licenses": [{"path": "README.md", "title": LICENCE}],
        "resources": [_resource(file) for file in files],
        "wayback_policies": parameters_of(facts),
    }


def _resource(file: File) -> dict[str, Any]:
    table = file.table
    schema: dict[str, Any] = {
        "fields": [_table_schema_field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "foreignKeys": [
            {
                "fields": [name],
                "reference": {"resource": "" if table.name == "versions" else "versions", "fields": ["id"]},
            }
            for name in table.links
        ],
    }
    return {
        "name": table.name,
        "path": file.name,
        "title": table.title,
        "format": file.name.rpartition(".")[2],
        "mediatype": file.format.media_type,
        "encoding": "utf-8",
        **({"bytes": file.size, "hash": f"sha256:{file.sha256}"} if file.format.measured else {}),
        "schema": schema,
    }


def _table_schema_field(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.type,
        "description": column.whole,
        **({"unit": column.unit} if column.unit else {}),
        **({"constraints": {"required": True}} if column.required else {}),
    }
