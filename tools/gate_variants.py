"""Documents made of others for training: cut, untitled, in a menu, joined to one page. None is measured as a document."""

from __future__ import annotations

import statistics
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.gate.language import detect
from pipelines.gate.phrases import find
from pipelines.gate.tokens import tokens

if TYPE_CHECKING:
    from gate_data import Page


NEUTRAL_TITLE = "Example Networks - Hosting, Servers, Bandwidth"
"""A title that says nothing, since many sites have one title for all their pages."""
TITLES = {
    "privacy": "Privacy Policy", "terms": "Terms of Service", "cookies": "Cookie Policy", "imprint": "Imprint",
    "processing": "Data Processing Agreement", "acceptable_use": "Acceptable Use Policy",
}  # fmt: skip
MENU = (
    "[Skip to content]\n\n  * [Home]\n  * [Products]\n    * [Servers]\n    * [Domains]\n    * [Email]\n  * [Pricing]\n"
    "  * [Support]\n  * [Blog]\n  * [About us]\n  * [Contact]\n  * [Sign in]\n  * [Terms of Service]\n"
    "  * [Privacy Policy]\n  * [Cookies]\n\n[English] [Deutsch] [Français] [Español] [日本語]\n\n"
)  # fmt: skip
PLAIN_WORDS = 200
CUTS = (120, 250, 450)
"""Lengths in white-space separated words. A longer document is cut to one of them, chosen by its name."""
SHELLS = (
    "", MENU, "## 404 - Page not found\n\nSorry, the page you requested could not be found. Go back to the home page.",
    "Please enable JavaScript to view this page.",
    "Log in\n\nUsername\n\nPassword\n\n[Forgot your password?]\n\n[Create an account]",
    "Checking your browser before accessing this site. Please enable cookies.", "Loading...", "This page has moved.",
    "This domain is for sale. Related searches: web hosting, domain names, privacy policy.",
    "We use cookies. [Accept all] [Reject all] [Settings]",
)  # fmt: skip
VARIANT_WEIGHT = 0.4
JOINED = 150
"""Pages of terms and a privacy policy that are made, at most."""


def variants(known: list[Page]) -> list[Page]:
    """Return the documents made of all that are known, lighter than the known ones."""
    made = [made for page in known for made in _of_one(page)]
    return [replace(page, weight=VARIANT_WEIGHT) for page in (*made, *_joined(known), *_shells(known))]


def untitled(page: Page) -> Page:
    return replace(page, title="")


def cut(page: Page, words: int) -> Page:
    """Return the beginning of a document, to the end of a line."""
    kept, count = [], 0
    for line in page.body.split("\n"):
        kept.append(line)
        count += len(line.split())
        if count >= words:
            break
    return replace(page, body="\n".join(kept))


def plain(page: Page) -> Page | None:
    """Return a policy without the paragraphs that have most of the phrases, under its name, or None if little is left.

    Policies in plain words have few of the phrases; what they are called, and how long they are, has to do.
    """
    language = detect(page.body)
    paragraphs = [(_phrase_density(part, language), part) for part in page.body.split("\n\n")]
    limit = statistics.median(density for density, part in paragraphs)
    kept = "\n\n".join(part for density, part in paragraphs if density <= limit)
    enough = len(kept.split()) >= PLAIN_WORDS
    return replace(page, title=f"{page.firm.title()[:20]} - Privacy Policy", body=kept) if enough else None


def _phrase_density(paragraph: str, language: str) -> float:
    found = tokens(paragraph)
    return sum(group.startswith("privacy.") for _, group in find(found, language)) / max(1, len(found))


def _of_one(page: Page) -> Iterator[Page]:
    choice = zlib.crc32(page.name.encode())
    if page.title:
        yield replace(page, title=NEUTRAL_TITLE if choice % 2 else "")
    elif title := TITLES.get(min(page.classes)):
        yield replace(page, title=f"{title} | {page.firm.title()[:20]}" if choice % 2 else NEUTRAL_TITLE)
    words = CUTS[choice % len(CUTS)]
    # the beginning of a page that holds several texts is only the first of them
    if len(page.classes) == 1 and len(page.body.split()) > 2 * words:
        yield cut(untitled(page), words)
    if choice % 2 and page.classes == {"privacy"} and (made := plain(page)):
        yield made
    if choice % 4 == 0:
        yield replace(page, body=MENU + page.body, title=NEUTRAL_TITLE)


def _shells(known: Iterable[Page]) -> Iterator[Page]:
    """Yield pages that have a policy's title and nothing of the policy: an empty one, a menu, an error, a form."""
    policies = [page for page in known if page.classes == {"privacy"} and zlib.crc32(page.name.encode()) % 8 == 0]
    for index, page in enumerate(policies):
        title = page.title or f"{page.firm.title()[:20]} - Privacy Policy"
        body = SHELLS[index % len(SHELLS)]
        yield replace(page, name=f"{page.name}-", title=title, body=body, classes=frozenset({"other"}))


def _joined(known: Iterable[Page]) -> Iterator[Page]:
    """Yield a firm's terms and privacy policy as one page, in this order and the other."""
    by_firm: dict[str, dict[str, Page]] = defaultdict(dict)
    for page in known:
        if len(page.classes) == 1 and len(page.body.split()) > 300 and not page.is_written:
            by_firm[page.firm][min(page.classes)] = page
    both = [firm for firm in by_firm.values() if {"privacy", "terms"} <= firm.keys()]
    for index, firm in enumerate(both[:JOINED]):
        first, second = (firm["terms"], firm["privacy"]) if index % 2 else (firm["privacy"], firm["terms"])
        body = "\n\n".join(f"## {each.title or TITLES[min(each.classes)]}\n\n{each.body}" for each in (first, second))
        yield replace(first, name=f"{first.name}+", title="Legal", body=body, classes=frozenset({"privacy", "terms"}))
