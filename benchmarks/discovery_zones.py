"""What the made-up archive of benchmarks/discovery.py holds of a company: its pages, their neighbours, all else."""

from __future__ import annotations

import bisect
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from benchmarks import discovery_texts as texts
from benchmarks.discovery_companies import SECOND_RUN, YEAR
from benchmarks.discovery_pages import PolicyLink, frameset, home_page, linking_page, text_page
from benchmarks.discovery_rows import Block, Page, Shown, captures_of, draw
from crawler.archives.urlkey import surt
from tests.support.pdf_files import Pdf, column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.discovery_companies import Company, Era
    from benchmarks.discovery_rows import Segment

HOME, POLICY, HUB, NEIGHBOUR = 3.0, 0.25, 0.2, 0.08
"""Captures of a page in ten years, as shares of the square root of its domain's rows."""
THIN: Final = 0.15
"""Share of companies whose pages the archive has captured a tenth as often."""
UNCAPTURED: Final = 0.08
"""Share of hub pages that the archive lacks."""
VARIANTS: Final = 0.3
"""Share of companies with the policy archived under further addresses, with a query."""
HOSTERS: Final = 0.08
"""Share of companies with customers' pages on their domain, policies among them."""

_NEIGHBOURS: Final = (
    ("blog/2018/your-privacy-matters", "post"), ("blog/five-privacy-tips", "post"), ("domain-privacy", "product"),
    ("products/whois-privacy", "product"), ("products/cookie-consent-tool", "product"), ("legal/terms", "terms"),
    ("terms", "terms"), ("press/2016/new-privacy-policy-announced", "post"), ("forum/privacy-settings", "post"),
    ("support/kb/how-to-add-a-privacy-policy-to-your-shop", "post"), ("tag/privacy", "other"), ("about", "other"),
    ("legal", "terms"), ("shop/privacy-screen-filter", "product"), ("policies/shipping", "terms"),
)  # fmt: skip
_FAMILIES: Final = (
    ("", "products/item-", 5.0), ("", "blog/post-", 2.0), ("", "news/", 2.0), ("", "img/photo-", 3.0),
    ("", "static/js/chunk-", 1.0),
    ("", "en/products/", 2.0), ("", "de/produkte/", 1.5), ("", "about/team/member-", 0.1), ("", "services/offer-", 0.5),
    ("", "pages/story-", 1.0), ("", "users/", 3.0), ("", "forum/topic-", 3.0), ("", "wp-content/uploads/file-", 1.0),
    ("", "tag/tag-", 1.0), ("", "en/press/release-", 0.3), ("", "de/datenbank/satz-", 0.3), ("", "terminal/gate-", 0.1),
    ("", "legal/decisions/case-", 0.1), ("", "policyholders/claim-", 0.1), ("shop", "p/", 3.0), ("blog", "archive/", 1.0),
    ("static", "assets/", 2.0), ("forum", "t/", 2.0), ("help", "articles/", 0.5),
    ("", "shop/privacy-screen-", 0.02), ("blog", "privacy-news-", 0.02), ("", "forum/privacy-question-", 0.02),
)  # fmt: skip
"""Host, path and weight of what else is on a domain. A domain has some of them."""


@dataclass
class Zone:
    """A company's segments, and the pages among them that are its policy, by urlkey."""

    company: Company
    segments: list[Segment] = field(default_factory=list)
    policies: dict[str, Page] = field(default_factory=dict)
    editions: dict[str, Callable[[float], int | None]] = field(default_factory=dict)
    """Of each policy page, the edition that it shows at a moment; None for none."""
    linked: set[str] = field(default_factory=set)
    """Urlkeys that the home page and its hubs link to as the policy."""
    hubs: set[str] = field(default_factory=set)


class ZoneMaker:
    """Makes zones, so that no two pages of the archive have one urlkey."""

    def __init__(self, until: float) -> None:
        """Take the moment until which captures are archived."""
        self._until = until
        self._keys: set[str] = set()

    def make(self, company: Company) -> Zone:
        zone = Zone(company)
        for number, era in enumerate(company.eras):
            self._add_policy(zone, era, number)
        pages = [*_home(company), *_hubs(company, zone), *_aliases(company), *_variants(company), *_neighbours(company)]
        for kind in pages:
            self._add(zone, kind)
        zone.linked = _linked(company)
        rows = company.rows - sum(map(len, zone.segments))
        zone.segments += _blocks(company, max(0, rows), self._until)
        return zone

    def _add_policy(self, zone: Zone, era: Era, number: int) -> None:
        company, key = zone.company, surt(era.url)
        following = company.eras[number + 1].url if number + 1 < len(company.eras) else ""
        made = _Made(
            key, era.url, POLICY, _policy_shown(company, era, following), _policy_body(company, era), era.began
        )
        page = self._add(zone, made)
        if page is not None:
            zone.policies[key] = page
            zone.editions[key] = lambda moment: _edition(company, era, moment)

    def _add(self, zone: Zone, made: _Made) -> Page | None:
        if made.key in self._keys:
            return None
        self._keys.add(made.key)
        company = zone.company
        span = max(made.began, company.began), SECOND_RUN
        share = made.share * (0.1 if draw(company.number, "thin") < THIN else 1)
        captures = captures_of(company.rows, share, (span[1] - span[0]) / YEAR)
        page = Page(
            made.key, made.url, captures=captures, span=span, until=self._until,
            shown=made.shown, body=made.body, static=company.is_static and made.share != HOME, mimetype=made.mimetype,
        )  # fmt: skip
        zone.segments.append(page)
        return page


@dataclass(frozen=True)
class _Made:
    """A page to be made."""

    key: str
    url: str
    share: float
    shown: Callable[[float], Shown]
    body: Callable[[float, str], bytes]
    began: float = 0.0

    @property
    def mimetype(self) -> str:
        return "application/pdf" if _is_pdf(self.url) else "text/html"


def _is_pdf(url: str) -> bool:
    return urlsplit(url).path.lower().endswith(".pdf")


def era_at(company: Company, moment: float) -> Era | None:
    """Return the era of a moment; None before the first and after the web site's end."""
    at = bisect.bisect_right([era.began for era in company.eras], moment) - 1
    return company.eras[at] if at >= 0 and moment < company.ended else None


def _edition(company: Company, era: Era, moment: float) -> int | None:
    if moment >= company.ended or (moment >= era.ended and era.after != "stale"):
        return None
    return company.edition(min(moment, era.ended))


def _policy_shown(company: Company, era: Era, following: str) -> Callable[[float], Shown]:
    def shown(moment: float) -> Shown:
        edition = _edition(company, era, moment)
        if edition is not None:
            return Shown(200, f"edition {edition}", 2500 + 60 * edition)
        if era.after == "moved" and following and moment < company.ended:
            return Shown(301, "moved", 400, following)
        return Shown(404, "gone", 350)

    return shown


def _policy_body(company: Company, era: Era) -> Callable[[float, str], bytes]:
    def body(moment: float, nonce: str) -> bytes:
        title = texts.policy_title(company.name, company.chance("title"))
        edition = _edition(company, era, moment) or 0
        paragraphs = texts.policy_paragraphs(company.number, company.name, edition, company.chance("text"))
        if not _is_pdf(era.url):
            return text_page(title, paragraphs, nonce)
        lines = column(72, 740, f"{title}. {' '.join(paragraphs)}", 76)
        return bytes(Pdf(["".join(lines[at : at + 55]) for at in range(0, len(lines), 55)], title=title))

    return body


def _site(company: Company) -> str:
    return f"https://www.{company.domain}" if company.number % 3 else f"https://{company.domain}"


def _home(company: Company) -> Iterator[_Made]:
    """Yield the home page, the one it redirects to, and its frame, if it is archived and has them."""
    if not company.has_home:
        return

    def body(moment: float, nonce: str) -> bytes:
        if moment >= company.ended:
            return text_page(f"{company.domain} is for sale", ["Buy this domain."], nonce)
        era = era_at(company, moment)
        link = era.link if era else PolicyLink("none")
        if link.style == "frame":
            return frameset(company.name, "/menu.html")
        return home_page(
            company.name, link, company.footer, widget=company.has_widget, product=company.product, nonce=nonce
        )

    def menu(moment: float, nonce: str) -> bytes:
        era = era_at(company, moment)
        link = PolicyLink("direct", era.link.text, era.link.target) if era else PolicyLink("none")
        return linking_page("Menu", link, [], nonce)

    home, landing = f"{_site(company)}/", f"{_site(company)}{company.landing}"
    if company.landing:
        yield _Made(surt(home), home, HOME, lambda _: Shown(302, "landing", 400, landing), body)
        yield _Made(surt(landing), landing, HOME, lambda _: Shown(200, "home", 6000), body)
    else:
        yield _Made(surt(home), home, HOME, lambda _: Shown(200, "home", 6000), body)
    if any(era.link.style == "frame" for era in company.eras):
        url = f"{_site(company)}/menu.html"
        yield _Made(surt(url), url, HUB, lambda _: Shown(200, "menu", 900), menu)


def _hubs(company: Company, zone: Zone) -> Iterator[_Made]:
    for text, path in company.footer:
        if draw(company.number, path, "captured") < UNCAPTURED:
            continue

        def body(moment: float, nonce: str, text: str = text, path: str = path) -> bytes:
            era = era_at(company, moment)
            leads = era is not None and era.link.style == "hub" and era.link.hub == path
            link = PolicyLink("direct", era.link.text, era.link.target) if era and leads else PolicyLink("none")
            return linking_page(text, link, texts.neighbour_paragraphs("terms", company.name), nonce)

        url = f"{_site(company)}{path}"
        zone.hubs.add(surt(url))
        yield _Made(surt(url), url, HUB, lambda _: Shown(200, "hub", 3000), body)


def _aliases(company: Company) -> Iterator[_Made]:
    for era in company.eras:
        if era.alias:
            url = f"{_site(company)}{era.alias}"

            def shown(moment: float, era: Era = era) -> Shown:
                is_now = era.began <= moment < min(era.ended, company.ended)
                return Shown(301, "alias", 400, era.url) if is_now else Shown(404, "gone", 350)

            yield _Made(surt(url), url, HUB, shown, lambda _moment, _nonce: b"", era.began)


def _variants(company: Company) -> Iterator[_Made]:
    """Yield further addresses of the last policy: as campaigns and language switches make them."""
    era = company.eras[-1]
    if draw(company.number, "variants") < VARIANTS and "?" not in era.url and not _is_pdf(era.url):
        for query in ("?utm_source=newsletter", "?lang=en", "?ref=footer"):
            url = f"{era.url}{query}"
            yield _Made(
                surt(url), url, NEIGHBOUR / 3, _policy_shown(company, era, ""), _policy_body(company, era), era.began
            )


def _neighbours(company: Company) -> Iterator[_Made]:
    for path, kind in _NEIGHBOURS:
        if draw(company.number, path) < 0.45:
            words = texts.neighbour_paragraphs(kind, company.name)
            title = path.rpartition("/")[2].replace("-", " ").title()

            def body(_: float, nonce: str, title: str = title, words: list[str] = words) -> bytes:
                return text_page(title, words, nonce)

            url = f"{_site(company)}/{path}"
            yield _Made(surt(url), url, NEIGHBOUR, lambda _: Shown(200, "neighbour", 2000), body, company.began + YEAR)


def _blocks(company: Company, rows: int, until: float) -> Iterable[Block]:
    """Return everything else that a domain has, `rows` of them in all, and a hosting company's customers' pages."""
    chance = company.chance("blocks")
    families = [each for each in _FAMILIES if chance.random() < 0.5] or [_FAMILIES[0]]
    weights = [weight * chance.expovariate(1) for _, _, weight in families]
    whole = sum(weights)
    host = surt(f"http://{company.domain}/").partition(")")[0]
    for (name, path, _), weight in zip(families, weights, strict=True):
        key = f"{host},{name})/{path}" if name else f"{host})/{path}"
        url = f"https://{name or 'www'}.{company.domain}/{path}{{}}"
        yield Block(key, url, rows=int(rows * weight / whole), until=until, body=_page_of("other"))
    if chance.random() < HOSTERS and rows > 100_000:
        url = f"https://site{{}}.{company.domain}/privacy"
        body = _page_of("customer")
        yield Block(f"{host},site", url, suffix=")/privacy", rows=rows // 200, until=until, body=body)


def _page_of(kind: str) -> bytes:
    """Return the page of a block: plain words, or the policy of a hosting company's customer."""
    words = texts.neighbour_paragraphs(kind, "A shop")
    if kind == "customer":
        words = texts.policy_paragraphs(9999, "A customer", 0, random.Random(kind))[:-1]  # noqa: S311 - repeatable
    return text_page("Privacy Policy" if kind == "customer" else "A page", words, "")


def _linked(company: Company) -> set[str]:
    """Return the urlkeys to which the home page, its frame or a hub links as the policy at any time."""
    site = f"{_site(company)}/"
    targets = (f"{site}{era.alias[1:]}" if era.alias else era.url for era in company.eras if era.link.style != "none")
    return {surt(url) for url in targets}
