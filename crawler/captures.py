"""The types that travel: a capture is listed, a snapshot is received, an answer says what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Capture:
    """One row of a CDX index; the fields keep the CDX server's names and its string values.

    `timestamp` is 14 digits (UTC), `statuscode`, `length` and `digest` may be `-`.
    """

    urlkey: str
    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str
    length: str

    @property
    def is_revisit(self) -> bool:
        """Whether the row says "same payload as before" instead of holding one."""
        return self.mimetype == "warc/revisit"


HOME_PAGE = "home page, read for its links"
"""The cause that captures of home pages are recorded with: they have a fate, but no part in the counts of policies."""

SAME_DIGEST = "same digest as "
"""How the cause begins of an answer that was not read, but credited."""

TEXT_GONE = "the text file and the WARC records of its text are gone"
"""The cause with which captures are open that had a text of which nothing is left. Only a memento takes it from them."""


def moment_of(timestamp: str) -> datetime:
    """Return the moment (UTC) that 14 digits name. Raises ValueError."""
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


Key = tuple[str, str, str]
"""urlkey, timestamp, digest."""


def key_of(capture: Capture) -> Key:
    """Return what tells captures apart: the same page and second may hold two digests (zew.de, 1997-04-27)."""
    return capture.urlkey, capture.timestamp, capture.digest


MIB = 1 << 20
_TRUNCATED_BY = re.compile(r"\b(length|time|disconnect)\b")


def truncation(warning: str, size: int) -> str:
    """Return by what an archive's crawler cut a body when it captured it, or an empty string.

    A Warning says so, with the reason that WARC-Truncated gives, or the body ends at exactly 1 MiB. Both are recorded
    (research/wayback.md section 3: collegedata-fyi#164). Asking again at once would bring the same.
    """
    if warning.startswith("299") and "truncated" in warning:
        reason = _TRUNCATED_BY.search(warning)
        return f"WARC-Truncated: {reason[1] if reason else 'unspecified'}"
    return "at exactly 1 MiB" if size == MIB else ""


@dataclass(frozen=True, slots=True)
class Memento:
    """A response as archived, played back raw (`id_`): what the archive really gave, which may not be what was asked.

    `source_url` is the address it was read from, `status` the archived one. `body` is free of transfer encodings, not
    decoded to text. `location` is the target of an archived redirect as timestamp and URL.
    """

    timestamp: str
    url: str
    source_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    location: tuple[str, str] | None = None

    @property
    def content_type(self) -> str:
        """The archived Content-Type header, or an empty string."""
        return self._header("content-type")

    @property
    def truncation(self) -> str:
        """By what the page was cut when it was captured; an empty string if it was not."""
        return truncation(self._header("warning"), len(self.body))

    @property
    def is_truncated(self) -> bool:
        """Whether the page was cut when it was captured."""
        return bool(self.truncation)

    def _header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A capture of a listed domain with the memento that came of asking for it, all redirects followed."""

    domain: str
    capture: Capture
    memento: Memento

    def answer(self, fate: Fate, cause: str = "", text_sha256: str | None = None, words: int | None = None) -> Answer:
        """Return the answer that this snapshot is to its capture."""
        read = (self.memento.timestamp, self.memento.url)
        return Answer(self.domain, self.capture, fate, cause, text_sha256, read, words)


class Fate(StrEnum):
    """What becomes of a capture. Final fates are never asked for again; open ones are, by the next run."""

    STORED = "stored"
    SAME_TEXT = "same text"
    NOT_A_POLICY = "not a policy"
    ARCHIVED_ERROR = "archived error"
    MISSING = "missing"
    EXCLUDED = "excluded"
    FAILED = "failed"
    CUT_SHORT = "cut short"
    THROTTLED = "throttled"

    @property
    def is_final(self) -> bool:
        return self not in {Fate.FAILED, Fate.CUT_SHORT, Fate.THROTTLED}

    @property
    def is_lost(self) -> bool:
        """Whether nothing was read, so that another capture has to be asked instead."""
        return self in {Fate.MISSING, Fate.EXCLUDED} or not self.is_final

    @property
    def has_text(self) -> bool:
        return self in {Fate.STORED, Fate.SAME_TEXT}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one requested capture: exactly one answer for each request, download errors included.

    `text_sha256` is set where `fate.has_text`; `cause` names in a few words why a capture gave no text. `memento` is
    timestamp and URL of the one that was really read, if one was. `words` is how many the text has, where that is known.
    `again` is set for an answer of an earlier run whose memento has to be fetched again: its record can't be read.
    """

    domain: str
    capture: Capture
    fate: Fate
    cause: str = ""
    text_sha256: str | None = None
    memento: tuple[str, str] | None = None
    words: int | None = None
    again: bool = False

    @property
    def is_reading(self) -> bool:
        """Whether a memento was read, and says what the capture is."""
        return self.memento is not None and self.fate.is_final
