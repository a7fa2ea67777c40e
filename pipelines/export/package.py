"""An export of tables: data files, their descriptions and a README.md in one folder.

The files are made in a temporary local folder, because SQLite and Parquet can't write to a storage, and then stored.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError, UsageError
from pipelines.export.croissant_metadata import croissant
from pipelines.export.dataset_facts import Tally, read_facts
from pipelines.export.datasette import METADATA, datasette_metadata
from pipelines.export.datasheet import datasheet
from pipelines.export.describe import File, datapackage, describe_file
from pipelines.export.notice import readme
from pipelines.export.writers import FORMATS
from pipelines.output.storage import Kind, open_storage
from pipelines.takedown import NOTHING
from pipelines.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from pipelines.export.tables import Table
    from pipelines.export.writers import Format
    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

_DESCRIPTIONS: Final = ("DATASHEET.md", "README.md", "croissant.json", "datapackage.json")
"""The files that stand beside the data files."""

_PART = 1 << 20
"""Bytes of a finished file held in memory at a time."""


def export_tables(
    output_dir: Location,
    folder: Location,
    tables: Sequence[Table],
    form: str,
    *,
    catalog_url: str = "",
    topics: Topics | None = None,
    takedown: Takedown = NOTHING,
) -> tuple[File, ...]:
    """Write tables in a format (one of FORMATS) and their descriptions to `folder`; return the data files.

    All files are complete in a temporary folder before any is copied to `folder`. Raises OutputError, and UsageError if
    `folder` can't take them or the package of the format is not installed. `takedown` withholds texts.
    """
    storage = open_storage(folder)
    _check_target(storage, {*_DESCRIPTIONS, *(FORMATS[form].file.format(table=table.name) for table in tables)})
    try:
        with TemporaryDirectory(prefix="export-") as new, reading(output_dir, catalog_url) as connection:
            found = partial(read_versions, connection, output_dir, topics=topics, takedown=takedown)
            files = _write(connection, Path(new), tables, FORMATS[form], found)
            for path in sorted(Path(new).iterdir()):
                storage.write(path.name, _parts(path))
    except OSError as error:
        raise OutputError(
            f"{folder}: can't write here: {error.strerror or error}; name another folder with -o"
        ) from error
    return files


def _check_target(storage: Storage, names: Iterable[str]) -> None:
    """Raise UsageError if the files can't be written: an export of many versions takes minutes to make."""
    try:
        storage.check_writable()
        blocked = next((name for name in sorted(names) if storage.kind(name) is Kind.FOLDER), None)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"{storage.location()}: can't write here: {reason}; name another folder with -o") from error
    if blocked:
        raise UsageError(f"{storage.location(blocked)}: is a folder; remove it or name another folder with -o")


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while part := stream.read(_PART):
            yield part


def _write(
    connection: Connection, new: Path, tables: Sequence[Table], writer: Format, found: Callable[[], Iterator[Version]]
) -> tuple[File, ...]:
    places = [(new / writer.file.format(table=table.name), table) for table in tables]
    tally = Tally()
    counts = []
    for number, (path, table) in enumerate(places):
        versions = found() if number else _tallied(found(), tally)
        counts.append(writer.write(path, table, table.rows(versions)))
    files = tuple(
        describe_file(*place, writer, rows, tally.withheld) for place, rows in zip(places, counts, strict=True)
    )
    facts = read_facts(connection, tally)
    _write_json(new / "datapackage.json", datapackage(files, facts))
    _write_json(new / "croissant.json", croissant(files, facts))
    if writer.has_datasette:
        _write_json(new / METADATA, datasette_metadata(files, facts))
    (new / "DATASHEET.md").write_text(datasheet(facts), encoding="utf-8")
    (new / "README.md").write_text(readme(files), encoding="utf-8")
    return files


def _tallied(found: Iterable[Version], tally: Tally) -> Iterator[Version]:
    for version in found:
        tally.add(version)
        yield version


def _write_json(path: Path, data: dict[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
