"""The file format: what stands in a text file, and back.

A file is a header line that names domain, date and snapshot, an empty line, `# ` and the page's title, an empty line, and
the article as markdown. Files of the corpus that lack the header are read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from pipelines.gate.assess import Assessment

_HEADER: Final = (
    "> *The following text is extracted and transformed from the {domain} privacy policy that was archived on {date}. "
    "Please check the [original snapshot on the Wayback Machine]({url}) for the most accurate reproduction.*\n\n"
)
_HEADER_PATTERN: Final = re.compile(
    re.escape(_HEADER)
    .replace(r"\{domain\}", r"(?P<domain>\S+)")
    .replace(r"\{date\}", r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})")
    .replace(r"\{url\}", r"(?P<url>[^\s()]+)")
)
_TITLE: Final = re.compile(r"# (?P<title>[^\n]*)\n\n")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Document:
    """A snapshot's text. `domain`, `date` (YYYY-MM-DD) and `snapshot_url` are None where a file has no header.

    `title` is None where a file has no title line; a page without a title has an empty one. `converter_version` is
    None for documents read from files, which do not say. Facts are worked out when asked for, once.
    """

    domain: str | None
    date: str | None
    snapshot_url: str | None
    title: str | None
    body: str
    converter_version: str | None = None

    @property
    def text(self) -> str:
        """The whole file."""
        header = ""
        if self.snapshot_url is not None:
            header = _HEADER.format(domain=self.domain, date=self.date, url=self.snapshot_url)
        title = "" if self.title is None else f"# {self.title}\n\n"
        return header + title + self.body

    @cached_property
    def text_sha256(self) -> str:
        """Hash of title and body without link targets, as hexadecimal digits; equal for the same text."""
        from pipelines.similarity.fingerprint import text_sha256  # noqa: PLC0415 - facts are loaded by those who ask for them

        return text_sha256(self.title or "", self.body)

    @cached_property
    def words(self) -> int:
        r"""How many words (`\w+`) the body has, link targets included."""
        return sum(1 for _ in _WORD.finditer(self.body))

    @cached_property
    def _assessment(self) -> Assessment:
        from pipelines.gate.assess import assess  # noqa: PLC0415 - as above; the language models take a second to load

        return assess(self.title or "", self.body)

    @cached_property
    def policy_score(self) -> float:
        """From 0 to 1: how much the text reads like a privacy policy."""
        return self._assessment.policy_score

    @cached_property
    def is_policy(self) -> bool:
        """Whether the score is high enough."""
        return self._assessment.is_policy

    @cached_property
    def language(self) -> str:
        """The text's language."""
        return self._assessment.language


def snapshot_url(url: str, timestamp: str) -> str:
    """Where the Wayback Machine plays a capture back raw; `timestamp` is 14 digits."""
    return f"https://web.archive.org/web/{timestamp}id_/{quote(url)}"


def render_date(timestamp: str) -> str:
    """14 digits as YYYY-MM-DD."""
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def one_line(title: str) -> str:
    """A title with its white space collapsed, as it stands in the file."""
    return " ".join(title.split())


def parse(text: str) -> Document:
    """Read a file's text. Never fails: what is not there is None, and `parse(text).text == text`."""
    header = _HEADER_PATTERN.match(text)
    title = _TITLE.match(text, header.end() if header else 0)
    end = (title or header).end() if (title or header) else 0  # type: ignore[union-attr]  # one of the two is there
    return Document(
        domain=header["domain"] if header else None,
        date=header["date"] if header else None,
        snapshot_url=header["url"] if header else None,
        title=title["title"] if title else None,
        body=text[end:],
    )
