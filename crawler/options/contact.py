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
_WANTED: Final = "the archive can't write to you before it blocks you, and may refuse sooner"
_WARNING: Final = (
    f"no CONTACT is given: {_WANTED}; add your mail address or web page with -s CONTACT={_EXAMPLE}",
    f"CONTACT is the address of the example, {_EXAMPLE}: {_WANTED}; put your own mail address or web page in its place",
)
"""Without a CONTACT, and with that of the documents."""


def user_agent(settings: BaseSettings) -> str:
    """Return the User-Agent: program, version and CONTACT (archive.org/developers/bots.html asks for all three)."""
    contact = " ".join(str(settings["CONTACT"] or "no contact given").split())
    return f"{settings['BOT_NAME']}/{__version__} (+{contact})"


def contact_warning(archive: str, settings: BaseSettings) -> str:
    """Return what to say before a run that asks `archive`; empty with a CONTACT, and for archives of the user's own."""
    contact = str(settings["CONTACT"] or "").strip()
    is_told = contact not in {"", _EXAMPLE} or settings.getpriority("USER_AGENT") not in _NOT_THE_USERS
    return "" if is_told or not any(map(_is_public, archive.split(","))) else _WARNING[contact == _EXAMPLE]


def _is_public(archive: str) -> bool:
    name = archive.strip()
    try:
        host = (urlsplit(name).hostname or "").removesuffix(".") if "://" in name else ""
    except ValueError:
        return False
    return name in _NAMED or any(host == each or host.endswith(f".{each}") for each in _HOSTS)
