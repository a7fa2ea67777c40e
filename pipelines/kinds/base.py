"""The dataclass of a kind of document: the vocabulary by which its pages are found, and its texts recognised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class UrlWords:
    """Names of the kind in URLs, and their weights (`crawler.discovery.url_features`, `crawler.discovery.url_scores`).

    The patterns are searched in folded text: lower case, percent-decoded, without accents, words divided by hyphens.
    """

    names: tuple[tuple[str, re.Pattern[str]], ...]
    """Names of the kind by tier, the strongest first."""
    relatives: tuple[tuple[str, re.Pattern[str]], ...]
    """Names of pages that often have the kind's text among others."""
    companions: re.Pattern[str]
    """Words beside a name that leave its meaning as it is."""
    namesakes: re.Pattern[str]
    """Other things named with the same words, such as products."""
    weights: Mapping[str, float] = field(hash=False)
    """Log-odds of each feature of a URL, and `bias`. A feature without a weight counts nothing."""
    filter_regex: str
    """Java regex of whole urlkeys that can be the kind's, for a filtered listing of a domain (`filter=urlkey:`)."""


@dataclass(frozen=True, slots=True)
class LinkTexts:
    """Texts of links that lead to a document of the kind (`crawler.discovery.link_texts`).

    They are folded as `crawler.discovery.link_wording` does it: lower case, words divided by spaces.
    """

    rel: str
    """Link relation of the kind (IANA, Link Relations)."""
    exact: frozenset[str]
    """Whole link texts, in any language."""
    names: re.Pattern[str]
    """Names of the kind within a longer text."""
    companions: frozenset[str]
    """Words that leave a text with a name a link to the kind."""
    namesakes: re.Pattern[str]
    """Texts that have a name of the kind and lead elsewhere."""
    neighbours: re.Pattern[str]
    """Texts of links to what is close to the kind, and often part of it."""
    hubs: tuple[re.Pattern[str], ...]
    """Whole texts of links to pages that link to the kind, by sort of page, the best first."""
    hosts: re.Pattern[str]
    """Start of the address, without scheme, of a document of one firm on a service that hosts them for many."""
    authorities: frozenset[str]
    """Registered domains that write about the kind. Their pages are no firm's document."""


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
