"""manifest.json: every file of an evidence folder with its SHA-256, and where all that is in it is from. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from pipelines.columns import plain
from pipelines.document import snapshot_url
from pipelines.items import moment_of
from pipelines.output.row_values import sha256_of
from pipelines.output.warc_writer import payload_digest
from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.evidence.subject import ProvenCapture, ProvenVersion, Subject
    from pipelines.evidence.warc_copy import CopiedMemento, CopiedRecord
    from pipelines.measures import Change

FORMAT: Final = 1
"""Version of the manifest's form."""
_OF_RUN: Final = ("moment", "finished", "archive", "exit_status", "reason")
_OF_VERSION: Final = (
    "id", "change", "company", "domain", "kind", "page", "first_seen", "last_seen", "captures", "url", "timestamp",
    "archive", "source_url", "snapshot_url", "title", "words", "language", "text_sha256", "reading",
    "reading_coverage", "policy_score", "policy_threshold", "is_policy", "converter_version", "recorded",
)  # fmt: skip


def manifest(
    subject: Subject,
    change: Change | None,
    files: Mapping[str, bytes],
    *,
    names: Mapping[str, str],
    software: Mapping[str, Any],
) -> bytes:
    """Return the manifest. `files` are all others; `names` has those of texts and bodies, by SHA-256 of their bytes."""
    data = {
        "format": FORMAT,
        "about": "NOTE.txt says what this shows and what it does not",
        "software": dict(software),
        "versions": [_version(each, names) for each in subject.versions],
        "change": asdict(change) if change and not subject.is_side_by_side else None,
        "missing": list(subject.losses),
        "files": {
            name: {"sha256": sha256_of(content), "bytes": len(content)} for name, content in sorted(files.items())
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False).encode(errors="replace") + b"\n"


def _version(proven: ProvenVersion, names: Mapping[str, str]) -> dict[str, Any]:
    version = proven.version
    run = {name: proven.run[name] for name in _OF_RUN} if proven.run else None
    if run:
        run["archive"] = redacted(str(run["archive"]))
    return {
        **{name: plain(getattr(version, name)) for name in _OF_VERSION},
        "text_file": None if proven.text is None else names[sha256_of(proven.text)],
        "first_seen_by_run": run,
        "rests_on": [_capture(each, names) for each in proven.captures],
    }


def _capture(proven: ProvenCapture, names: Mapping[str, str]) -> dict[str, Any]:
    capture, copied = proven.capture, proven.copied
    at, url, _ = capture.memento or (capture.timestamp, capture.url, "")
    shown = {
        "roles": list(capture.roles),
        "captured": plain(moment_of(at)),
        "url": url,
        "snapshot_url": snapshot_url(url, at),
        "archive": capture.archive,
        "listed_as": {"timestamp": capture.timestamp, "original": capture.url, "digest": capture.digest or None},
        "cause": capture.cause or None,
        "memento": None if copied is None else _memento(copied, names),
    }
    if copied is not None and capture.digest:
        shown["archive_digest_is_that_of_the_body"] = capture.digest == payload_digest(copied.memento.body)
    return shown


def _memento(copied: CopiedMemento, names: Mapping[str, str]) -> dict[str, Any]:
    memento = copied.memento
    return {
        "status": memento.status,
        "source_url": memento.source_url,
        "retrieved": copied.retrieved or None,
        "payload_digest": f"sha1:{payload_digest(memento.body)}" if memento.body else None,
        "body_file": names.get(sha256_of(memento.body)),
        "record": _record(copied.record),
        "record_with_body": None if copied.payload == copied.record else _record(copied.payload),
        "request": None if copied.request is None else _record(copied.request),
    }


def _record(record: CopiedRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "type": record.type,
        "date": record.date,
        "file": "records.warc.gz",
        "offset": record.offset,
        "length": record.length,
        "copied_from": f"{record.source} at byte {record.source_offset}",
    }
