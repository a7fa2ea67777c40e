"""What the folders, the host and the first words of an address say against a name of the kind in it. Pure.

A bare name (`privacy`) below a folder of things, of articles or of a date is that of a product or of an article; a whole one
(`privacy-policy`) is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.discovery.url_words import GROUPS

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE: Final = "full"
"""Tier of a whole name of the kind."""

_THINGS: Final = frozenset(
    "email emails e-mail mail webmail mailbox dns vpn proxy whois backup backups storage disaster-recovery theme themes "
    "wordpress-themes plugin wordpress-plugins wallet bitcoin phone phones mobile-phones voip browser browsers antivirus "
    "password-manager registrar tld tlds gtld transfer transfers reseller resellers colocation vps cloud-hosting "
    "web-hosting dedicated-servers dedicated wordpress-hosting email-hosting business-email microsoft-365 office-365".split()
)
"""Folders of things that are sold under the names of documents."""
_ARTICLES: Final = frozenset({"article", "articles", "resources"})
_QUESTION: Final = re.compile(
    r"(?:how-(?:to|do|does|can)|what-(?:is|are|does|do)(?!-(?:our|we|your))|why|when|which|who|was-(?:ist|sind|bedeutet)|wie-(?:man|kann|funktioniert)"
    r"|warum|que-(?:es|son)|cos-?e|c-?est-quoi|qu-?est-ce|pourquoi|wat-is|hvad-er|vad-ar|o-que-e|co-(?:to|je))(?:-|$)"
    r"|we-(?:have-)?(?:updated|changed|are-updating)"
)
"""Beginnings of the names of articles."""
_OTHER_SPACE: Final = re.compile(r"(?:\w+-)?talk-|(?:special|user|file|category|template|mediawiki|diff|talk)-")
"""Beginnings of the names of a wiki's pages about pages."""
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}")
_CAREERS: Final = (".jobs", ".careers")
_ON_FILE: Final = GROUPS["assets"] | frozenset({"legal", "archive", "archives", "versions", "policies", "terms"})


def kept_folders(folders: Sequence[str]) -> list[str]:
    """Return folders without those of a help centre's own (Freshdesk's `solutions/articles`)."""
    return [each for each in folders if each != "solutions" or "articles" not in folders]


def against(folders: Sequence[str], page: str, name: str, host: str, found: dict[str, float]) -> None:
    """Add what speaks against a page, and take away what does not, where its name is of the tier `name`."""
    if host.endswith(_CAREERS):
        found["host.careers"] = 1.0
    if not name:
        return
    if _QUESTION.match(page):
        found["page.namesake"] = 1.0
    if "page.article" in found and host.startswith(("blog.", "news.")):
        found["folder.editorial"] = 1.0
    if name == WHOLE:
        if folders and folders[-1] == "wiki" and not _OTHER_SPACE.match(page):
            found.pop("folder.editorial", None)
        return
    said = frozenset(folders)
    if not said.isdisjoint(_THINGS):
        found["folder.product"] = 1.0
    is_help = not said.isdisjoint(GROUPS["help"] - _ARTICLES) or "host.help" in found
    is_article = not said.isdisjoint(_ARTICLES) and not is_help
    is_dated = any(map(_DATE.fullmatch, folders)) and said.isdisjoint(_ON_FILE)
    if is_article or is_dated:
        found["folder.editorial"] = 1.0
