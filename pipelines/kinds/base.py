"""The dataclass of a kind of document: the vocabulary by which its pages are found, and its texts recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re


@dataclass(frozen=True, slots=True)
class UrlWords:
    """Patterns searched in the lower-case, percent-decoded path of a URL (`crawler.discovery.url_scores`)."""

    words: re.Pattern[str]
    """Words that name the kind, in any language. A path without one scores 0."""
    full_names: re.Pattern[str]
    """Names that leave no doubt (`privacy-policy`). The last folder scores 1 with one, 0.8 without."""
    namesakes: re.Pattern[str]
    """Other things named with the same words, such as products. A path with one scores 0."""


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """Texts of links that lead to a document of the kind, lower case (`crawler.discovery.link_texts`)."""

    exact: frozenset[str]
    """Whole link texts, in any language."""
    word: str
    """A word that a link text outside `exact` must contain, together with one of `companions`."""
    companions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document. Its folder `pipelines/kinds/<name>/` holds an instance, `phrases.json` and `weights.json`."""

    name: str
    """Name of the folder, and of the kind wherever a user names or reads it."""
    header_noun: str
    """Noun in a document's header line: "the example.com <noun> that was archived on"."""
    urls: UrlWords
    links: LinkTexts
    prefixes: tuple[str, ...]
    """Paths for prefix listings of a domain that the archive refuses to list whole (`crawler.discovery.ladder`)."""
    guesses: tuple[str, ...]
    """Paths for exact listings, the most common first. SURT merges www, scheme, case and trailing slash."""
    threshold: float
    """Lowest score of a document of the kind (`pipelines.gate.prior` has those of pages of which more is known)."""
