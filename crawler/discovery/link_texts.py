"""Links of an archived home page to the company's policy, found by their text. Pure: bytes in, URLs out; no Scrapy.

Runs in the worker processes (pipelines.convert.pool). The rule is that of the Princeton-Leuven corpus (research/corpus.md,
from its detect_links.py): link text alone decides, so a policy whose URL has no telling word is found too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import tldextract
import turbohtml

from crawler.archives.urlkey import urlkey_of
from pipelines.convert.decode import decode, inflate
from pipelines.convert.parse import refuse_explosion
from pipelines.errors import ConversionError
from pipelines.kinds.privacy import PRIVACY
from pipelines.untrusted import MAX_URL, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.kinds.base import Kind

_NOT_THEIR_OWN = frozenset(
    "google.com googleapis.com gstatic.com youtube.com facebook.com instagram.com twitter.com x.com linkedin.com "
    "bing.com yahoo.com duckduckgo.com wix.com squarespace.com weebly.com wordpress.com wordpress.org automattic.com "
    "shopify.com godaddysites.com jimdo.com cookiebot.com onetrust.com cookielaw.org trustarc.com truste.com "
    "usercentrics.com usercentrics.eu quantcast.com cookieyes.com osano.com hotjar.com intercom.com zendesk.com "
    "tawk.to livechat.com livechatinc.com hubspot.com mailchimp.com trustpilot.com recaptcha.net hcaptcha.com "
    "cloudflare.com disqus.com addthis.com sharethis.com paypal.com".split()
)
"""Registered domains of widgets, consent managers, site builders and search engines. Other firms' pages carry links to
their policies. Services that host a firm's own policy (iubenda.com, termly.io) are left out."""

MAX_LINKS = 20_000
MAX_TEXT = 200
MAX_TEXTS = 1 << 24
"""Bounds of a page: links that are read, characters of one link's text, and of all of them.

The last bound is met where links stand within links, hundreds deep: each has the text of all below it.
"""

MAX_FOUND = 20
"""Links to the policy that are remembered of a page; no more are listed for a domain (crawler.discovery.linked_pages)."""

_registered = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the package's own list: no request
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where a page's links to the policy lead: absolute http(s) URLs without fragments. Each field is bounded."""

    policies: tuple[str, ...] = ()
    """Policies on the company's own hosts, or on services that host a firm's own policy: best first, at most MAX_FOUND."""
    foreign: tuple[str, ...] = ()
    """Targets on other registered domains, on no list of platforms, of links whose text is exact.

    A foreign target can be the owner's policy on another of its domains; `owners_pages` tells over all home pages.
    """
    hubs: tuple[str, ...] = ()
    """Pages that policies are usually linked from (legal, terms, about ...): best first, at most MAX_HUBS."""
    frames: tuple[str, ...] = ()
    """Pages in the page's frames: at most MAX_HUBS."""


MAX_HUBS = 4


def page_links(html: bytes, content_type: str, *, url: str, domain: str, kind: Kind = PRIVACY) -> PageLinks:
    """Return where a page's links to the policy lead; empty of a page that can't be read.

    `url` is the page's own, `domain` its listed domain.
    """
    found = policy_links(html, content_type, url=url, domain=domain, kind=kind)
    own = registered_domain(domain)
    return PageLinks(
        tuple(target for target in found if registered_domain(target) == own),
        tuple(target for target in found if registered_domain(target) != own),
    )


def owners_pages(links_by_timestamp: Mapping[str, PageLinks]) -> list[str]:
    """Return the foreign targets that are the owner's, by what home pages of many moments link to; the latest first.

    A foreign target is the owner's if at least half of the home pages of two consecutive years link to it, and each of
    the two years has such a home page. `links_by_timestamp` has the links of each home page by its 14-digit timestamp.
    Targets with equal urlkeys are one; the latest spelling is returned.
    """
    pages: defaultdict[int, list[frozenset[str]]] = defaultdict(list)
    spelling: dict[str, str] = {}
    for timestamp in sorted(links_by_timestamp):
        targets = {urlkey_of(target): target for target in links_by_timestamp[timestamp].foreign}
        pages[int(timestamp[:4])].append(frozenset(targets))
        spelling = {key: target for key, target in spelling.items() if key not in targets} | targets
    owners = {
        key
        for earlier, later in pairwise(sorted(pages))
        if later == earlier + 1
        for key in frozenset().union(*pages[earlier]) & frozenset().union(*pages[later])
        if 2 * sum(key in page for year in (earlier, later) for page in pages[year])
        >= len(pages[earlier] + pages[later])
    }
    return [spelling[key] for key in reversed(spelling) if key in owners]


def policy_links(html: bytes, content_type: str, *, url: str, domain: str, kind: Kind = PRIVACY) -> list[str]:
    """Return the targets of a home page's links to the policy: absolute http(s) URLs, no fragment, in document order.

    A link counts if its text is one of `kind.links.exact`. If no link has such a text, those count whose text contains
    `kind.links.word` and one of its companions. At most MAX_FOUND; none of a page that can't be read. `url` is the page's
    own, `domain` its listed domain.
    """
    texts = kind.links
    links = list(_links(html, content_type, url))
    exact = [target for text, target in links if text in texts.exact]
    found = exact or [
        target for text, target in links if texts.word in text and any(word in text for word in texts.companions)
    ]
    return list(islice((target for target in dict.fromkeys(found) if is_their_own(target, domain)), MAX_FOUND))


def is_their_own(url: str, domain: str) -> bool:
    """Whether a URL can be the company's policy: its domain is no widget's or platform's, or the company's own."""
    registered = registered_domain(url)
    return registered not in _NOT_THEIR_OWN or registered == registered_domain(domain)


def registered_domain(url: str) -> str:
    """Return the registered domain of a URL or host: `example.co.uk` of `www.example.co.uk`; else the host itself."""
    host = urlsplit(url).hostname or url if "//" in url else url
    return _registered(host).top_domain_under_public_suffix or host


def _links(html: bytes, content_type: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield the text (lower case, white space collapsed) and the target of each link to another page."""
    try:
        page = decode(inflate(html), content_type)
        refuse_explosion(page)
    except ConversionError:
        return
    root = turbohtml.parse(page, positions=False, scripting=False).root
    if root is None:
        return
    left = MAX_TEXTS
    for link in islice(root.find_all("a"), MAX_LINKS):
        target = _target(str(link.attrs.get("href") or ""), url)
        if not target:
            continue
        text = link.text
        left -= len(text)
        if left < 0:
            return
        yield _SPACES.sub(" ", text[: MAX_TEXT * 5]).strip().lower()[:MAX_TEXT], target


def _target(href: str, url: str) -> str | None:
    """Return the target of a link if it can be requested: its form encoded for a query must not be longer than MAX_URL."""
    if len(href) > MAX_URL:
        return None
    try:
        target = urldefrag(urljoin(url, href.strip())).url
    except ValueError:
        return None
    if url_problem(target) or len(quote(target, safe="")) > MAX_URL or target == urldefrag(url).url:
        return None
    return target
