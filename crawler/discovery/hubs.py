"""Pages one hop from a home page that has no link to the policy: those that it usually stands on, or the ways in. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.discovery.link_wording import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.discovery.anchor import Anchor
    from pipelines.kinds.base import Kind

MAX_HUBS: Final = 4
MAX_ENTRIES: Final = 2

_ENTRY_PATH: Final = re.compile(
    r"/(?:[a-z]{2}(?:[-_][a-z]{2,4})?|intl|global|international|english|deutsch|home|main|start)"
    r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?/?(?:(?:index|home|default|main|start)(?:\.\w{2,5})?)?",
    re.IGNORECASE,
)
_ENTRY_TEXT: Final = re.compile(
    r"(?:click here to )?enter(?: (?:here|the site|site|our site|website|the website))?|skip(?: (?:the )?intro)?|"
    r"(?:continue|proceed)(?: to (?:the )?(?:site|website|home page|homepage))?|english|deutsch|francais|espanol|italiano|"
    r"nederlands|united states|usa|us|united kingdom|uk|international|global|worldwide|global site|eintreten|entrer|entrar|"
    r"html version|non flash version|html site"
)
_IN_ENGLISH: Final = re.compile(r"/(?:en|us|uk|gb|intl|global|english|international)(?:[-_/.]|$)", re.IGNORECASE)


def hubs_of(anchors: Sequence[Anchor], policies: tuple[str, ...], kind: Kind) -> tuple[str, ...]:
    """Return the hubs of a page: two of the best sort, one of each of the others."""
    sorts: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for anchor in anchors:
        last = urlsplit(anchor.target).path.rstrip("/").rpartition("/")[2].partition(".")[0]
        texts = [*map(folded, anchor.texts), folded(last)]
        sort = next((n for n, hub in enumerate(kind.links.hubs) if any(map(hub.fullmatch, texts))), None)
        if sort is not None and anchor.target not in policies:
            sorts[sort][anchor.target] = None
    chosen = dict.fromkeys(target for sort in sorted(sorts) for target in [*sorts[sort]][: 1 if sort else 2])
    return tuple(chosen)[:MAX_HUBS] or _entries(anchors, policies)


def _entries(anchors: Sequence[Anchor], policies: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ways into the site from a page that is only its door: of a language or country, or "Enter".

    The English one comes first, as most of its texts are known.
    """
    entries = {
        anchor.target: not _IN_ENGLISH.search(urlsplit(anchor.target).path)
        for anchor in anchors
        if anchor.target not in policies and _is_entry(anchor)
    }
    return tuple(sorted(entries, key=lambda target: entries[target]))[:MAX_ENTRIES]


def _is_entry(anchor: Anchor) -> bool:
    path = urlsplit(anchor.target).path
    return bool(_ENTRY_PATH.fullmatch(path)) or any(_ENTRY_TEXT.fullmatch(folded(text)) for text in anchor.texts)
