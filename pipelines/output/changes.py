"""What is new: changes.jsonl, changes.atom and feeds/<company>.atom, projections of the catalog like versions.jsonl.

A version is new to the run that first gave one of its captures a text; `captures.recorded` keeps that moment through
rebuilds and later finds. So a text that comes back is news, an earlier first capture of a known version is not, and what
a new converter makes of known captures is not either.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import sqlalchemy as sa

from pipelines.catalog.schema import captures
from pipelines.columns import json_line, plain
from pipelines.output.storage import open_storage
from pipelines.report.page_names import slugs
from pipelines.report.recorded import domains_by_company
from pipelines.similarity.change_class import NOISE
from pipelines.versions import COLUMNS, NEWS_FIRST, read_versions, shared_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from pipelines.topics.topics_file import Topics
    from pipelines.versions import SharedTexts, Version

FEED_ENTRIES: Final = 200
"""Entries of the feed: a reader that looks in once a week misses none of some thirty changes a day."""

COMPANY_ENTRIES: Final = 50
"""Entries of a company's feed."""
FEEDS: Final = "feeds/"
"""The folder of the companies' feeds."""

EVER: Final = "0"
"""A moment before all others, as the catalog writes them."""
_NAMES: Final = uuid.UUID("b1f0a6d8-6d51-5b8c-9b0e-6a3f1c8f0a27")
"""Namespace of the feed's ids; any, but always the same."""
_SCHEME: Final = "urn:wayback-policies"
"""Names the categories of entries: `:class` and `:topic`."""
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (production 2, Char)."""
_CHANGES: Final = {"first": "first version", "changed": "changed", "returned": "an earlier text is back"}


def write_changes(
    connection: Connection,
    root: Path,
    *,
    after: str,
    topics: Topics | None = None,
    shared: SharedTexts | None = None,
) -> int:
    """Write both files in `root`; return how many versions were recorded after a moment, as the catalog writes it.

    `shared` is what `shared_texts` returns, if it is known already.
    """
    storage, count = open_storage(root), 0
    shared = shared_texts(connection) if shared is None else shared

    def lines() -> Iterator[bytes]:
        nonlocal count
        for version in read_versions(connection, root, after=after or EVER, topics=topics, shared=shared):
            count += 1
            yield json_line(version, COLUMNS)

    storage.write("changes.jsonl", lines())
    newest, noise = _newest(read_versions(connection, root, order=NEWS_FIRST, after=EVER, topics=topics, shared=shared))
    begun = connection.execute(sa.select(sa.func.min(captures.c.recorded)).where(captures.c.recorded > EVER)).scalar()
    storage.write("changes.atom", atom(newest, begun=begun or "", noise=noise))
    _write_feeds(connection, root, begun or "", topics, shared)
    return count


def _write_feeds(connection: Connection, root: Path, begun: str, topics: Topics | None, shared: SharedTexts) -> None:
    """Write a feed for each company, feeds/<company>.atom, and delete those of companies that have none any more."""
    storage = open_storage(root)
    names = slugs(domains_by_company(connection))
    written = set()
    found = read_versions(connection, root, order=f"company, {NEWS_FIRST}", after=EVER, topics=topics, shared=shared)
    for company, of in groupby(found, key=lambda version: version.company):
        newest, noise = _newest(of, COMPANY_ENTRIES)
        name = f"{FEEDS}{names[company]}.atom"
        storage.write(
            name, atom(newest, begun=f"{begun} {company}", noise=noise, title=f"{company}: changes of its policy")
        )
        written.add(name)
    for name in set(storage.list(FEEDS)) - written:
        if name.endswith(".atom"):
            storage.delete(name)


def _newest(versions: Iterable[Version], most: int = FEED_ENTRIES) -> tuple[list[Version], Mapping[str, int]]:
    """Return the newest versions that say something new, and how many between them do not, by class."""
    newest: list[Version] = []
    noise: Counter[str] = Counter()
    for version in versions:
        if len(newest) == most:
            break
        if version.change_class in NOISE:
            noise[version.change_class] += 1
        else:
            newest.append(version)
    return newest, noise


def atom(
    newest: Sequence[Version],
    *,
    begun: str,
    noise: Mapping[str, int] = MappingProxyType({}),
    title: str = "Changes of privacy policies",
) -> bytes:
    """Return an Atom feed (RFC 4287) of versions, the newest first; it quotes titles, never texts.

    `begun` is when the output folder saw its first version: what tells its feed from those of others. `noise` counts the
    changes that say nothing new and are left out, by class.
    """
    feed = ET.Element("feed", {"xmlns": "http://www.w3.org/2005/Atom"})
    _add(feed, "title", title)
    if noise:
        left_out = ", ".join(f"{count} {name}" for name, count in sorted(noise.items()))
        _add(feed, "subtitle", f"Left out, as they say nothing new: {left_out}; changes.jsonl and the report have them")
    _add(feed, "id", _urn(begun))
    _add(feed, "updated", _moment(newest[0]) if newest else "1970-01-01T00:00:00Z")
    _add(_add(feed, "author"), "name", "wayback-policies")
    _add(feed, "generator", "wayback-policies")
    for version in newest:
        _add_entry(feed, version)
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'.encode()


def _add_entry(feed: ET.Element, version: Version) -> None:
    entry = _add(feed, "entry")
    _add(entry, "title", f"{version.company}: {_CHANGES[version.change]}, captured {version.first_seen:%Y-%m-%d}")
    _add(entry, "id", _urn(version.id))
    _add(entry, "updated", _moment(version))
    _add(entry, "link", rel="alternate", href=version.snapshot_url)
    _add(entry, "category", term=version.change)
    if version.change_class:
        _add(entry, "category", term=version.change_class, scheme=f"{_SCHEME}:class")
    for topic in (version.topics_changed or "").split():
        _add(entry, "category", term=topic, scheme=f"{_SCHEME}:topic")
    # Nothing that a later run adds to (last_seen, captures): an entry changes only if its version does.
    words = f"{version.words} {'word' if version.words == 1 else 'words'}"
    _add(entry, "summary", f"{version.title or version.url} ({version.domain}): {words}{_changed(version)}")


def _changed(version: Version) -> str:
    if version.change_class is None:
        return ""
    topics = f"; topics: {', '.join(version.topics_changed.split())}" if version.topics_changed else ""
    return f", +{version.words_added} -{version.words_removed}{topics}"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    clean: dict[str, Any] = {key: _NO_XML.sub("\ufffd", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, name, clean)
    element.text = _NO_XML.sub("\ufffd", text) or None
    return element


def _urn(name: str) -> str:
    return uuid.uuid5(_NAMES, name).urn


def _moment(version: Version) -> str:
    return str(plain(version.recorded))
