"""Atom feeds (RFC 4287) of versions, with what differs. Pure; archived text is escaped, so that it is never markup."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from pipelines.columns import plain
from pipelines.digest.excerpts import counted
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipelines.versions import Version

MAX_CONTENT: Final = 1_000_000
"""Characters of the differences in a feed: readers refuse feeds of several MB. Entries beyond have a summary only."""
_NAMES: Final = uuid.UUID("b1f0a6d8-6d51-5b8c-9b0e-6a3f1c8f0a27")
"""Namespace of the ids; any, but always the same."""
_TAG: Final = "tag:wayback-policies.invalid,2026:"
"""Before the ids (RFC 4151): a name that nobody can own, as the program does not know one of its user's that stays."""
_SCHEME: Final = "urn:wayback-policies"
"""Names the categories of entries: `:class` and `:topic`."""
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (production 2, Char)."""
_CHANGES: Final = {"first": "first version", "changed": "changed", "returned": "an earlier text is back"}
_FORM: Final = "d1"
"""Before the texts of a difference. Another one for every change of what a difference shows: feeds then find it anew."""
_DIFFERENCE: Final = re.compile(rf"<!--{_FORM} ([0-9a-f]{{16}}-[0-9a-f]{{16}})-->(.+?)<!---->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A version in a feed. `name` never changes; `page` reads well; `difference` is HTML, between two texts (`texts`)."""

    version: Version
    name: str
    page: str
    before: str = ""
    """Snapshot of the version before."""
    texts: str = ""
    difference: str = ""
    is_withheld: bool = False
    """Whether the takedown list withholds one of the two texts."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What is said of a feed as a whole: `noise` counts the changes that are left out, by class."""

    title: str
    name: str
    address: str
    page: str = ""
    noise: Mapping[str, int] = field(default_factory=dict)


def texts_key(old_sha256: str, new_sha256: str) -> str:
    """Return what a difference is known by."""
    return f"{old_sha256[:16]}-{new_sha256[:16]}"


def differences_of(feed: bytes) -> dict[str, str]:
    """Return the differences in a feed that `atom` has made, by their texts; none of a file that it has not."""
    try:
        contents = [element.text or "" for element in ET.fromstring(feed).iter(f"{{{_ATOM}}}content")]  # noqa: S314 - our own
    except ET.ParseError:
        return {}
    return {found[1]: found[2] for content in contents for found in _DIFFERENCE.finditer(content)}


_ATOM: Final = "http://www.w3.org/2005/Atom"


def atom(head: FeedHead, entries: Sequence[FeedEntry]) -> bytes:
    """Return a feed of versions, the newest first."""
    feed = ET.Element("feed", {"xmlns": _ATOM})
    _add(feed, "title", head.title)
    if said := _subtitle(head, sum(each.is_withheld for each in entries)):
        _add(feed, "subtitle", said)
    _add(feed, "id", _tag(head.name))
    recorded = [each.version.recorded for each in entries if each.version.recorded]
    _add(feed, "updated", _moment(max(recorded)) if recorded else "1970-01-01T00:00:00Z")
    _add(feed, "link", rel="self", type="application/atom+xml", href=head.address)
    if head.page:
        _add(feed, "link", rel="alternate", type="text/html", href=head.page)
    _add(_add(feed, "author"), "name", "wayback-policies")
    _add(feed, "generator", "wayback-policies")
    left = MAX_CONTENT
    for each in entries:
        left -= len(each.difference)
        _add_entry(feed, each, has_content=left >= 0)
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'.encode()


def _subtitle(head: FeedHead, withheld: int) -> str:
    noise = counted(sorted(head.noise.items()))
    left_out = (
        f"Left out, as they say nothing new: {noise}; changes.jsonl and the report have them" if head.noise else ""
    )
    texts = f"Texts of {quantity(withheld, 'entry')} are withheld on request (TAKEDOWN_FILE)" if withheld else ""
    return ". ".join(filter(None, (left_out, texts)))


def _add_entry(feed: ET.Element, each: FeedEntry, *, has_content: bool) -> None:
    entry, version = _add(feed, "entry"), each.version
    _add(entry, "title", f"{version.company}: {_CHANGES[version.change]}, captured {version.first_seen:%Y-%m-%d}")
    _add(entry, "id", _tag(each.name))
    _add(entry, "published", _moment(version.first_seen))
    _add(entry, "updated", _moment(version.recorded or version.first_seen))
    _add(entry, "link", rel="alternate", type="text/html", href=each.page)
    _add(entry, "link", rel="via", href=version.snapshot_url)
    _add(entry, "category", term=version.change)
    if version.change_class:
        _add(entry, "category", term=version.change_class, scheme=f"{_SCHEME}:class")
    for topic in (version.topics_changed or "").split():
        _add(entry, "category", term=topic, scheme=f"{_SCHEME}:topic")
    # Nothing that a later run adds to (last_seen, captures): an entry changes only if its version does.
    summary = f"{version.title or version.url} ({version.domain}): {version.words} words{_changed(version)}"
    _add(entry, "summary", summary)
    if has_content:
        _add(entry, "content", _content(each, summary), type="html")


def _content(each: FeedEntry, summary: str) -> str:
    before = f'<a href="{escape(each.before)}">before</a> · ' if each.before else ""
    withheld = "<p>The text is withheld on request (TAKEDOWN_FILE).</p>" if each.is_withheld else ""
    return (
        f"<p>{escape(summary)}</p>{withheld}\n<!--{_FORM} {each.texts}-->{each.difference}<!---->\n<p>Snapshots: {before}"
        f'<a href="{escape(each.version.snapshot_url)}">{"after" if each.before else "the page"}</a></p>'
    )


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


def _tag(name: str) -> str:
    return f"{_TAG}{uuid.uuid5(_NAMES, name)}"


def _moment(moment: datetime) -> str:
    return str(plain(moment))
