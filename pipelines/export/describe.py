"""The descriptions of an export for other tools, from the columns of its tables: datapackage.json and croissant.json.

Data Package: https://specs.frictionlessdata.io (v1, which validators of v2 read too); Croissant 1.0:
https://docs.mlcommons.org/croissant/docs/croissant-spec.html.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.columns import Column
    from pipelines.export.tables import Table
    from pipelines.export.writers import Format

NAME: Final = "privacy-policy-versions"
TITLE: Final = "Versions of privacy policies"
DESCRIPTION: Final = (
    "Every version of companies' privacy policies that a web archive holds, with the dates between which each was there; "
    "made by wayback-policies. README.md says whose texts they are."
)
LICENCE: Final = "Texts: their authors', quoted for research (README.md). No licence is claimed for them."

_CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The JSON-LD context of Croissant 1.0, from its specification."""

_CROISSANT_TYPES: Final = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "datetime": "sc:DateTime",
}


@dataclass(frozen=True, slots=True)
class File:
    """A data file of an export, with the table it holds and its number of rows; `size` is in bytes."""

    table: Table
    format: Format
    name: str
    size: int
    sha256: str
    rows: int


def describe_file(path: Path, table: Table, form: Format, rows: int) -> File:
    """Return the description of a finished data file: its size, hash and rows."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return File(table, form, path.name, path.stat().st_size, digest, rows)


def datapackage(files: Sequence[File], *, created: str) -> dict[str, Any]:
    """Return datapackage.json; `created` is a moment in ISO 8601, or empty."""
    return {
        "profile": "data-package",
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        **({"created": created} if created else {}),
        "licenses": [{"path": "README.md", "title": LICENCE}],
        "resources": [_resource(file) for file in files],
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


def croissant(files: Sequence[File], *, created: str) -> dict[str, Any]:
    """Return croissant.json; `created` is a moment in ISO 8601, or empty."""
    distinct = {file.name: file for file in files}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": NAME,
        "description": DESCRIPTION,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": LICENCE,
        "citeAs": "wayback-policies; the policies are their authors'",
        "version": "1.0.0",
        **({"datePublished": created[:10]} if created else {}),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "contentUrl": file.name,
                "contentSize": f"{file.size} B",
                "encodingFormat": file.format.media_type,
                "sha256": file.sha256,
            }
            for file in distinct.values()
        ],
        "recordSet": [_record_set(file) for file in files if file.format.in_croissant],
    }


def _croissant_type(column: Column, file: File) -> str:
    """Return the dataType of a column. Pandas, with which mlcroissant reads JSON lines, takes a `timestamp` for a date."""
    is_date = column.name == "timestamp" and file.name.endswith(".jsonl")
    return _CROISSANT_TYPES["datetime" if is_date else column.type]


def _record_set(file: File) -> dict[str, Any]:
    table = file.table
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.title,
        "key": [{"@id": f"{table.name}/{name}"} for name in table.key],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{table.name}/{column.name}",
                "name": column.name,
                "description": column.whole,
                "dataType": _croissant_type(column, file),
                "source": {"fileObject": {"@id": file.name}, "extract": {"column": column.name}},
            }
            for column in table.columns
        ],
    }
