"""croissant.json: the description of an export for machine learning tools, with its responsible-AI fields.

Croissant 1.0: https://docs.mlcommons.org/croissant/docs/croissant-spec.html; RAI 1.0:
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.export.dataset_words import words_of
from pipelines.export.describe import DESCRIPTION, LICENCE, NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.columns import Column
    from pipelines.export.dataset_facts import DatasetFacts
    from pipelines.export.describe import File

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


def croissant(files: Sequence[File], facts: DatasetFacts) -> dict[str, Any]:
    """Return croissant.json."""
    distinct = {file.name: file for file in files}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": NAME,
        "description": DESCRIPTION,
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "license": LICENCE,
        "citeAs": "wayback-policies; the policies are their authors'",
        "version": facts.version,
        **({"datePublished": facts.created[:10]} if facts.created else {}),
        **_responsible(facts),
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


def _responsible(facts: DatasetFacts) -> dict[str, Any]:
    """Return the fields of the RAI vocabulary."""
    first, last = facts.tally.first_seen, facts.tally.last_seen
    timeframe = {"rai:dataCollectionTimeframe": [first, last]} if first else {}
    return {f"rai:{name}": text for name, text in sorted(words_of(facts).items())} | timeframe


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
