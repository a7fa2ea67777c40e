"""What an evidence folder is about: a version and the one before, each with its text and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.catalog.advisory_locks import files_at_work
from pipelines.catalog.memento_queries import MementoQueries
from pipelines.catalog.schema import documents, runs
from pipelines.document import parse
from pipelines.errors import OutputError, RecordUnreadable
from pipelines.evidence.version_captures import captures_of
from pipelines.evidence.warc_copy import WarcCopy
from pipelines.output.row_values import sha256_of
from pipelines.output.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.digest.domain_versions import Numbered
    from pipelines.document import Document
    from pipelines.evidence.version_captures import VersionCapture
    from pipelines.evidence.warc_copy import CopiedMemento
    from pipelines.output.location import Location
    from pipelines.output.storage import Storage
    from pipelines.versions import Version


@dataclass(frozen=True, slots=True)
class ProvenCapture:
    """A capture of a version, and its memento; None if it was not read, or its record can't be read."""

    capture: VersionCapture
    copied: CopiedMemento | None


@dataclass(frozen=True, slots=True)
class ProvenVersion:
    """A version, its text file (None if it is gone or changed), and the captures it rests on, in time order.

    `run` has the columns of the table `runs` for the run that first saw it; empty if the catalog does not know.
    """

    numbered: Numbered
    text: bytes | None
    captures: tuple[ProvenCapture, ...]
    run: Mapping[str, Any]

    @property
    def version(self) -> Version:
        return self.numbered.version

    @property
    def document(self) -> Document | None:
        return None if self.text is None else parse(self.text.decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is shown. `before` is None for a domain's first version, and where the takedown list has the one before.

    `losses` names what could not be had, in lines.
    """

    before: ProvenVersion | None
    after: ProvenVersion
    warc: WarcCopy
    losses: tuple[str, ...]
    is_before_withheld: bool = False

    @property
    def is_side_by_side(self) -> bool:
        """Whether the text before was still there when the other came: on another page, or in another variant."""
        return self.before is not None and self.before.version.last_seen >= self.after.version.first_seen

    @property
    def versions(self) -> tuple[ProvenVersion, ...]:
        """The versions in time order."""
        return (self.before, self.after) if self.before else (self.after,)


def read_subject(db: sa.Connection, root: Location, before: Numbered | None, after: Numbered) -> Subject:
    """Read all that a version and the one before rest on from an output folder, of which nothing is changed."""
    reader = _Reader(db, open_storage(root))
    is_withheld = before is not None and before.version.is_withheld
    proven = reader.version(before) if before and not is_withheld else None
    later = reader.version(after)
    return Subject(proven, later, reader.warc, tuple(dict.fromkeys(reader.losses)), is_before_withheld=is_withheld)


class _Reader:
    """Reads texts and records; notes what can't be read."""

    def __init__(self, db: sa.Connection, storage: Storage) -> None:
        self._db = db
        self._storage = storage
        self._mementos = MementoQueries(db)
        self.warc = WarcCopy(storage)
        self.losses: list[str] = []

    def version(self, numbered: Numbered) -> ProvenVersion:
        version = numbered.version
        found = tuple(ProvenCapture(each, self._copied(each)) for each in captures_of(self._db, version))
        return ProvenVersion(numbered, self._text(version), found, self._run(version))

    def _text(self, version: Version) -> bytes | None:
        """Return the text file if it is the one that the catalog knows."""
        known = sa.select(documents.c.file_sha256).where(
            documents.c.domain == version.domain, documents.c.text_sha256 == version.text_sha256
        )
        try:
            data = version.text().encode()
        except OutputError as error:
            self.losses.append(str(error))
            return None
        is_ours = self._db.execute(known).scalar() in {None, sha256_of(data)}
        if is_ours and parse(data.decode()).text_sha256 == version.text_sha256:
            return data
        self.losses.append(f"{self._storage.location(version.path)}: it was changed; a crawl restores it")
        return None

    def _copied(self, capture: VersionCapture) -> CopiedMemento | None:
        if capture.memento is None:
            return None
        row = self._mementos.memento(capture.memento)
        if row is None:
            self.losses.append(f"no record of {capture.url} of {capture.timestamp} ({capture.archive}) is known")
            return None
        try:
            return self.warc.add(row)
        except RecordUnreadable as error:
            under_way = files_at_work(self._db, [PurePosixPath(error.name).name])
            mend = (
                "a run that is at work has it on its machine until it ends" if under_way else "a crawl fetches it again"
            )
            self.losses.append(f"{error} (needed for {capture.url} of {capture.timestamp}); {mend}")
            return None

    def _run(self, version: Version) -> dict[str, Any]:
        if version.recorded is None:
            return {}
        start = version.recorded.strftime("%Y-%m-%dT%H:%M:%S")
        query = sa.select(runs).where(runs.c.moment.startswith(start, autoescape=True)).limit(1)
        row = self._db.execute(query).mappings().first()
        return dict(row) if row else {}
