"""Rows of the made-up archive of benchmarks/discovery.py, each computed from its position: nothing is kept.

A `Page` has the captures of one urlkey; a `Block` those of up to millions of alike pages that have no part in the story.
Both know how many rows they have and make any of them. An `Index` puts them in the order of the index.
"""

from __future__ import annotations

import bisect
import hashlib
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

from pipelines.items import Capture
from tests.support.double.holdings import ARCHIVE, HTML, Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DENSER: Final = 0.6
"""Exponent by which captures become more frequent towards the present."""
_ERRORS: Final = 0.04
_SELF_REDIRECTS: Final = 0.12
"""Shares of a page's captures: errors, and redirects to its own https or www form, which have the same urlkey."""
_REVISITS: Final = 0.08
_HTTPS_SINCE: Final = datetime(2014, 7, 1, tzinfo=UTC).timestamp()
"""From when on sites are captured by https."""

Content = Payload | None


def draw(*facts: object) -> float:
    """Return a pseudo-random number from 0 to 1 that depends only on the facts."""
    return int.from_bytes(hashlib.blake2b(repr(facts).encode(), digest_size=6).digest(), "big") / 2**48


def digits(moment: float) -> str:
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y%m%d%H%M%S")


def moment_of(timestamp: str) -> float:
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()


class Segment(Protocol):
    """A part of the index. Its rows are in order, and no other segment's row is between them."""

    first_key: str

    def __len__(self) -> int: ...
    def row(self, index: int, /) -> Capture: ...
    def load(self, index: int, /) -> Content: ...


@dataclass(frozen=True)
class Shown:
    """What a page shows at a moment. `state` names the text: rows with equal states can have equal digests.

    `size` is its length in bytes, as far as the text decides it.
    """

    status: int
    state: str
    size: int
    location: str = ""


class Page:
    """The captures of one page: `captures` of them over a `span` of time, of which those until `until` are archived.

    `shown` tells what the page shows at a moment, and `body` makes its bytes. A page that is `static` has equal digests
    while its state is the same; any other has a new digest in every capture.
    """

    def __init__(
        self, key: str, url: str, *, captures: int, span: tuple[float, float], until: float,
        shown: Callable[[float], Shown], body: Callable[[float, str], bytes], static: bool, mimetype: str = "text/html",
    ) -> None:  # fmt: skip
        self.first_key, self.url, self.mimetype = key, url, mimetype
        self._captures, self._began, self._span = max(1, captures), span[0], max(1.0, span[1] - span[0])
        self._by_http = url.replace("https://", "http://", 1)
        self._shown, self._body, self._static = shown, body, static
        self._len = bisect.bisect_right(range(self._captures), until, key=self.moment)

    def __len__(self) -> int:
        return self._len

    def moment(self, index: int) -> float:
        """Return when a capture was made, in seconds since 1970; later for a later one, to the second."""
        point = (index + 0.9 * draw(self.first_key, index)) / self._captures
        return self._began + self._span * math.pow(point, _DENSER) + index * 1.001

    def row(self, index: int) -> Capture:
        moment = self.moment(index)
        if self.is_self_redirect(index):
            return self._capture(moment, Shown(301, "moved here", 400), url=self._by_http)
        shown = self._at(index, moment)
        if self._is_revisit(index, shown):
            return self._capture(moment, shown, mimetype="warc/revisit")
        state = shown.state if self._static or shown.status != 200 else f"{shown.state} {index}"
        noise = 0 if self._static else int(9 * draw(self.first_key, index, "size"))
        return self._capture(moment, replace(shown, state=state, size=shown.size + noise))

    def load(self, index: int) -> Content:
        """Return what playback gives; None for a redirect of the page to itself, which playback never serves."""
        if self.is_self_redirect(index):
            return None
        moment = self.moment(index)
        shown = self._at(index, moment)
        headers = (("Content-Type", self.mimetype),) if self.mimetype != "text/html" else HTML
        if shown.location:
            return Payload(shown.status, (*headers, ("Location", shown.location)), b"")
        if shown.status != 200:
            return Payload(shown.status, headers, b"<title>Not found</title><p>There is no such page.")
        return Payload(200, headers, self._body(moment, "" if self._static else f"{index:x}"))

    def is_self_redirect(self, index: int) -> bool:
        if draw(self.first_key, index, "self") >= _SELF_REDIRECTS:
            return False
        return self.url.startswith("https:") and self.moment(index) > _HTTPS_SINCE

    def _at(self, index: int, moment: float) -> Shown:
        if draw(self.first_key, index, "error") < _ERRORS:
            return Shown(503, "error", 350)
        return self._shown(moment)

    def _is_revisit(self, index: int, shown: Shown) -> bool:
        if not self._static or not index or draw(self.first_key, index, "revisit") >= _REVISITS:
            return False
        return self._at(index - 1, self.moment(index - 1)) == shown

    def _capture(self, moment: float, shown: Shown, *, url: str = "", mimetype: str = "") -> Capture:
        original = self._by_http if moment < _HTTPS_SINCE else url or self.url
        return Capture(
            self.first_key, digits(moment), original, mimetype or self.mimetype, "-" if mimetype else str(shown.status),
            _digest(self.first_key, shown.state), str(shown.size), ARCHIVE,
        )  # fmt: skip


class Block:
    """`rows` captures of pages that are alike but for their number: the urlkeys are `{key}{number}{suffix}`.

    A test of a urlkey decides on all of them if it does not look at the number: `sample` is one of them. `url` has `{}`
    for the number.
    """

    def __init__(self, key: str, url: str, *, suffix: str = "", rows: int, until: float, body: bytes) -> None:
        self.first_key = f"{key}{0:08}{suffix}"
        self._key, self._suffix, self._url, self._rows = key, suffix, url, rows
        self._each = 1 + int(5 * draw(key))
        self._until, self._body = until, body

    def __len__(self) -> int:
        return self._rows

    @property
    def sample(self) -> Capture:
        return self.row(0)

    @property
    def latest(self) -> str:
        """A timestamp after which the block has no capture."""
        return digits(self._until * (0.8 + 0.2 * self._each / (self._each + 2)))

    def row(self, index: int) -> Capture:
        page, turn = divmod(index, self._each)
        began = self._until * (0.5 + 0.3 * ((page * 7919) % 1009) / 1009)
        moment = began + (self._until - began) * (turn + 1) / (self._each + 2)
        state = hashlib.blake2b(b"%d" % index, digest_size=10).hexdigest()
        return Capture(
            f"{self._key}{page:08}{self._suffix}", digits(moment), self._url.format(f"{page:08}"), "text/html", "200",
            state.upper().ljust(32, "A"), str(2000 + (page * 31) % 9000), ARCHIVE,
        )  # fmt: skip

    def load(self, _index: int) -> Content:
        return Payload(200, HTML, self._body)


class Index:
    """All rows of the archive in the order of its index: a sequence of captures, of any length."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        """Take the segments in any order. Empty ones are left out."""
        self.segments = sorted((each for each in segments if len(each)), key=lambda each: each.first_key)
        self.starts = [0, *accumulate(map(len, self.segments))]
        self._row = lru_cache(maxsize=1 << 15)(self._made_row)

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, index: int) -> Capture:
        return self._row(index)

    def load(self, index: int) -> Content:
        segment, at = self.place(index)
        return segment.load(at)

    def place(self, index: int) -> tuple[Segment, int]:
        """Return the segment of a row, and the row's position in it."""
        at = bisect.bisect_right(self.starts, index) - 1
        return self.segments[at], index - self.starts[at]

    def _made_row(self, index: int) -> Capture:
        segment, at = self.place(index)
        return segment.row(at)


def captures_of(size: int, share: float, years: float) -> int:
    """Return how many captures a page of a domain of `size` rows has: pages of large sites are captured more often."""
    return max(1, round(share * math.sqrt(size) * years / 10))


@lru_cache(maxsize=1 << 14)
def _digest(key: str, state: str) -> str:
    packed = hashlib.blake2b(f"{key} {state}".encode(), digest_size=20).digest()
    return "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32] for byte in packed).ljust(32, "A")
