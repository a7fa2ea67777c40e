"""Recognition of pages that are no document: empty and error pages, bot challenges, logins, parked domains. Pure.

Archives hold them with status 200, under addresses that name a policy. A page is one if its title or a heading says so, or
if it is short and its text does. no_document.json has the patterns, in the languages in which such pages are met.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Final

from pipelines.kinds.accents import without_accents
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.markdown_links import strip_link_targets
from pipelines.similarity.words import words

EMPTY: Final = "empty page"
ERROR: Final = "error page"
CHALLENGE: Final = "bot challenge"
LOGIN: Final = "login page"
PARKED: Final = "parked domain"

_FEWEST: Final = 8
"""Words below which a page is empty: a heading, a spinner, a placeholder."""
_LONGEST: Final = 1_500
"""Words above which no page is an error, whatever its title: the menus around an error page have some hundreds."""
_SHORT: Final = 250
"""Words up to which the text counts without the title: a challenge has up to 150, a parked domain's links up to 200."""
_BEGINNING: Final = 600
"""Characters of a text's beginning in which an error is named."""
_FORM: Final = 120
"""Words up to which a text with a password and a word for logging in is a form."""


def no_document(title: str, body: str) -> str:
    """Return what a page is that is no document, as the cause of its answer; an empty string for any other page."""
    text = strip_link_targets(body)
    count, title = len(words(text)), title.strip()
    if count > _LONGEST:
        return ""
    what = _by_title(title) or _by_heading(text) or (_by_text(title, text, count) if count <= _SHORT else "")
    return what or (EMPTY if count < _FEWEST else "")


def _by_title(title: str) -> str:
    kinds = {"challenge": CHALLENGE, "wait title": CHALLENGE, "error title": ERROR, "parked": PARKED}
    return next((what for name, what in kinds.items() if _pattern(name).search(title)), "")


def _by_heading(text: str) -> str:
    """Return ERROR for a page with menus around a heading that names one."""
    headings = (line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    return ERROR if any(_by_title(heading) == ERROR for heading in headings) else ""


def _by_text(title: str, text: str, count: int) -> str:
    beginning = text.strip().lstrip("# ")[:_BEGINNING]
    if _pattern("challenge").search(text):
        return CHALLENGE
    if _pattern("parked").search(text):
        return PARKED
    if _pattern("error text").search(beginning) or _by_title(beginning.partition("\n")[0]) == ERROR:
        return ERROR
    return LOGIN if _is_login(title, text, count) else ""


def _is_login(title: str, text: str, count: int) -> bool:
    """Whether a short page asks to log in. One that is titled as a policy may speak of passwords."""
    name = without_accents(title.lower())
    if PRIVACY.links.names.search(name) or any(text in name for text in PRIVACY.links.exact):
        return False
    if _pattern("login title").search(title):
        return True
    return count <= _FORM and bool(_pattern("password").search(text) and _pattern("log in").search(text))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("|".join(_patterns()[name]), re.IGNORECASE)


@cache
def _patterns() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(files("pipelines.gate").joinpath("no_document.json").read_text("utf-8"))
    return found
