"""Links on an archived home page that lead to the company's privacy policy. Pure: bytes in, URLs out; without Scrapy.

Runs in the worker processes (pipelines.workers). The rule is the corpus' own (research/corpus.md, from its
detect_links.py): by link text alone, so that it finds policies whose URL says nothing.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import tldextract
import turbohtml

from crawler.errors import ConversionError
from pipelines.decode import decode, inflate
from pipelines.parse import refuse_explosion
from pipelines.untrusted import MAX_URL, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

EXACT = (
    "privacy policy", "privacy statement", "privacy", "privacy notice", "cookie policy", "your privacy",
    "your privacy rights",
)  # fmt: skip
WITH_PRIVACY = ("policy", "policies", "cookie", "security", "statement", "terms", "notice")
"""Words of which one stands beside "privacy" in a link text that is not one of EXACT."""

OTHER_LANGUAGES = (
    "datenschutz", "datenschutzerklärung", "datenschutzhinweise", "politique de confidentialité", "confidentialité",
    "vie privée", "política de privacidad", "privacidad", "política de privacidade", "privacidade",
    "informativa sulla privacy", "informativa privacy", "privacyverklaring", "privacybeleid", "polityka prywatności",
    "integritetspolicy", "personvern", "privatlivspolitik", "tietosuojaseloste", "プライバシーポリシー", "隐私政策",
)  # fmt: skip
"""What the corpus, which is English, left out: the same by its usual names in the languages of the company list."""

_NOT_THEIR_OWN = frozenset(
    "google.com googleapis.com gstatic.com youtube.com facebook.com instagram.com twitter.com x.com linkedin.com "
    "bing.com yahoo.com duckduckgo.com wix.com squarespace.com weebly.com wordpress.com wordpress.org automattic.com "
    "shopify.com godaddysites.com jimdo.com cookiebot.com onetrust.com cookielaw.org trustarc.com truste.com "
    "usercentrics.com usercentrics.eu quantcast.com cookieyes.com osano.com hotjar.com intercom.com zendesk.com "
    "tawk.to livechat.com livechatinc.com hubspot.com mailchimp.com trustpilot.com recaptcha.net hcaptcha.com "
    "cloudflare.com disqus.com addthis.com sharethis.com paypal.com".split()
)
"""Registered domains of widgets, consent managers, site builders and search engines, which link to their own policy from
other firms' pages. Services that host a firm's own policy (iubenda.com, termly.io) are not among them."""

MAX_LINKS = 20_000
MAX_TEXT = 200
MAX_TEXTS = 1 << 24
"""Bounds on what a page can make this look at: links, characters of one link's text, and of all of them.

The last one is met where links stand within links, hundreds deep, each with the text of all below it.
"""

MAX_FOUND = 20
"""Links to the policy that are remembered of a page; no more are listed for a domain (crawler.listings)."""

_registered = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list in the package; never the network
_SPACES = re.compile(r"\s+")


def policy_links(html: bytes, content_type: str, *, url: str, domain: str) -> list[str]:
    """Return where a home page's links to its policy lead: absolute http(s) URLs without fragment, in document order.

    Links with one of the exact texts, or if there are none, those with "privacy" and a word of WITH_PRIVACY; MAX_FOUND
    at most; none of a page that can't be read. `url` is the page's own, `domain` the listed domain it belongs to.
    """
    links = list(_links(html, content_type, url))
    exact = [target for text, target in links if text in EXACT or text in OTHER_LANGUAGES]
    found = exact or [
        target for text, target in links if "privacy" in text and any(word in text for word in WITH_PRIVACY)
    ]
    return list(islice((target for target in dict.fromkeys(found) if is_their_own(target, domain)), MAX_FOUND))


def is_their_own(url: str, domain: str) -> bool:
    """Whether a link's target can be the company's policy: not a widget's or platform's own, unless that is the company."""
    registered = registered_domain(url)
    return registered not in _NOT_THEIR_OWN or registered == registered_domain(domain)


def registered_domain(url: str) -> str:
    """Return what was registered of a URL's or a domain's host: `example.co.uk` of `www.example.co.uk`, else the host."""
    host = urlsplit(url).hostname or url if "//" in url else url
    return _registered(host).top_domain_under_public_suffix or host


def _links(html: bytes, content_type: str, url: str) -> Iterator[tuple[str, str]]:
    """Yield text (lower case, white space collapsed) and target of a page's links to other pages."""
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
    """Return where a link leads if that can be asked for: encoded for a query, too, it must not be longer than MAX_URL."""
    if len(href) > MAX_URL:
        return None
    try:
        target = urldefrag(urljoin(url, href.strip())).url
    except ValueError:
        return None
    if url_problem(target) or len(quote(target, safe="")) > MAX_URL or target == urldefrag(url).url:
        return None
    return target
