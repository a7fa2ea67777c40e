"""The items: Capture (a listed row), Memento (a response), Snapshot (a capture's memento), Answer (its fate)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pipelines.gate.prior import NOTHING, Evidence

if TYPE_CHECKING:
    from pipelines.defects import Defect
    from pipelines.document import Document


class CaptureKey(NamedTuple):
    """The identity of a capture within a listed domain."""

    urlkey: str
    timestamp: str
    digest: str
    archive: str


class MementoKey(NamedTuple):
    """The identity of a memento. Keys sort by time, then by URL."""

    timestamp: str
    url: str
    archive: str


ERROR_STATUSES = ("4", "5")
"""First digits of a listed status that no page has: the row is an archived error."""

PAGE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "text/plain", "application/pdf", "warc/revisit", "unk", "-"}
)
"""Media types of rows that can be a page; `unk` and `-` are the CDX server's words for "not known"."""


@dataclass(frozen=True, slots=True)
class Capture:
    """One row of an archive's index; its fields have the CDX server's names and string values.

    `timestamp` is 14 digits (UTC), `statuscode`, `length` and `digest` may be `-`. `archive` is the name of the archive
    whose row it is: two archives that list the same page and second list two captures. `locator` is opaque to all but the
    archive: where it has the record, if its address does not follow from timestamp and URL.
    """

    urlkey: str
    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str
    length: str
    archive: str
    locator: str = field(default="", compare=False)

    @property
    def key(self) -> CaptureKey:
        """The capture's key. It has the digest: one page and second can have two (zew.de, 1997-04-27)."""
        return CaptureKey(self.urlkey, self.timestamp, self.digest, self.archive)

    @property
    def is_revisit(self) -> bool:
        """Whether the record has no payload, but refers to an earlier capture with the same one."""
        return self.mimetype == "warc/revisit"


HOME_PAGE = "home page, read for its links"
"""The cause of answers of home pages: they have a fate, but are not counted as policies."""


_TIMESTAMP = re.compile(r"[0-9]{8}(?:[01][0-9]|2[0-3])[0-9]{4}")
"""14 digits without hour 24, which Python 3.14 reads as the next day's midnight."""

SAME_DIGEST = "same digest as "
"""The beginning of the cause of an answer that was credited, not read."""

TEXT_GONE = "the text file and the WARC records of its text are gone"
"""The cause of open captures whose text and records are gone. Only a memento ends it."""


def moment_of(timestamp: str) -> datetime:
    """Return the moment (UTC) of a 14-digit timestamp. Raises ValueError."""
    if not _TIMESTAMP.fullmatch(timestamp):
        raise ValueError(f"{timestamp!r:.80} is no timestamp of 14 digits")
    return datetime.fromisoformat(f"{timestamp[:8]}T{timestamp[8:]}Z")  # strptime takes ten times as long


MIB = 1 << 20
_TRUNCATED_BY = re.compile(r"\b(length|time|disconnect)\b")


def truncation(warning: str, size: int) -> str:
    """Return the cause if the archive's crawler cut a body, else an empty string.

    Two signs are recorded (research/wayback.md section 3: collegedata-fyi#164): a Warning header with the reason of
    WARC-Truncated, and a body of exactly 1 MiB. A retry gives the same body.
    """
    if warning.startswith("299") and "truncated" in warning:
        reason = _TRUNCATED_BY.search(warning)
        return f"WARC-Truncated: {reason[1] if reason else 'unspecified'}"
    return "at exactly 1 MiB" if size == MIB else ""


@dataclass(frozen=True, slots=True)
class Memento:
    """An archived response, played back raw (`id_`). Timestamp and URL are its own, and may differ from the capture's.

    `source_url` is the playback address, `status` the archived status. `body` has no transfer encoding and is not decoded
    to text. `location` is the target of an archived redirect: timestamp and URL.
    """

    timestamp: str
    url: str
    source_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    archive: str
    location: tuple[str, str] | None = None

    @property
    def key(self) -> MementoKey:
        return MementoKey(self.timestamp, self.url, self.archive)

    @property
    def content_type(self) -> str:
        """The archived Content-Type header, or an empty string."""
        return self._header("content-type")

    @property
    def truncation(self) -> str:
        """The cause if the page was cut when it was captured, else an empty string."""
        return truncation(self._header("warning"), len(self.body))

    @property
    def is_truncated(self) -> bool:
        """Whether the page was cut when it was captured."""
        return bool(self.truncation)

    def _header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")


class Judgement(NamedTuple):
    """What the gate found of a capture's text, kept or turned away: the text's score, and the page's threshold for it.

    Both are those of the kind that the page is searched for. `class_scores` has those of all classes, as
    `pipelines.gate.assess` writes them.
    """

    text_sha256: str
    policy_score: float
    threshold: float
    class_scores: str | None = None

    @property
    def is_policy(self) -> bool:
        return self.policy_score >= self.threshold


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A capture of a listed domain with its memento, after all redirects.

    `evidence` is what was known of the capture's page before its search began. `document` is set if the page was converted
    already, to see whether its frames have to be read.
    """

    domain: str
    capture: Capture
    memento: Memento
    evidence: Evidence = NOTHING
    document: Document | None = field(default=None, repr=False)

    def answer(
        self,
        fate: Fate,
        cause: str = "",
        *,
        document: Document | None = None,
        judgement: Judgement | None = None,
    ) -> Answer:
        """Return the answer to this snapshot's capture. `document` is the one that it is kept as."""
        answer = Answer(self.domain, self.capture, fate, cause, memento=self.memento.key, judgement=judgement)
        if document is None:
            return answer
        return replace(answer, text_sha256=document.text_sha256, words=document.words, language=document.language)


class Fate(StrEnum):
    """The fate of a requested capture. Captures with an open fate are requested again by the next run."""

    STORED = "stored"
    SAME_TEXT = "same text"
    NOT_A_POLICY = "not a policy"
    NEEDS_SCRIPT = "needs a script"
    ARCHIVED_ERROR = "archived error"
    MISSING = "missing"
    EXCLUDED = "excluded"
    FAILED = "failed"
    CUT_SHORT = "cut short"
    THROTTLED = "throttled"
    UNREADABLE = "unreadable"
    """Given up: it had the same defect in several runs. Only a catalog gives this fate, never an answer."""

    @property
    def is_final(self) -> bool:
        return self not in {Fate.FAILED, Fate.CUT_SHORT, Fate.THROTTLED}

    @property
    def is_lost(self) -> bool:
        """Whether the capture could not be read. A neighbouring one is read in its place."""
        return self in {Fate.MISSING, Fate.EXCLUDED, Fate.UNREADABLE} or not self.is_final

    @property
    def has_text(self) -> bool:
        return self in {Fate.STORED, Fate.SAME_TEXT}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one requested capture. Each request gets exactly one, after a download error too.

    `text_sha256` is set if `fate.has_text`. `cause` is the reason, in a few words, for which a capture has no text.
    `memento` is the key of the memento that was read, else None. `words` is the text's number of words, None if unknown,
    `language` its language, empty if unknown. `again` is set for an answer of an earlier run whose memento has to be fetched
    again: its record can't be read. `defect` is set if the cause of an open fate is the capture's own.
    `judgement` is None for a capture without a text, and for one that was read before judgements were recorded.
    """

    domain: str
    capture: Capture
    fate: Fate
    cause: str = ""
    text_sha256: str | None = None
    memento: MementoKey | None = None
    words: int | None = None
    again: bool = False
    defect: Defect | None = None
    judgement: Judgement | None = None
    language: str = ""

    @property
    def is_reading(self) -> bool:
        """Whether the answer is final and comes from a memento."""
        return self.memento is not None and not self.fate.is_lost
