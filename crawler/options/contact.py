"""Whose a run is: in its User-Agent, and the warning if it asks a public archive and does not say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy.settings import SETTINGS_PRIORITIES

from crawler import __version__

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

_NAMED: Final = {"wayback", "commoncrawl", "arquivo"}
"""Public archives that `archive=` calls by a name."""
_HOSTS: Final = ("archive.org", "commoncrawl.org", "arquivo.pt", "archive-it.org", "webarchive.org.uk")
_NOT_THE_USERS: Final = {None, SETTINGS_PRIORITIES["default"], SETTINGS_PRIORITIES["spider"]}
"""Priorities of a USER_AGENT that Scrapy or the spider has set."""
_EXAMPLE: Final = "you@example.org"
"""What the warning and the documents have in the place of an address: copied from there, it tells nothing."""
_WARNING: Final = (
    "no CONTACT is given: the archive can't write to you before it blocks you, and may refuse sooner; add your mail address "
    f"or web page with -s CONTACT={_EXAMPLE}"
)


def user_agent(settings: BaseSettings) -> str:
    """Return the User-Agent: program, version and CONTACT (archive.org/developers/bots.html asks for all three)."""
    contact = " ".join(str(settings["CONTACT"] or "no contact given").split())
    return f"{settings['BOT_NAME']}/{__version__} (+{contact})"


def contact_warning(archive: str, settings: BaseSettings) -> str:
    """Return what to say before a run that asks `archive`; empty with a CONTACT, and for archives of the user's own."""
    is_told = (
        str(settings["CONTACT"] or "").strip() not in {"", _EXAMPLE}
        or settings.getpriority("USER_AGENT") not in _NOT_THE_USERS
    )
    return "" if is_told or not any(map(_is_public, archive.split(","))) else _WARNING


def _is_public(archive: str) -> bool:
    name = archive.strip()
    try:
        host = (urlsplit(name).hostname or "").removesuffix(".") if "://" in name else ""
    except ValueError:
        return False
    return name in _NAMED or any(host == each or host.endswith(f".{each}") for each in _HOSTS)
