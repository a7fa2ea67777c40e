"""Validate an export folder, read every record, and print the result as JSON. Runs in the validators' own environment.

Usage: validators.py tables FOLDER | atom FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def tables(folder: Path) -> dict[str, Any]:
    """Validate with frictionless and mlcroissant. Each counts the records if it can read the format."""
    import frictionless  # noqa: PLC0415 - here, not in the project's environment
    import mlcroissant  # noqa: PLC0415

    report = frictionless.validate(folder / "datapackage.json")
    dataset = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    issues = dataset.metadata.ctx.issues
    return {
        "frictionless": {
            "valid": report.valid,
            "errors": [error.message for task in report.tasks for error in task.errors],
            "rows": {task.name: task.stats.get("rows") for task in report.tasks},
        },
        "croissant": {
            "errors": sorted(issues.errors),
            "warnings": sorted(issues.warnings),
            "rows": {each.id: _count(dataset, each.id) for each in dataset.metadata.record_sets},
        },
    }


def _count(dataset: Any, name: str) -> int | str:
    """Read all records and check each file's hash; return the number of records or the error."""
    try:
        return sum(1 for _ in dataset.records(name))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return str(error.__cause__ or error)


def atom(file: Path) -> dict[str, Any]:
    """Read a feed with feedparser."""
    import feedparser  # noqa: PLC0415

    feed = feedparser.parse(file.read_bytes())
    return {"well_formed": not feed.bozo, "version": feed.version, "titles": [entry.title for entry in feed.entries]}


if __name__ == "__main__":
    json.dump({"tables": tables, "atom": atom}[sys.argv[1]](Path(sys.argv[2])), sys.stdout)
