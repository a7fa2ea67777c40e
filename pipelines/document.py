"""The format of text files: writing and parsing.

A file has a header line with domain, date and snapshot, an empty line, `# ` and the page's title, an empty line, and the
article as markdown. Files of the corpus without a header are read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pipelines.gate.assess import assess
from pipelines.kinds import KINDS, kind_with_noun
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.fingerprint import text_sha256
from pipelines.similarity.words import visible_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.gate.assess import Assessment
    from pipelines.kinds.base import Kind

_HEADER: Final = (
    "> *The following text is extracted and transformed from the {domain} {noun} that was archived on {date}. "
    "Please check the [original snapshot on the Wayback Machine]({url}) for the most accurate reproduction.*\n\n"
)


def _header_pattern(kinds: Iterable[Kind]) -> re.Pattern[str]:
    fields = {
        "domain": r"\S+",
        "noun": "|".join(re.escape(kind.header_noun) for kind in kinds),
        "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "url": r"[^\s()]+",
    }
    pattern = re.escape(_HEADER)
    for name, values in fields.items():
        pattern = pattern.replace(rf"\{{{name}\}}", f"(?P<{name}>{values})")
    return re.compile(pattern)


_HEADER_PATTERN: Final = _header_pattern(KINDS.values())
_TITLE: Final = re.compile(r"# (?P<title>[^\n]*)\n\n")


@dataclass(frozen=True)
class Document:
    """The text of a snapshot. `domain`, `date` (YYYY-MM-DD) and `snapshot_url` are None for a file without header.

    `title` is None for a file without title line, and empty for a page without title. `converter_version`, `reading` and
    `reading_coverage` are None for a document read from a file. `noun` is the header's word for the document, that of its
    kind. Hash, word count and assessment are computed on first access; pickling keeps them.
    """

    domain: str | None
    date: str | None
    snapshot_url: str | None
    title: str | None
    body: str
    converter_version: str | None = None
    noun: str = PRIVACY.header_noun
    reading: str | None = None
    """The reading that found the text: `corpus`, or `full` (`pipelines.convert.readings`)."""
    reading_coverage: float | None = None
    """Share of the page's reachable text that the document holds, 0 to 1."""

    @property
    def text(self) -> str:
        """The whole file."""
        header = ""
        if self.snapshot_url is not None:
            header = _HEADER.format(domain=self.domain, noun=self.noun, date=self.date, url=self.snapshot_url)
        title = "" if self.title is None else f"# {self.title}\n\n"
        return header + title + self.body

    @cached_property
    def text_sha256(self) -> str:
        """SHA-256 of title and body without link targets, in hexadecimal. Equal for the same text."""
        return text_sha256(self.title or "", self.body)

    @cached_property
    def words(self) -> int:
        """Number of visible words of the body."""
        return len(visible_words(self.body))

    @cached_property
    def _assessment(self) -> Assessment:
        return assess(self.title or "", self.body, self.sought)

    @property
    def sought(self) -> Kind:
        """The kind that the document was made as: its header's noun says so."""
        return kind_with_noun(self.noun)

    @property
    def score(self) -> float:
        """Score of the text as the kind `sought`, 0 to 1."""
        return self.policy_score if self.sought is PRIVACY else self._assessment.policy_score

    @property
    def class_scores(self) -> str:
        """Scores of the classes, as `Assessment.class_scores` writes them."""
        return self._assessment.class_scores

    @property
    def is_sought(self) -> bool:
        """Whether `score` reaches the threshold of the kind `sought`."""
        return self.is_policy if self.sought is PRIVACY else self._assessment.is_policy

    @cached_property
    def policy_score(self) -> float:
        """Score of the text as a privacy policy, 0 to 1, whatever it was made as."""
        return self._assessment.score_of(PRIVACY.name)

    @cached_property
    def is_policy(self) -> bool:
        """Whether it is a privacy policy: `kind` is, and `policy_score` reaches the threshold."""
        return self.sought is PRIVACY and self._assessment.is_policy

    @property
    def kind(self) -> str:
        """Class of the text, one of `pipelines.kinds.classes.CLASSES`: the kind `sought` if it reaches its threshold."""
        return self._assessment.kind

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code of the text's language, or `und`."""
        return self._assessment.language


def snapshot_url(url: str, timestamp: str) -> str:
    """Return the Wayback Machine's raw playback URL of a capture; `timestamp` has 14 digits."""
    return f"https://web.archive.org/web/{timestamp}id_/{quote(url)}"


def render_date(timestamp: str) -> str:
    """Return a 14-digit timestamp's date as YYYY-MM-DD."""
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def one_line(title: str) -> str:
    """Return a title with white space collapsed, as in the file."""
    return " ".join(title.split())


def parse(text: str) -> Document:
    """Return the document of a file's text. Missing parts are None; any text is accepted; `parse(text).text == text`."""
    header = _HEADER_PATTERN.match(text)
    title = _TITLE.match(text, header.end() if header else 0)
    end = (title or header).end() if (title or header) else 0  # type: ignore[union-attr]  # one of the two is there
    return Document(
        domain=header["domain"] if header else None,
        date=header["date"] if header else None,
        snapshot_url=header["url"] if header else None,
        title=title["title"] if title else None,
        body=text[end:],
        noun=header["noun"] if header else PRIVACY.header_noun,
    )
