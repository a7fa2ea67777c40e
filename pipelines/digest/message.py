"""The digest as a message: a title, and a body as long as a service takes. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.digest.formats import FORMATS, headline
from pipelines.digest.news import first_of

if TYPE_CHECKING:
    from pipelines.digest.news import Digest

MAX_CHANGES: Final = 100
"""Changes of a message: the first run of a long list has thousands, which `scrapy changes` shows."""
MAX_CHARS: Final = 100_000
"""Characters of a body for services without a limit of their own. Gmail shows 102 KB of a mail."""
_MENTION: Final = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[!@#])", re.IGNORECASE)
"""What chat services take for a call to everyone in a room."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `form` is one of the digest's formats."""

    title: str
    body: str
    form: str


def message(digest: Digest, form: str = "text", most: int = MAX_CHARS) -> Message:
    """Return a digest as a message of at most `most` characters: as many changes as fit, and how many do not."""
    title = f"wayback-policies: {headline(digest)}"
    shown = sum(len(news) for _, news in digest.companies)
    body = _body(digest, form, shown)
    if len(body) > most:
        fits = bisect_right(range(shown), most, key=lambda count: len(_body(digest, form, count)))
        body = _body(digest, form, max(0, fits - 1))
    return Message(title, body if len(body) <= most else f"{headline(digest)[: most - 1]}…", form)


def _body(digest: Digest, form: str, count: int) -> str:
    body = FORMATS[form](first_of(digest, count))
    return body if form == "html" else _MENTION.sub(lambda found: f"{found[0]}\u200b", body)
