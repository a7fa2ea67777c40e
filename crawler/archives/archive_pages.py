"""Pages of the archive's own, which are no mementos: what each one says, by its sentences. Pure.

A page that says nothing known may still be told from one of a proxy, a load balancer or a network's login.

The real pages are long: the sentence of "excluded" stands at byte 56,721, that of "not archived" at byte 92,884. So a
whole page is read, up to MAX_PAGE.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PAGE: Final = 1 << 20
"""Bytes of a page that are read: ten times the largest real one, and less than half a second's work whatever it holds."""


class Said(Enum):
    """What a page of the archive's own says."""

    ROBOTS = "robots.txt"
    EXCLUDED = "site excluded"
    NOT_ARCHIVED = "listed, but the archive does not have it"
    TOO_MANY = "429"
    OFFLINE = "archive offline"


_SPACE: Final = r"(?:\s|&nbsp;|</?[a-z][^<>]{0,100}>)+"


def _sentences(*patterns: str) -> re.Pattern[bytes]:
    """Return a pattern of any of the sentences. They are wrapped, indented and marked up as it comes."""
    return re.compile("|".join(pattern.replace(" ", _SPACE) for pattern in patterns).encode())


_SENTENCES: Final = {
    Said.ROBOTS: _sentences(
        "RobotAccessControlException",
        r"blocked by the site owner via robots\.txt",
        r"Page cannot be (?:crawled or )?displayed due to robots\.txt",
    ),
    Said.EXCLUDED: _sentences(
        "AdministrativeAccessControlException",
        "This URL has been excluded from the Wayback Machine",
        "Access Blocked to",  # pywb, with status 451
    ),
    Said.NOT_ARCHIVED: _sentences(
        "has not archived that URL",
        "URL Not Found",
        "No Captures found",
        "(?i:not in (?:this|the|our) (?:web )?archive)",
        "could not be found in this collection",
        "ResourceNotInArchiveException",
    ),
    Said.TOO_MANY: _sentences("<(?:h1|title)[^<>]{0,100}>\\s*(?:429 )?Too Many Requests"),
    Said.OFFLINE: _sentences(
        "Internet Archive: Temporarily Offline", "services are temporarily offline", "No server is available"
    ),
}
"""Wording of recorded answers, and of issues of other clients (research/wayback.md, section 3)."""


def says(page: bytes, what: Said) -> bool:
    """Whether a page says `what`."""
    return _SENTENCES[what].search(page, 0, MAX_PAGE) is not None


_OF_ARCHIVES: Final = re.compile(
    rb"(?<![\w./:@-])(?:(?:web[ -]?)?archi[vf]\w*|arquiv\w*|arxiu\w*|wayback|mementos?|captures?|snapshots?)"
    rb"(?![\w/:@-]|\.\w)",
    re.IGNORECASE,
)
"""Words that archives use of themselves, where they are no part of an address."""
_MARKUP: Final = re.compile(rb"<(?:script|style)\b.*?(?:</(?:script|style)|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)


_HEADERS: Final = (b"x-archive-", b"x-app-server", b"x-ts", b"memento-")
"""How headers begin that the Wayback Machine's servers add to each answer of their own."""


def is_of_an_archive(headers: Iterable[bytes], page: bytes, url: str) -> bool:
    """Whether an error page is an archive's: by the names of its headers, or by its text, in whatever language.

    The text of an archive's speaks of archives, or names the `url` asked for. Servers of other kinds know neither: to them
    the URL is the end of a path, behind `/web/` and a timestamp.
    """
    if any(name.lower().startswith(_HEADERS) for name in headers):
        return True
    text = _MARKUP.sub(b" ", page[:MAX_PAGE]).replace(b"&amp;", b"&")
    plain = url.partition("://")[2].rstrip("/").encode()
    named = re.compile(rb"(?<![\w./:@-])(?:https?://)?" + re.escape(plain)) if plain else None
    return bool(_OF_ARCHIVES.search(text) or (named and named.search(text)))
