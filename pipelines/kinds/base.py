"""The dataclass of a kind of document: the vocabulary by which its pages are found, and its texts recognised."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping


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
class GateGroups:
    """Roles of the phrase groups in `phrases.json` (`pipelines.gate.features`).

    Every kind also has the groups `policy_name` (its documents' names), `other_name` (names of other documents),
    `subject_word` (the kind's subject) and `neighbour_word` (a subject whose pages resemble the kind's).
    """

    practices: tuple[str, ...]
    """Groups that a document of the kind consists of."""
    shared: tuple[str, ...]
    """Groups that occur as well in documents about the neighbouring subject."""
    opposed: tuple[str, ...]
    """Groups of other agreements. They count against a stretch of text."""
    full_densities: Mapping[str, float] = field(hash=False)
    """Hits per 100 words at which a group's density counts as 1. Typical of a page that is full of the group."""


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
    groups: GateGroups
    threshold: float
    """Lowest score of a document of the kind. tools/train_gate.py moves the bias so that the boundary lies here."""

    def read_json(self, name: str) -> Any:
        """Return the content of a JSON file in the kind's folder."""
        return json.loads(files(f"pipelines.kinds.{self.name}").joinpath(name).read_text("utf-8"))
