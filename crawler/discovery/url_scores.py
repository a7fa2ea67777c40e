"""Scores of URLs as candidates for a company's policy, by their words and the links to them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crawler.archives.urlkey import urlkey_of
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pipelines.kinds.base import Kind

_ELSEWHERE = frozenset(
    "blog blogs news newsroom press forum forums community support kb knowledgebase helpdesk faq search tag tags category "
    "author feed rss comments wiki articles article stories podcast events careers jobs cart whois login img images css "
    "js static assets wp-content wp-json wp-includes cgi-bin cdn-cgi api".split()
)
"""Folders whose pages mention a policy without being one."""

_NOT_PAGES = re.compile(
    r"\.(?:png|jpe?g|gif|svg|ico|css|js|json|xml|zip|gz|mp4|mp3|woff2?|ttf|docx?|txt\.gz|atom|rss)$"
)
_LANGUAGE_QUERY = re.compile(r"^(?:lang|locale|hl|l)=[a-z]{2}(?:[-_][a-z]{2})?$")

MAX_PAGES = 12
"""Pages searched per listed domain, the best first. Bounds the requests that a listing can cause."""

MIN_SCORE = 0.3
"""Lowest score of a candidate."""


def policy_score(url: str, kind: Kind = PRIVACY) -> float:
    """Return the score of a URL by its own words, from 0 (not a candidate) to 1 (`/privacy-policy`)."""
    words = kind.urls
    try:
        parts = urlsplit(url)
    except ValueError:  # an earlier release stored such rows
        return 0.0
    path = unquote(parts.path).lower()
    folders = [folder for folder in path.split("/") if folder]
    if not folders or _NOT_PAGES.search(path) or _ELSEWHERE & set(folders[:-1]) or words.namesakes.search(path):
        return 0.0
    named = words.words.search(folders[-1])
    if not named and not (len(folders) > 1 and words.words.search(folders[-2])):
        return 0.0
    score = 1.0 if words.full_names.search(folders[-1]) else 0.8
    if not named:
        score -= 0.4  # /privacy/something may be a part of the policy
    score -= 0.05 * max(0, len(folders) - 2)
    score -= 0.004 * max(0, len(folders[-1]) - 40)
    if parts.query and not _LANGUAGE_QUERY.match(parts.query):
        score -= 0.5
    return max(0.0, round(score, 3))


def can_be_policy(url: str, kind: Kind = PRIVACY) -> bool:
    """Whether the catalog keeps a listed URL's captures."""
    return policy_score(url, kind) >= MIN_SCORE


def page_score(url: str, linked: int, kind: Kind = PRIVACY) -> float:
    """Return the score of a page by its URL's words and by the `linked` archived home pages that link to it."""
    score = policy_score(url, kind)
    return round(min(1.5, max(score, 0.5) + 0.1 * min(linked, 5)), 3) if linked else score


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
