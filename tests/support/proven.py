"""Output folders with mementos in their WARC files, and the evidence of their versions."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from crawler.archives.urlkey import urlkey_of
from pipelines.catalog.read_only import reading
from pipelines.convert import convert_html
from pipelines.digest.domain_versions import numbered
from pipelines.evidence.evidence_folder import Maker, evidence_files
from pipelines.evidence.subject import read_subject
from pipelines.items import Memento
from pipelines.kinds.privacy import PRIVACY
from pipelines.report.history import predecessor
from pipelines.topics.topics_file import default_topics
from pipelines.versions import read_versions
from tests.support.folders import file, opened

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.evidence.subject import Subject

URL = "http://example.com/privacy"
BODIES = {
    "20150101000000": b"<p>We keep mail addresses for one year.</p>",
    "20160101000000": b"<p>We keep mail addresses for one year.</p>",
    "20170101000000": b"<p>We keep mail addresses for two years.</p>",
    "20180101000000": b"<p>We keep mail addresses for two years.</p><!-- 2018 -->",
}
"""The bodies of a page's captures: the second is a revisit of the first, the last differs in a comment alone."""


def proven_folder(root: Path) -> Path:
    """Make a folder with a page of two versions, of two captures each."""
    with opened(root) as store:
        for timestamp, body in BODIES.items():
            source = f"https://web.archive.org/web/{timestamp}id_/{URL}"
            headers = (("Content-Type", "text/html"),)
            store.store_memento(Memento(timestamp, URL, source, 200, headers, body, "wayback"))
            text = body.decode().partition("</p>")[0].removeprefix("<p>")
            file(store, timestamp, text, digest=f"DIGEST{timestamp[:4]}")
    return root


def subject_of(root: Path, number: int, domain: str = "example.com", kind: str = PRIVACY.name) -> Subject:
    """Return what the evidence of a domain's version of this number and kind is made of."""
    with reading(root) as db:
        found = numbered(read_versions(db, root, of=[domain], kind=kind))
        after = found[number - 1]
        before = predecessor([each.version for each in found[: number - 1]], after.version)
        return read_subject(db, root, found[before - 1] if before else None, after)


def maker() -> Maker:
    return Maker("test/1", {"program": "test/1"}, default_topics(), urlkey_of)


def evidence_of(root: Path, number: int, domain: str = "example.com", kind: str = PRIVACY.name) -> dict[str, bytes]:
    """Return the files of the evidence of a domain's version of this number and kind."""
    return evidence_files(subject_of(root, number, domain, kind), maker())


def texts_of_commands(files: dict[str, bytes]) -> list[bytes]:
    """Return what the commands in the note of evidence print, in their order."""
    commands = re.findall(r"^    wayback-policies convert (.*)$", files["NOTE.txt"].decode(), re.MULTILINE)
    return [_converted(files, *shlex.split(command)) for command in commands]


def _converted(files: dict[str, bytes], body: str, *options: str) -> bytes:
    given: dict[str, Any] = {
        name[2:].replace("-", "_"): value for name, value in zip(options[::2], options[1::2], strict=True)
    }
    return convert_html(files[body], **given).text.encode()
