"""Which listed URLs can be a company's privacy policy. Pure: URLs in, scores out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NAMES = (
    r"privac(?:y|idad|idade|ite|ité)", r"confidentialit[eé]", r"datenschutz\w*", r"donnees-personnelles",
    r"prywatnos\w+", r"integritet\w*", r"persondata\w*", r"personvern\w*", r"adatvedel\w*", r"adatkezeles\w*",
    r"tietosuoja\w*", r"gizlilik\w*", r"proteccion-de-datos", r"protecao-de-dados", r"informativa-privacy",
    r"ochrana-osobnich-udaju", r"ochrona-danych", r"gdpr", r"rgpd", r"dsgvo",
)  # fmt: skip
"""Words by which hosting companies name their policy, in the languages of companies.yaml's companies."""

_NAMED = re.compile("|".join(_NAMES))
_STRONG = re.compile(
    r"privacy[-_ ]?(?:policy|policies|statement|notice)|(?:policy|statement)[-_ ]?privacy|datenschutz"
    r"|politique[-_]de[-_]confidentialite|politica[-_]de[-_]privacidade?|privacystatement|privacypolicy"
)
_PRODUCT = re.compile(
    r"(?<![a-z])(?:whois|domain|id|email|mail|name|web|full|dns)[-_ ]?privacy(?![-_ ]?(?:polic|statement|notice))"
    r"|privacy[-_ ]?(?:protect|guard|shield|service|domain|whois)|private[-_ ]?(?:registration|hosting)"
)
"""Products that are sold under the word: WHOIS and domain privacy, private hosting."""

_ELSEWHERE = frozenset(
    "blog blogs news newsroom press forum forums community support kb knowledgebase helpdesk faq search tag tags category "
    "author feed rss comments wiki articles article stories podcast events careers jobs cart whois login img images css "
    "js static assets wp-content wp-json wp-includes cgi-bin cdn-cgi api".split()
)
"""Folders whose pages speak about privacy without being the policy."""

_NOT_PAGES = re.compile(
    r"\.(?:png|jpe?g|gif|svg|ico|css|js|json|xml|zip|gz|mp4|mp3|woff2?|ttf|docx?|txt\.gz|atom|rss)$"
)
_LANGUAGE_QUERY = re.compile(r"^(?:lang|locale|hl|l)=[a-z]{2}(?:[-_][a-z]{2})?$")

MAX_PAGES = 12
"""Pages searched per listed domain, the best first: a bound on what a listing can make the program ask for."""

MIN_SCORE = 0.3


def policy_score(url: str) -> float:
    """Return how much an URL's own words say that it is the policy: 0 (can't be) to 1 (`/privacy-policy`)."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an earlier release kept such rows
        return 0.0
    path = unquote(parts.path).lower()
    folders = [folder for folder in path.split("/") if folder]
    if not folders or _NOT_PAGES.search(path) or _ELSEWHERE & set(folders[:-1]) or _PRODUCT.search(path):
        return 0.0
    if not _NAMED.search(folders[-1]) and not (len(folders) > 1 and _NAMED.search(folders[-2])):
        return 0.0
    score = 1.0 if _STRONG.search(folders[-1]) else 0.8
    if not _NAMED.search(folders[-1]):
        score -= 0.4  # /privacy/something: a part of it, perhaps
    score -= 0.05 * max(0, len(folders) - 2)
    score -= 0.004 * max(0, len(folders[-1]) - 40)
    if parts.query and not _LANGUAGE_QUERY.match(parts.query):
        score -= 0.5
    return max(0.0, round(score, 3))


def can_be_policy(url: str) -> bool:
    """Whether an URL is worth remembering from a listing."""
    return policy_score(url) >= MIN_SCORE


def page_score(url: str, linked: int) -> float:
    """Return what speaks for a page: its URL's words, and that `linked` archived home pages link to it as the policy."""
    score = policy_score(url)
    return round(min(1.5, max(score, 0.5) + 0.1 * min(linked, 5)), 3) if linked else score


def best_pages(pages: Iterable[tuple[str, str]], linked: Mapping[str, int], limit: int = MAX_PAGES) -> list[str]:
    """Return the urlkeys to search, best first, of pairs of urlkey and one original URL of it.

    `linked` is the number of home pages that link to a page, by urlkey.
    """
    scored = [(page_score(url, linked.get(urlkey, 0)), urlkey) for urlkey, url in pages]
    ranked = sorted((page for page in scored if page[0] >= MIN_SCORE), key=lambda p: (-p[0], len(p[1]), p[1]))
    return [urlkey for _, urlkey in ranked[:limit]]
