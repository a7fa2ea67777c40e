"""The rows of the table `documents`: made of documents, and named after their mementos. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pipelines.items import MementoKey
from pipelines.kinds import folder_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.fingerprint import Fingerprint, NearIndex, bands, fingerprint, from_bands

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.document import Document
    from pipelines.items import Snapshot

Row = dict[str, Any]
"""A row of the table `documents`."""


def memento_of(row: Row) -> MementoKey:
    """Return the key of the memento that a document stands under."""
    return MementoKey(row["timestamp"], row["url"], row["archive"])


def name_of(row: Row) -> str:
    """Return the name of a document's file in the folder of its domain: `20150630120000.txt`, `terms/20150630120000.txt`."""
    return str(row["path"]).removeprefix(f"text/{row['domain']}/")


def file_names(timestamp: str, texts: Iterable[str], searched_as: str = PRIVACY.name) -> dict[str, str]:
    """Return the file name of each text (by text_sha256) of a kind whose memento has this timestamp.

    Alone it is `<timestamp>.txt`; two pages in the same second are told apart by the text, whichever came first.
    """
    shas = list(texts)
    if len(shas) == 1:
        return {shas[0]: f"{folder_of(searched_as)}{timestamp}.txt"}
    return {sha: f"{folder_of(searched_as)}{timestamp}-{sha[:8]}.txt" for sha in shas}


def staged_name(row: Row) -> str:
    """Return the name under which a document's file is staged."""
    return f"{folder_of(row['searched_as'])}{row['timestamp']}-{row['text_sha256'][:8]}.txt"


def set_paths(domain: str, rows: Iterable[Row]) -> None:
    """Give each row of a domain the path of its file."""
    by_second: defaultdict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        by_second[row["timestamp"], row["searched_as"]][row["text_sha256"]] = row
    for (timestamp, searched_as), of_second in by_second.items():
        for sha, name in file_names(timestamp, of_second, searched_as).items():
            of_second[sha]["path"] = f"text/{domain}/{name}"


def row_of(snapshot: Snapshot, document: Document) -> Row:
    """Return a document's row, its path left empty."""
    return {
        "domain": snapshot.domain,
        "timestamp": snapshot.memento.timestamp,
        "url": snapshot.memento.url,
        "archive": snapshot.memento.archive,
        "source_url": snapshot.memento.source_url,
        "snapshot_url": document.snapshot_url,
        "path": "",
        "file_sha256": sha256_of(document.text.encode()),
        **facts_of(document),
    }


def facts_of(document: Document) -> Row:
    """Return the columns that tell of the text."""
    print_ = fingerprint(document.title or "", document.body)
    return {
        "text_sha256": document.text_sha256,
        "kind": document.kind,
        "searched_as": document.sought.name,
        "reading": document.reading,
        "reading_coverage": document.reading_coverage,
        "title": document.title,
        "words": document.words,
        "language": document.language,
        "policy_score": document.policy_score,
        "converter_version": document.converter_version,
        "dateless_sha256": print_.dateless_sha256,
        **{f"band{number}": band for number, band in enumerate(bands(print_.simhash))},
    }


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def near_duplicates(rows: list[Row]) -> dict[str, str | None]:
    """Return, by text_sha256, the earliest document of the same domain that each one is near to (rows in time order)."""
    index = NearIndex()
    near: dict[str, str | None] = {}
    for row in rows:
        print_ = Fingerprint(from_bands(tuple(row[f"band{n}"] for n in range(4))), row["dateless_sha256"])
        near[row["text_sha256"]] = index.earliest(print_)
        index.add(row["text_sha256"], print_)
    return near
