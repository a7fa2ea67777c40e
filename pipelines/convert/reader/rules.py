"""Patterns of class and id, and the switches of the reader's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_I: Final = re.IGNORECASE | re.ASCII
UNLIKELY: Final = re.compile(
    "-ad-|ai2html|banner|breadcrumbs|combx|comment|community|cover-wrap|disqus|extra|footer|gdpr|header|legends|menu"
    "|related|remark|replies|rss|shoutbox|sidebar|skyscraper|social|sponsor|supplemental|ad-break|agegate|pagination"
    "|pager|popup|yom-remote",
    _I,
)
MAYBE: Final = re.compile("and|article|body|column|content|main|shadow", _I)
_POSITIVE: Final = re.compile("article|body|content|entry|hentry|h-entry|main|page|pagination|post|text|blog|story", _I)
_NEGATIVE: Final = re.compile(
    "hidden|^hid\\Z| hid\\Z| hid |^hid |banner|combx|comment|com-|contact|foot|footer|footnote|gdpr|masthead|media|meta"
    "|outbrain|promo|related|scroll|share|shoutbox|sidebar|skyscraper|sponsor|shopping|tags|tool|widget",
    _I,
)
BYLINE: Final = re.compile("byline|author|dateline|writtenby|p-author", _I)


@dataclass
class Strictness:
    """The reader's active rules. Each attempt that finds too little text is followed by one with a rule less."""

    strip_unlikely: bool = True
    weigh_classes: bool = True
    clean_conditionally: bool = True
    byline_seen: bool = False

    def relax(self) -> bool:
        """Switch off the next rule. Returns False if all are off."""
        for rule in ("strip_unlikely", "weigh_classes", "clean_conditionally"):
            if getattr(self, rule):
                setattr(self, rule, False)
                return True
        return False

    def class_weight(self, element: Element) -> int:
        """Return the weight of an element's class and id: plus or minus 25 each."""
        if not self.weigh_classes:
            return 0
        names = ("" if element.svg else element.attrs.get("class", ""), element.attrs.get("id", ""))
        return sum(25 * (bool(_POSITIVE.search(name)) - bool(_NEGATIVE.search(name))) for name in names if name)


def match_string(element: Element) -> str:
    """Return class and id as one string for the patterns."""
    name = "[object SVGAnimatedString]" if element.svg else element.attrs.get("class", "")
    return f"{name} {element.attrs.get('id', '')}"
