"""Scores of URLs as candidates for a company's policy, by their words and the links to them. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.url_features import features, is_named
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pipelines.kinds.base import Kind

MAX_PAGES = 12
"""Pages searched per listed domain, the best first. Bounds the requests that a listing can cause."""

MIN_SCORE = 0.3
"""Lowest score of a candidate."""

MAX_RELATIVE = 0.5
"""Highest score of a URL that names only a page which may have the kind's text among others, such as `/legal`."""


def policy_score(url: str, kind: Kind = PRIVACY) -> float:
    """Return the score of a URL by its own words, from 0 (not a candidate) to 1 (`/privacy-policy`)."""
    found = features(url, kind.urls)
    if not found:
        return 0.0
    weights = kind.urls.weights
    odds = weights["bias"] + sum(weights.get(name, 0.0) * value for name, value in found.items())
    score = 1 / (1 + math.exp(-odds))
    return round(score if is_named(found, kind.urls) else min(score, MAX_RELATIVE), 3)


def can_be_policy(url: str, kind: Kind = PRIVACY) -> bool:
    """Whether the catalog keeps a listed URL's captures."""
    return policy_score(url, kind) >= MIN_SCORE


def is_namesake(url: str, kind: Kind = PRIVACY) -> bool:
    """Whether a URL has a name of the kind and speaks of something else: a product, a news item, a setting."""
    return policy_score(url, kind) < MIN_SCORE and is_named(features(url, kind.urls), kind.urls)


def page_score(url: str, linked: int, kind: Kind = PRIVACY) -> float:
    """Return the score of a page by its URL's words and by the `linked` archived home pages that link to it."""
    score = policy_score(url, kind)
    return round(min(1.5, max(score, 0.7) + 0.1 * min(linked, 5)), 3) if linked else score


def given_pages(pages: Iterable[tuple[str, str]], given: Iterable[str]) -> dict[str, str]:
    """Return the given URLs by the urlkey under which the archive lists them, or by ours if it lists none.

    `pages` are pairs of urlkey and one original URL. An archive's urlkey of a URL can differ from ours.
    """
    listed = {urlkey_of(url): urlkey for urlkey, url in pages}
    return {listed.get(key, key): url for url in given for key in [urlkey_of(url)]}


def best_pages(
    pages: Iterable[tuple[str, str]],
    linked: Mapping[str, int],
    given: Collection[str] = (),
    limit: int = MAX_PAGES,
    kind: Kind = PRIVACY,
) -> list[str]:
    """Return the urlkeys to search, best first. `pages` are pairs of urlkey and one original URL.

    `linked` is the number of home pages that link to a page, by urlkey. The urlkeys `given` by the user come first and
    are all returned, whatever their scores and `limit`.
    """
    known = dict(pages)
    chosen = [urlkey for urlkey in known if urlkey in given]
    others = ((urlkey, url) for urlkey, url in known.items() if urlkey not in given)
    scored = [(page_score(url, linked.get(urlkey, 0), kind), urlkey) for urlkey, url in others]
    ranked = sorted((page for page in scored if page[0] >= MIN_SCORE), key=lambda p: (-p[0], len(p[1]), p[1]))
    return [*chosen, *(urlkey for _, urlkey in ranked[: max(0, limit - len(chosen))])]
