"""Patterns of class and id, and the switches of the reader's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.convert.tree import Element

_Answer = TypeVar("_Answer")

_I: Final = re.IGNORECASE | re.ASCII
_UNLIKELY: Final = re.compile(
    "-ad-|ai2html|banner|breadcrumbs|combx|comment|community|cover-wrap|disqus|extra|footer|gdpr|header|legends|menu"
    "|related|remark|replies|rss|shoutbox|sidebar|skyscraper|social|sponsor|supplemental|ad-break|agegate|pagination"
    "|pager|popup|yom-remote",
    _I,
)
_MAYBE: Final = re.compile("and|article|body|column|content|main|shadow", _I)
_POSITIVE: Final = re.compile("article|body|content|entry|hentry|h-entry|main|page|pagination|post|text|blog|story", _I)
_NEGATIVE: Final = re.compile(
    "hidden|^hid\\Z| hid\\Z| hid |^hid |banner|combx|comment|com-|contact|foot|footer|footnote|gdpr|masthead|media|meta"
    "|outbrain|promo|related|scroll|share|shoutbox|sidebar|skyscraper|sponsor|shopping|tags|tool|widget",
    _I,
)
_BYLINE: Final = re.compile("byline|author|dateline|writtenby|p-author", _I)

# For the fuller reading, which is not Readability's.
CONSENT_MANAGERS: Final = re.compile(
    r"onetrust-(?:consent|banner|pc)|optanon-(?:alert|popup|overlay)|cybotcookiebotdialog|didomi-(?:host|popup|notice|consent)"
    r"|truste[-_](?:consent|overlay|popframe)|qc-cmp|usercentrics|uc-banner|cky-(?:consent|modal|overlay|preference|notice)"
    r"|cmplz-(?:cookiebanner|manage-consent)|cookie-law-info-|cli(?:modal|settingspopup)|cc-(?:window|banner)"
    r"|cookieconsent|iubenda-cs|osano-cm|termly-consent|sp_message_container|evidon-|_evidon|klaro|borlabscookie"
    r"|borlabs-cookie|fc-consent|moove[-_]gdpr|eu-cookie|sliding-popup|hs-(?:eu|banner|modal).?cookie|hs-eu-|axeptio"
    r"|tarteaucitron|cookiefirst|cookiescript|cmpbox|cmpwrapper|ccc-(?:module|overlay|notify)|orejime|shopify-pc__"
    r"|catapult-cookie|ppms_cm|ensighten|uniconsent|tc-privacy|privacy-mgmt|cookie-?bar|cookie-?banner|cookie-?consent"
    r"|cookie-?popup|cookie-?modal|cookie-?dialog|cookie-?wall|cookie-?overlay|consent-?(?:banner|modal|dialog|popup|overlay)"
    r"|gdpr-?(?:banner|modal|dialog|popup|overlay|cookie)|ketch-(?:banner|modal|consent)|transcend-consent",
    _I,
)
CONSENT: Final = re.compile(r"cookie|consent|gdpr|rgpd|dsgvo|ccpa|(?<![a-z])cmp(?![a-z])|tracking|privacy", _I)
DIALOG_NAMES: Final = re.compile(
    r"banner|bar(?![a-z])|dialog|modal|pop-?up|pop-?in|overlay|notice|layer|prompt|wall|message|preference|settings|cent(?:er|re)"
    r"|manager|drawer|toast|alert|ribbon|notification|disclaimer|hint",
    _I,
)
NAVIGATION: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|submenu|breadcrumbs?|pagination|pager|toc|skip-?links?|sitemap)(?=$|[\s_-])",
    _I,
)
NEVER_PROSE: Final = re.compile(
    r"(?:^|[\s_-])(?:related|recommend(?:ed|ations?)?|comments?|disqus|respond|promo|sponsor(?:ed)?|popup|modal|overlay"
    r"|lightbox|sidebar|author|byline|bio|trending|outbrain|taboola|tooltip|toast|masthead|footer)(?=$|[\s_-])",
    _I,
)
"""Names of parts that go though they may hold prose: teasers, readers' comments, the author's life."""
SELDOM_PROSE: Final = re.compile(
    r"(?:^|[\s_-])(?:share|sharing|social|newsletter|subscri(?:be|ption)|signup|advert(?:isement)?|ads?|banner|tags"
    r"|popular|latest|print|feedback|rating|login|cart|search|cta|copyright|cookie|consent|gdpr|post-meta|entry-meta)"
    r"(?=$|[\s_-])",
    _I,
)
DIALOGS: Final = re.compile(r"(?:^|[\s_-])(?:popup|modal|overlay|lightbox)(?=$|[\s_-])", _I)


class OncePerName(dict[str, _Answer]):
    """What a rule says of names. It is asked once for each, since most of a page's elements share theirs with others."""

    def __init__(self, rule: Callable[[str], _Answer]) -> None:
        self._rule = rule

    def __missing__(self, names: str) -> _Answer:
        answer = self[names] = self._rule(names)
        return answer


def _is_unlikely(names: str) -> bool:
    return bool(_UNLIKELY.search(names)) and not _MAYBE.search(names)


def _is_byline(names: str) -> bool:
    return bool(_BYLINE.search(names))


def _weight(name: str) -> int:
    return 25 * (bool(_POSITIVE.search(name)) - bool(_NEGATIVE.search(name)))


@dataclass
class Strictness:
    """The reader's active rules. Each attempt that finds too little text is followed by one with a rule less.

    `unlikely` and `byline` tell it of a `match_string`.
    """

    strip_unlikely: bool = True
    weigh_classes: bool = True
    clean_conditionally: bool = True
    byline_seen: bool = False
    unlikely: OncePerName[bool] = field(default_factory=lambda: OncePerName(_is_unlikely))
    byline: OncePerName[bool] = field(default_factory=lambda: OncePerName(_is_byline))
    _weights: OncePerName[int] = field(default_factory=lambda: OncePerName(_weight))

    def relax(self) -> bool:
        """Switch off the next rule. Returns False if all are off."""
        for rule in ("strip_unlikely", "weigh_classes", "clean_conditionally"):
            if getattr(self, rule):
                setattr(self, rule, False)
                return True
        return False

    def class_weight(self, element: Element) -> int:
        """Return the weight of an element's class and id: plus or minus 25 each."""
        if not self.weigh_classes or not element.attrs:
            return 0
        of_class = "" if element.svg else element.attrs.get("class", "")
        return self._weights[of_class] + self._weights[element.attrs.get("id", "")]


def match_string(element: Element) -> str:
    """Return class and id as one string for the patterns."""
    name = "[object SVGAnimatedString]" if element.svg else element.attrs.get("class", "")
    return f"{name} {element.attrs.get('id', '')}"
