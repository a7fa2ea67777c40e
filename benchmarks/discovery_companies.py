"""The made-up companies of benchmarks/discovery.py: real policy addresses of the test half, and a life for each.

Everything about a company follows from the seed and its number. The shares below are assumptions; beside each stands what
it rests on.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from benchmarks.address_split import Half, addresses, registered_domain
from benchmarks.discovery_pages import HUB_TEXTS, PolicyLink, link_text
from crawler.archives.urlkey import surt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

YEAR: Final = 365.25 * 86_400
FIRST_RUN: Final = datetime(2026, 8, 24, tzinfo=UTC).timestamp()
SECOND_RUN: Final = datetime(2026, 11, 24, tzinfo=UTC).timestamp()

SIZES: Final = (2_000, 30_000_000)
"""Rows of a domain, evenly on a logarithmic scale (issue 14)."""
REFUSED: Final = 0.2
"""Probability of a 403 to a company's domain, host and prefix listings, each drawn by itself: reports differ on which
match types are refused together (research/wayback.md section 1)."""
EXACT_REFUSED: Final = 0.01
"""Probability that all listings of a company are refused, as reported of theguardian.com."""
NO_HOME: Final = 0.1
MOVES: Final = 1 / 3
"""Companies whose policy moves twice in its last ten years (issue 14)."""
ENDED: Final = 0.08
USUAL_SINCE: Final = datetime(2004, 1, 1, tzinfo=UTC).timestamp()
LATE: Final = 0.6
"""From when on new sites have a policy, and the share of older sites that did without one for years: an assumption, as
nobody counts it. Home pages that link to no policy, as there was none, are what makes a program guess in vain."""
STYLES: Final = {"direct": 0.62, "image": 0.03, "icon": 0.04, "frame": 0.03, "hub": 0.15, "none": 0.13}
"""How home pages link to the policy. 80 % of 2,002 real ones of 2025 mention privacy in a link (cases.md G), and older ones
do so less; of those without, about half lead to it by one hop (issue 14: 58 of 80 by links, 11 more by a hop)."""
FRAMES_UNTIL: Final = 2009
ALIAS: Final = 0.08
"""Links that lead to an address which redirects to the policy."""
LANDING: Final = 0.12
"""Companies whose home page redirects to that of a language (`/en/`)."""
WIDGET: Final = 0.4
PRODUCT: Final = 0.1
STATIC: Final = 1 / 3
"""Companies whose pages differ only with their text: older captures have equal digests."""

_LANGUAGES: Final = {"de": "de", "at": "de", "ch": "de", "fr": "fr", "it": "it", "nl": "nl", "es": "es", "pl": "pl"}
_ALIASES: Final = ("/privacy", "/go/privacy", "/datenschutz", "/l/12", "/footer/3")
_SUGGESTS: Final = re.compile(
    r"priv|datens|dsgvo|rgpd|gdpr|confiden|donnees|personvern|persondata|integritet|tietosuoja|adatv|gizlilik|rodo|ochran"
    r"|dataprot|data[-_ ]?(?:prot|pol)|protecci?on|prywat|polic|legal|terms|cookie|imprint|impressum|agb|nutzungsbed|rechtl"
)
"""What a person would take as a hint at a policy in an address: wide on purpose, whatever the program knows of it."""


@dataclass(frozen=True, slots=True)
class Era:
    """A stretch of a company's life, in seconds since 1970, with the policy at one address. `alias` redirects to it."""

    url: str
    began: float
    ended: float
    link: PolicyLink
    alias: str
    after: str
    """What the address gives after the era: `moved` (301 to the next one), `gone` (404) or `stale` (the last text)."""


@dataclass(frozen=True)
class Company:
    """A company of the made-up archive."""

    number: int
    domain: str
    language: str
    rows: int
    began: float
    ended: float
    """The end of the web site; the end of all times for one that lives."""
    eras: tuple[Era, ...]
    changes: tuple[float, ...]
    """Moments at which the policy's text changed."""
    refused: frozenset[str]
    has_home: bool
    landing: str
    is_static: bool
    has_widget: bool
    product: str
    blank_filter: bool
    """Whether a filtered listing that is too long for the archive is blank, rather than a 504."""
    footer: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.domain.partition('.')[0].title()} {self.number:04}"

    def edition(self, moment: float) -> int:
        return sum(change <= moment for change in self.changes)

    def chance(self, *facts: object) -> random.Random:
        return random.Random(f"{self.number} {self.domain} {facts}")  # noqa: S311 - repeatable


@dataclass(frozen=True, slots=True)
class _Draft:
    """What of a company its policies' addresses and links depend on."""

    domain: str
    language: str
    footer: tuple[tuple[str, str], ...]
    chance: random.Random


def suggests(url: str) -> bool:
    """Whether an address by itself suggests that a policy or a legal text stands there."""
    return bool(_SUGGESTS.search(unquote(url).lower()))


def companies(count: int, seed: int) -> list[Company]:
    """Return the first `count` companies of a seed. No two have an address or a domain in common."""
    pool = _pool(random.Random(f"addresses {seed}"))  # noqa: S311 - repeatable
    domains = list(pool)
    plausible = [url for urls in pool.values() for url in urls]
    taken: set[str] = set()
    made: list[Company] = []
    for domain in domains:
        if len(made) == count:
            break
        if urls := [url for url in pool[domain] if surt(url) not in taken and urlsplit(url).path.strip("/")]:
            made.append(_company(len(made), domain, urls, plausible, seed))
            taken.update(surt(era.url) for era in made[-1].eras)
    return made


def _pool(chance: random.Random) -> dict[str, list[str]]:
    """Return the addresses of the test half by registered domain, in an order drawn by chance."""
    found: dict[str, list[str]] = {}
    for address in addresses(Half.TEST):
        if urlsplit(address.url).scheme in {"http", "https"}:
            found.setdefault(registered_domain(address.domain), []).append(address.url.partition("#")[0])
    domains = sorted(found)
    chance.shuffle(domains)
    return {domain: list(dict.fromkeys(found[domain])) for domain in domains}


def _company(number: int, domain: str, urls: Sequence[str], plausible: Sequence[str], seed: int) -> Company:
    chance = random.Random(f"{seed} {number} {domain}")  # noqa: S311 - repeatable
    language = _LANGUAGES.get(domain.rpartition(".")[2], "en")
    rows = round(math.exp(chance.uniform(*map(math.log, SIZES))))
    began = datetime(chance.randint(1998, 2021), chance.randint(1, 12), 1, tzinfo=UTC).timestamp()
    ended = chance.uniform(began + 3 * YEAR, FIRST_RUN) if chance.random() < ENDED else math.inf
    refused = frozenset(match for match in ("domain", "host", "prefix") if chance.random() < REFUSED)
    if chance.random() < EXACT_REFUSED:
        refused = frozenset({"exact", "domain", "host", "prefix"})
    hubs = HUB_TEXTS[language]
    footer = tuple((text, f"/{hubs[text]}") for text in chance.sample(sorted(hubs), 3))
    last = min(ended, SECOND_RUN)
    starts = _starts(_first_policy(began, last, chance), last, chance)
    where = _addresses(urls, plausible, domain, len(starts), chance)
    eras = _eras(_Draft(domain, language, footer, chance), where, starts, ended)
    count = chance.choice((0, 1, 2, 3, 4, 5, 6, 8, 10))
    changes = sorted(chance.uniform(starts[0] + 0.1 * YEAR, last) for _ in range(count))
    if chance.random() < 0.1 and ended > SECOND_RUN:  # the second run has something to find
        changes.append(chance.uniform(FIRST_RUN, SECOND_RUN - 30 * 86_400))
    return Company(
        number=number, domain=domain, language=language, rows=rows, began=began, ended=ended, eras=tuple(eras),
        changes=tuple(changes), refused=refused, has_home=chance.random() >= NO_HOME,
        landing=chance.choice(("/en/", "/de/", "/index.html", "/home")) if chance.random() < LANDING else "",
        is_static=chance.random() < STATIC, has_widget=chance.random() < WIDGET,
        product="domain-privacy" if chance.random() < PRODUCT else "", blank_filter=chance.random() < 0.5, footer=footer,
    )  # fmt: skip


def _first_policy(began: float, last: float, chance: random.Random) -> float:
    """Return when a site's first policy appeared: in its first year, or for most of the older sites some years later."""
    is_late = began < USUAL_SINCE and chance.random() < LATE
    first = chance.uniform(began, USUAL_SINCE + 2 * YEAR) if is_late else began + chance.uniform(0, 1) * YEAR
    return min(first, last - YEAR)


def _starts(first: float, last: float, chance: random.Random) -> list[float]:
    """Return when each era begins. A move may fall between the two runs."""
    if chance.random() >= MOVES:
        return [first]
    low = max(first + 0.5 * YEAR, last - 10 * YEAR)
    moves = sorted(chance.uniform(low, max(low, last - 0.3 * YEAR)) for _ in range(2))
    if chance.random() < 0.15 and last == SECOND_RUN:
        moves[1] = chance.uniform(FIRST_RUN - 30 * 86_400, SECOND_RUN - 45 * 86_400)
    return [first, *moves]


def _addresses(
    urls: Sequence[str], plausible: Sequence[str], domain: str, count: int, chance: random.Random
) -> list[str]:
    """Return an address for each era: the company's own real ones, then the paths of others on its main host."""
    own = list(urls)
    chance.shuffle(own)
    found = own[:count]
    while len(found) < count:
        parts = urlsplit(chance.choice(plausible))
        host = f"www.{domain}" if chance.random() < 0.8 else domain
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        url = f"{parts.scheme}://{host}{path}"
        if path.strip("/") and surt(url) not in map(surt, found):
            found.insert(0, url)
    return found


def _eras(company: _Draft, urls: Sequence[str], starts: Sequence[float], ended: float) -> Iterator[Era]:
    chance = company.chance
    for url, began, end in zip(urls, starts, [*starts[1:], ended], strict=True):
        alias = chance.choice(_ALIASES) if chance.random() < ALIAS else ""
        link = _link(company, alias or url, began)
        after = chance.choices(("moved", "gone", "stale"), (0.6, 0.25, 0.15))[0]
        yield Era(url, began, end, link, alias if link.style != "none" else "", after)


def _link(company: _Draft, url: str, began: float) -> PolicyLink:
    chance = company.chance
    style = chance.choices(list(STYLES), list(STYLES.values()))[0]
    if style == "frame" and began > datetime(FRAMES_UNTIL, 1, 1, tzinfo=UTC).timestamp():
        style = "direct"
    hub_text, hub = chance.choice(list(company.footer))
    text = link_text(company.language, chance)
    return PolicyLink(style, text, _reference(url, company.domain, chance), hub_text, hub)


def _reference(url: str, domain: str, chance: random.Random) -> str:
    """Return an address as a page of the company refers to it: relative, whole, or without its scheme."""
    parts = urlsplit(url)
    if parts.netloc.removeprefix("www.") == domain and chance.random() < 0.6:
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return url.removeprefix(f"{parts.scheme}:") if parts.scheme and chance.random() < 0.05 else url
