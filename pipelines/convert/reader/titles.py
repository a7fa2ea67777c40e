"""The document's title, and the article's as the reader guesses it. Cleaning drops a heading that repeats the latter."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from pipelines.convert.reader.subtree_counts import SPACE, collapse, inner_text
from pipelines.convert.tree import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.convert.tree import Element

_SEPARATOR: Final = re.compile(r" [\|\-\\/>»] ")
_HIERARCHY: Final = re.compile(r" [\\/>»] ")
_SEPARATORS: Final = re.compile(r"[\|\-\\/>»]+")
_BEFORE_LAST: Final = re.compile(r"([^\n\r\u2028\u2029]*)[\|\-\\/>»] [^\n\r\u2028\u2029]*")
_AFTER_FIRST: Final = re.compile(r"[^\|\-\\/>»]*[\|\-\\/>»]([^\n\r\u2028\u2029]*)")
_SPACES: Final = re.compile(f"[{SPACE}]+")
_ASCII_SPACES: Final = re.compile(r"[\t\n\f\r ]+")
_PROPERTY: Final = re.compile(
    r"\s*(dc|dcterm|og|twitter)\s*:\s*(author|creator|description|title|site_name)\s*", re.IGNORECASE | re.ASCII
)
_NAME: Final = re.compile(
    r"\s*(?:(dc|dcterm|og|twitter|weibo:(article|webpage))\s*[.:]\s*)?(author|creator|description|title|site_name)\s*",
    re.IGNORECASE | re.ASCII,
)
_META_TITLES: Final = (
    "dc:title",
    "dcterm:title",
    "og:title",
    "weibo:article:title",
    "weibo:webpage:title",
    "title",
    "twitter:title",
)
_ENTITIES: Final = {"quot": '"', "amp": "&", "apos": "'", "lt": "<", "gt": ">"}
_ENTITY: Final = re.compile("&(quot|amp|apos|lt|gt);")
_CODE: Final = re.compile("&#(?:x([0-9a-z]{1,4})|([0-9]{1,4}));", re.IGNORECASE | re.ASCII)
_HEX: Final = re.compile("[0-9a-f]*", re.IGNORECASE | re.ASCII)
_CDATA: Final = re.compile(rf"^[{SPACE}]*<!\[CDATA\[|\]\]>[{SPACE}]*\Z")
_ARTICLE_TYPES: Final = re.compile(
    "^Article|AdvertiserContentArticle|NewsArticle|AnalysisNewsArticle|AskPublicNewsArticle|BackgroundNewsArticle"
    "|OpinionNewsArticle|ReportageNewsArticle|ReviewNewsArticle|Report|SatiricalArticle|ScholarlyArticle"
    "|MedicalScholarlyArticle|SocialMediaPosting|BlogPosting|LiveBlogPosting|DiscussionForumPosting|TechArticle"
    r"|APIReference\Z"
)
_MAX_TITLE: Final = 10_000
_MAX_NAME: Final = 1_000
"""Limits of the characters of a title and of a meta element's name. Some patterns above are quadratic."""


def document_title(titles: Iterable[Element]) -> str:
    """Return the DOM's `document.title`: the text of the first HTML title element, white space collapsed."""
    title = next((element for element in titles if element.tag), None)
    if title is None:
        return ""
    text = "".join(node.data for node in title.child_nodes if isinstance(node, Text))
    return _ASCII_SPACES.sub(" ", text).strip("\t\n\f\r ")


def json_ld_title(scripts: Iterable[Element]) -> str | None:
    """Return the name or headline of the first JSON-LD block, if it describes an article."""
    script = next((script for script in scripts if script.attrs.get("type") == "application/ld+json"), None)
    if script is None:
        return None
    try:
        return _article_name(json.loads(_CDATA.sub("", script.text)))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None


def _article_name(data: Any) -> str | None:
    if not re.fullmatch("https?://schema.org", data.get("@context", "")):
        return None
    if not data.get("@type") and isinstance(data.get("@graph"), list):
        data = data["@graph"][0]
    if not _ARTICLE_TYPES.search(data.get("@type") or ""):
        return None
    names = (data.get("name"), data.get("headline"))
    return next((name.strip(SPACE) for name in names if isinstance(name, str)), None)


def article_title(html: Element, document_title: str, json_ld: str | None) -> str:
    """Return the title of the article: from JSON-LD, from meta elements, else guessed from the document's title."""
    found = html.find_each("meta", "h1", "h2")
    title = json_ld or _meta_title(found["meta"]) or _guess(found["h1"], found["h2"], document_title[:_MAX_TITLE])
    return _CODE.sub(_character, _ENTITY.sub(lambda match: _ENTITIES[match[1]], title))


def _character(code: re.Match[str]) -> str:
    hexadecimal, decimal = code.groups()
    digits = _HEX.match(hexadecimal)[0] if hexadecimal else decimal  # type: ignore[index]  # matches the empty string
    return chr(int(digits or "0", 16 if hexadecimal else 10))


def _meta_title(metas: Iterable[Element]) -> str | None:
    values: dict[str, str] = {}
    for meta in metas:
        content = meta.attrs.get("content")
        if not content:
            continue
        properties = [match[0] for match in _PROPERTY.finditer(meta.attrs.get("property", "")[:_MAX_NAME])]
        name = meta.attrs.get("name", "")[:_MAX_NAME]
        if not properties and _NAME.fullmatch(name):
            properties = [name.replace(".", ":")]
        for key in properties:
            values[_SPACES.sub("", key.lower())] = content.strip(SPACE)
    return next((values[name] for name in _META_TITLES if values.get(name)), None)


def _guess(h1s: list[Element], h2s: list[Element], title: str) -> str:
    original = guess = title.strip(SPACE)
    hierarchical = False
    if _SEPARATOR.search(original):
        hierarchical = bool(_HIERARCHY.search(original))
        guess = _BEFORE_LAST.sub(r"\1", original)
        if _words(guess) < 3:  # noqa: PLR2004 - the reader's own number
            guess = _AFTER_FIRST.sub(r"\1", original)
    elif ": " in original:
        guess = _after_colon([*h1s, *h2s], original)
    elif not 15 <= len(original) <= 150:  # noqa: PLR2004 - the reader's own numbers
        guess = inner_text(h1s[0]) if len(h1s) == 1 else guess
    guess = collapse(guess)
    words = _words(guess)
    shortened = words != _words(_SEPARATORS.sub("", original)) - 1
    return original if words <= 4 and (not hierarchical or shortened) else guess  # noqa: PLR2004 - as above


def _after_colon(headings: list[Element], title: str) -> str:
    if any(heading.text.strip(SPACE) == title for heading in headings):
        return title
    guess = title[title.rindex(":") + 1 :]
    if _words(guess) < 3:  # noqa: PLR2004 - the reader's own number
        return title[title.index(":") + 1 :]
    return title if _words(title[: title.index(":")]) > 5 else guess  # noqa: PLR2004 - as above


def _words(text: str) -> int:
    """Return the number of pieces between white space, empty ones at the ends included, as in JavaScript's `split`."""
    return len(_SPACES.split(text))
