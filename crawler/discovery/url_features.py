"""Features of a URL: which names of a kind it has, in which place, and what stands beside them. Pure.

A feature is a place and a thing said there (`page.full`, `folder.editorial`), with a value from 0 to 1. The weights of the
features are the kind's (`pipelines.kinds.base.UrlWords.weights`); tools/train_addresses.py learns them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from crawler.discovery.url_context import against, kept_folders
from crawler.discovery.url_copies import is_no_page
from crawler.discovery.url_words import (
    ARTICLE_WORDS,
    EXTENSIONS,
    GROUPS,
    HOME_FOLDERS,
    LANGUAGES,
    NEUTRAL_WORDS,
    NOT_PAGES,
    PAGE_NAMES,
    SEARCH_ARGUMENTS,
    THING_WORDS,
)
from pipelines.kinds.accents import without_accents
from pipelines.untrusted import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.kinds.base import UrlWords

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIVIDERS: Final = re.compile(r"[\W_]+")
_SESSION: Final = re.compile(r";.*|^\(s\([0-9a-z]+\)\)$", re.DOTALL)
_NUMBERS: Final = re.compile(
    r"v?[0-9]{1,4}[a-z]?|[a-z]?[0-9]{5,}|(?=[a-z]*[0-9])[0-9a-f]{6,}|(?=(?:[a-z]{0,3}[0-9]){3})[0-9a-z]{8,}"
)
"""Numbers, and identifiers made of digits and a few letters."""
_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}")
_LANGUAGE: Final = re.compile(r"[a-z]{2}(?:-[a-z]{2})?|[a-z]{2}-(?:419|int|intl|eu|global|row)")
PLACES: Final = ("page", "folder", "host", "query", "fragment")
"""Places of a name: the last folder of the path that says something, the folders before it, and so on."""
_MAX_FOLDERS: Final = 12
_MAX_REST: Final = 5
_MAX_ARGUMENTS: Final = 20
_BY_WORD: Final = frozenset({"careers", "listing"})
"""Groups that one word of a folder puts it in. Of the others the whole folder must be a word."""
"""Bounds: folders that are read, and words beside a name that are told apart by number."""


def features(url: str, words: UrlWords) -> dict[str, float]:
    """Return the features of a URL; empty if it has no name of the kind, or is an image, a program or data."""
    if len(url) > MAX_URL * 3:
        return {}
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # an earlier release stored such rows
        return {}
    folders, extension = _folders(parts.path)
    places = (("host", fold(_above_registered(host))), ("query", fold(parts.query)), ("fragment", fold(parts.fragment)))
    if (
        extension in NOT_PAGES
        or is_no_page(parts.path, parts.query)
        or not _has_name(words, *folders, *(text for _, text in places))
    ):
        return {}
    found: dict[str, float] = {}
    own_words = frozenset(re.split(r"[.-]", host))
    page = folders.pop() if folders else ""
    if not _is_name(page, words) and (asked := _asked_page(parts.query, words)):
        page, found["query.page"] = asked, 1.0
    tier = _describe_page(page, words, own_words, found)
    for folder in kept_folders(folders[-_MAX_FOLDERS:]):
        _describe_folder(folder, words, own_words, found)
    found |= {f"{place}.{name}": 1.0 for place, text in places if (name := _named(text, words)[0])}
    found["depth"] = min(len(folders), _MAX_FOLDERS) / _MAX_FOLDERS
    if parts.query and not _is_language(parts.query):
        found["query"] = 1.0
    if extension and extension not in EXTENSIONS:
        found["extension"] = 1.0
    for group in GROUPS:
        if group in _groups(frozenset(_above_registered(host).split("-"))):
            found[f"host.{group}"] = 1.0
    against(folders, page, tier, host, found)
    return found


def fold(text: str) -> str:
    """Return a text in lower case, percent-decoded, without accents, its words divided by hyphens."""
    for _ in range(2):
        if "%" in text:
            text = unquote(text, errors="replace")
    text = _CAMEL.sub("-", text).replace("ß", "ss")
    return _DIVIDERS.sub("-", without_accents(text.casefold())).strip("-")


def is_named(found: Mapping[str, float], words: UrlWords) -> bool:
    """Whether features have a name of the kind itself, not only that of a page that may have its text among others."""
    return any(f"{place}.{tier}" in found for place in PLACES for tier, _ in words.names)


def _folders(path: str) -> tuple[list[str], str]:
    """Return the folded folders of a path, without languages and a folder's own page; and the page's file type."""
    raw = [_SESSION.sub("", folder) for folder in path.split("/") if folder]
    extension = ""
    if raw and "." in raw[-1].strip("."):
        stem, _, last = raw[-1].rpartition(".")
        if (kind := last.lower()) in EXTENSIONS or kind in NOT_PAGES:
            raw[-1], extension = stem, kind
    folded = [folder for folder in map(fold, raw) if folder]
    folded = [folder for folder in folded if folder not in LANGUAGES and not _LANGUAGE.fullmatch(folder)] or folded[-1:]
    while len(folded) > 1 and (folded[-1] in PAGE_NAMES or _NUMBERS.fullmatch(folded[-1])):
        folded.pop()
    return folded, extension


def _is_name(text: str, words: UrlWords) -> bool:
    """Whether a folded text has a name of the kind itself."""
    return any(pattern.search(text) for _, pattern in words.names)


def _asked_page(query: str, words: UrlWords) -> str:
    """Return the page that a query asks for if it is named as the kind: `privacy` of `index.php?page=privacy`."""
    for argument in query.split("&", _MAX_ARGUMENTS)[:_MAX_ARGUMENTS]:
        key, _, value = argument.rpartition("=")
        if fold(key) not in SEARCH_ARGUMENTS and _is_name(page := fold(value.rpartition("/")[2]), words):
            return page
    return ""


def _describe_page(page: str, words: UrlWords, own_words: frozenset[str], found: dict[str, float]) -> str:
    """Add the features of a page's name; return the tier of the kind's name in it, empty if it has none."""
    name, rest = _named(page, words)
    groups = _groups(frozenset(rest) | ({page} if not name else set()))
    found |= {f"page.{group}": 1.0 for group in groups}
    if words.namesakes.search(page):
        found["page.namesake"] = 1.0
    for said, known in (("article", ARTICLE_WORDS), ("thing", THING_WORDS)):
        if not known.isdisjoint(rest):
            found[f"page.{said}"] = 1.0
    if not name:
        return ""
    found[f"page.{name}"] = 1.0
    others = sum(
        1 for word in rest if word not in NEUTRAL_WORDS and word not in own_words and not _NUMBERS.fullmatch(word)
    )
    if others:
        found[f"rest.{name}"] = min(others, _MAX_REST) / _MAX_REST
    return name


def _describe_folder(folder: str, words: UrlWords, own_words: frozenset[str], found: dict[str, float]) -> None:
    name, rest = _named(folder, words)
    if name:
        found[f"folder.{name}"] = 1.0
    if words.namesakes.search(folder):
        found["folder.namesake"] = 1.0
    groups = _groups(frozenset({folder})) | (_groups(frozenset(rest)) & _BY_WORD)
    for group in groups:
        found[f"folder.{group}"] = 1.0
    if _DATE.fullmatch(folder):
        found["folder.date"] = 1.0
    elif not name and not groups and folder not in HOME_FOLDERS and not own_words.intersection(rest):
        found["folder.other"] = min(1.0, found.get("folder.other", 0.0) + 0.5)


def _named(text: str, words: UrlWords) -> tuple[str, tuple[str, ...]]:
    """Return the strongest name of the kind in a folded text (empty if none), and the words beside it."""
    for tier, pattern in (*words.names, *words.relatives):
        if pattern.search(text):
            rest = words.companions.sub("-", pattern.sub("-", text))
            return tier, tuple(word for word in rest.split("-") if word)
    return "", tuple(text.split("-")) if text else ()


def _groups(said: frozenset[str]) -> set[str]:
    return {group for group, known in GROUPS.items() if not known.isdisjoint(said)}


def _has_name(words: UrlWords, *texts: str) -> bool:
    """Whether one of the folded texts has a name of the kind: a look that rules most URLs out."""
    return any(pattern.search(text) for text in texts if text for _, pattern in (*words.names, *words.relatives))


def _above_registered(host: str) -> str:
    """Return the labels of a host left of its registered domain, or nearly so: `privacy` of `privacy.example.com`."""
    labels = host.split(".")
    registered = 3 if len(labels[-1]) == 2 and len(labels[-2:][0]) <= 3 else 2  # noqa: PLR2004 - as in example.co.uk
    return "-".join(labels[:-registered])


def _is_language(query: str) -> bool:
    return (
        re.fullmatch(r"(?:lang|locale|hl|l|language|lc|_locale|country|region)=[\w-]{2,7}", query, re.IGNORECASE)
        is not None
    )
