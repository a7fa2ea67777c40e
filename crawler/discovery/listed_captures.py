"""The captures that the catalog takes from an archive's answers: those of a listing that matter, and playback's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives.cdx_rows import media_type
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.url_scores import can_be_policy
from pipelines.items import Capture, Memento

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from crawler.archives.playback import Pointer
    from pipelines.kinds.base import Kind


def policy_captures(captures: Iterable[Capture], wanted: Collection[str], kinds: Sequence[Kind]) -> list[Capture]:
    """Return the captures of pages that can be a document of one of the kinds, or are `wanted` (urlkeys)."""
    return [c for c in captures if c.urlkey in wanted or any(can_be_policy(c.original, kind) for kind in kinds)]


def told_capture(found: Memento | Pointer, archive: str) -> Capture:
    """Return the capture of an archive's playback answer. `-` is the CDX server's value for "not known"."""
    mimetype, status = "-", "-"
    if isinstance(found, Memento):
        mimetype, status = media_type(found.content_type), str(found.status)
    return Capture(urlkey_of(found.url), found.timestamp, found.url, mimetype, status, "-", "-", archive)
