"""The files of an evidence folder, and their writing. What is there already is never overwritten by something else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pipelines.document import one_line
from pipelines.errors import OutputError
from pipelines.evidence.comparison_page import comparison_page
from pipelines.evidence.manifest import manifest
from pipelines.evidence.note import note
from pipelines.evidence.wacz import About, Page, cdxj, wacz
from pipelines.measures import change_between
from pipelines.output.row_values import sha256_of
from pipelines.output.storage import TEMPORARY
from pipelines.output.texts import SUMS
from pipelines.similarity.compared_text import ComparedText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipelines.evidence.subject import ProvenVersion, Subject
    from pipelines.items import Memento
    from pipelines.measures import Change
    from pipelines.output.storage import Storage
    from pipelines.topics.topics_file import Topics
    from pipelines.versions import Version

MANIFEST: Final = "manifest.json"
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII)
_KINDS: Final = {"application/pdf": "pdf", "text/html": "html.txt", "application/xhtml+xml": "html.txt"}
"""Endings of body files. No browser takes a page with this one for a page, and runs what a stranger wrote."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes the evidence: program and settings as the manifest shows them, patterns of topics, and the SURT of URLs."""

    software: str
    facts: Mapping[str, Any]
    topics: Topics
    urlkey: Callable[[str], str]


def folder_name(version: Version) -> str:
    """Return where in the output folder the evidence of a version is: the same for the same version, in every run."""
    if not _DOMAIN.fullmatch(version.domain):
        raise OutputError(f"{version.domain!r:.80} is no listed domain: the catalog was not written by this program")
    digest = hashlib.sha256(version.id.encode(errors="replace")).hexdigest()[:8]
    return f"evidence/{version.domain}/{version.first_seen:%Y%m%d%H%M%S}-{digest}"


def evidence_files(subject: Subject, maker: Maker) -> dict[str, bytes]:
    """Return the files of an evidence folder by name, the manifest last. They depend on nothing but the arguments."""
    change = _change(subject, maker.topics)
    version = subject.after.version
    texts, bodies = dict(_texts(subject)), dict(_bodies(subject))
    names = {sha256_of(data): name for name, data in (texts | bodies).items()}
    shown = {**texts, "comparison.html": comparison_page(subject, change), "NOTE.txt": note(subject, names)}
    files = {**shown, **bodies}
    if warc := subject.warc.data:
        name = f"{version.domain}-{version.first_seen:%Y%m%d%H%M%S}.wacz"
        files |= {"records.warc.gz": warc, name: _wacz(subject, maker, warc, shown)}
    files[MANIFEST] = manifest(subject, change, files, names=names, software=maker.facts)
    sums = "".join(f"{sha256_of(data)}  {name}\n" for name, data in sorted(files.items()))
    return {SUMS: sums.encode(), **files}


def write_evidence(storage: Storage, prefix: str, files: Mapping[str, bytes]) -> bool:
    """Write the files under a folder's name (`evidence/.../`); return whether any was missing there.

    Raises OutputError, and writes nothing, if a file there has other content or is none of these.
    """
    there = [name.removeprefix(prefix) for name in _there(storage, prefix, files)]
    other = next((name for name in there if name not in files or storage.read(prefix + name) != files[name]), None)
    if other is not None:
        raise OutputError(
            f"{storage.location(prefix + other)}: is not what would be written now (more captures, another release, or a "
            "changed file); nothing was written: move that folder away, or name another with -o"
        )
    for name, data in files.items():
        storage.write_if_absent(prefix + name, data)
    return len(there) < len(files)


def _there(storage: Storage, prefix: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the names of what is in a folder; only of one foreign entry if it has any, which may be a large folder."""
    own = {name.partition("/")[0] for name in files}
    for entry in storage.entries(prefix):
        if entry.removeprefix(prefix).rstrip("/").removesuffix(TEMPORARY) not in own:
            yield entry
            return
    yield from (name for name in storage.list(prefix) if not name.endswith(TEMPORARY))


def _change(subject: Subject, topics: Topics) -> Change | None:
    documents = [each.document for each in subject.versions]
    if len(documents) < len(("before", "after")) or any(each is None for each in documents):
        return None
    old, new = (ComparedText.of(each) for each in documents if each is not None)
    return change_between(old, new, topics.of(subject.after.version.searched_as))


def _texts(subject: Subject) -> Iterator[tuple[str, bytes]]:
    for role, proven in zip(("after", "before"), reversed(subject.versions), strict=False):
        if proven.text is not None:
            yield f"text/{role}-{proven.version.path.rpartition('/')[2]}", proven.text


def _bodies(subject: Subject) -> Iterator[tuple[str, bytes]]:
    for memento in _mementos(subject):
        if memento.body:
            ending = _KINDS.get(memento.content_type.partition(";")[0].strip().lower(), "bin")
            yield f"body/{memento.timestamp}-{sha256_of(memento.body)[:8]}.{ending}", memento.body


def _mementos(subject: Subject) -> Iterator[Memento]:
    for proven in subject.versions:
        yield from (each.copied.memento for each in proven.captures if each.copied)


def _wacz(subject: Subject, maker: Maker, warc: bytes, shown: Mapping[str, bytes]) -> bytes:
    """Return the WACZ file, with what is for people to read in its folder `evidence`."""
    after = subject.after
    pages = list(dict.fromkeys(page for proven in subject.versions for page in _pages(proven)))
    title = f"{after.version.domain}: {after.numbered}"
    main = pages[-1] if pages else Page(after.version.url, after.version.timestamp, title)
    about = About(title, "Made as evidence of a text: see evidence/NOTE.txt", maker.software, main)
    more = {f"evidence/{name.rpartition('/')[2]}": data for name, data in shown.items()}
    return wacz(warc, cdxj(subject.warc.records, maker.urlkey), pages, about, more=more)


def _pages(proven: ProvenVersion) -> Iterator[Page]:
    title = one_line(proven.version.title or proven.version.url)
    for each in proven.captures:
        if each.copied:
            yield Page(each.copied.memento.url, each.copied.memento.timestamp, title)
