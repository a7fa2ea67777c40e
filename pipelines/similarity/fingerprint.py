"""When two documents have the same text, and when nearly so. Pure: text in, numbers out; nothing here reads or writes.

Three notions, from strict to loose:

* same text: equal `text_sha256`. Decides versions and deduplication (design.md).
* same but for dates: equal `Fingerprint.dateless_sha256`, so the same words in the same order. Dates, years and clock
  times don't count, nor do white space, case and punctuation (with it markdown's marks: a heading's level, emphasis).
* near: SimHashes at most NEAR_BITS bits apart. Whatever is the same but for dates is near, too.

Every number is a function of the text alone: the same in every process, on every machine and Python.
"""

from __future__ import annotations

import functools
import hashlib
import heapq
import re
from collections import defaultdict
from dataclasses import dataclass

from pipelines.similarity.dates import words_without_dates

SIMHASH_BITS = 64
SHINGLE_WORDS = 4
"""Words in a shingle, as in the Princeton-Leuven corpus (find_near_documents.py)."""

NEAR_BITS = 3
"""Bits in which the SimHashes of near texts may differ: the corpus' bound (Update-Analysis.ipynb).

Checked on the 46 changes of text in real-captures.warc.gz and on 14,370 pairs of golden documents of different firms. The
34 changes within the bound touch less than 4 % of the words. Of the 12 beyond it two touch less than 1 % (4 and 5 bits),
the others 3 % or more. Documents of different firms are at least 15 bits apart, and 32 as a rule.
"""

BAND_BITS = SIMHASH_BITS // (NEAR_BITS + 1)
FINGERPRINT_CHARS = 500_000
"""A fingerprint looks at no more of a body than this; the longest policy known (Microsoft's) has 280,000 characters."""

# html2text escapes parentheses inside targets and titles, so one level of bare ones is already a courtesy. Possessive
# quantifiers: a failed attempt is never retried, and ends at the second open parenthesis; linear whatever the input.
_LINK_TARGET = re.compile(r"\]\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)", re.DOTALL)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*+:[^\s<>]*+)>")
_BIT_TABLES = tuple(bytes(byte >> bit & 1 for byte in range(256)) for bit in range(8))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What near-duplicates are found by: two views of a document's words, dates, case and punctuation left out."""

    simhash: int
    """SimHash of the words' shingles: unsigned, SIMHASH_BITS bits. A catalog stores its `bands`."""
    dateless_sha256: str
    """SHA-256 (hex) of the words."""


def strip_link_targets(markdown: str) -> str:
    """Leave of each markdown link its text in brackets: `[text](target "title")` becomes `[text]`, `[](target)` `[]`.

    An autolink `<url>` becomes `[url]`: its text equals its target, and as text it stays, so that a link which only
    stops (or starts) to point where its text says is the same text. The title goes with its target. Bracketed prose
    directly before a parenthesis, `[x](y)`, can't be told from a link and is taken for one. Linear in the input.
    """
    return _AUTOLINK.sub(r"[\1]", _LINK_TARGET.sub("]", markdown))


def text_sha256(title: str, body: str) -> str:
    """SHA-256 (64 hex digits) of title and body without link targets: equal for documents with the same text."""
    return _sha256(f"{title}\n\n{strip_link_targets(body)}")


def fingerprint(title: str, body: str) -> Fingerprint:
    """Give the fingerprint of a document; of a body longer than FINGERPRINT_CHARS, the fingerprint of its beginning."""
    words = words_without_dates(f"{title}\n\n{strip_link_targets(body[:FINGERPRINT_CHARS])}".casefold())
    return Fingerprint(simhash=_simhash(words), dateless_sha256=_sha256(" ".join(words)))


def distance(a: Fingerprint, b: Fingerprint) -> int:
    """Count the bits in which two SimHashes differ: 0 to SIMHASH_BITS, about half of them for unrelated texts."""
    return (a.simhash ^ b.simhash).bit_count()


def near(a: Fingerprint, b: Fingerprint) -> bool:
    """Tell whether two documents are near-duplicates of each other."""
    return distance(a, b) <= NEAR_BITS


def bands(simhash: int) -> tuple[int, ...]:
    """Cut a SimHash into NEAR_BITS + 1 numbers of BAND_BITS bits, lowest first.

    Two SimHashes at most NEAR_BITS bits apart have at least one band in common (there are more bands than differing
    bits), so an index on each band finds every near text without reading the others. The bands are the whole SimHash
    (`from_bands`), and fit SQL integers where 64 unsigned bits don't.
    """
    return tuple(simhash >> shift & (1 << BAND_BITS) - 1 for shift in range(0, SIMHASH_BITS, BAND_BITS))


def from_bands(values: tuple[int, ...]) -> int:
    """Put a SimHash together again from its `bands`."""
    return sum(value << index * BAND_BITS for index, value in enumerate(values))


class NearIndex:
    """Documents in the order they came, and the earliest of them that a new one is near to.

    For as many as fit in memory, by `bands` as a table in a database would do it (benchmarks/dedup.py has its SQL).
    """

    def __init__(self) -> None:
        self._documents: list[tuple[str, Fingerprint]] = []
        self._by_band: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def add(self, key: str, print_: Fingerprint) -> None:
        """Remember a document under a key of the caller's."""
        for band in enumerate(bands(print_.simhash)):
            self._by_band[band].append(len(self._documents))
        self._documents.append((key, print_))

    def earliest(self, print_: Fingerprint) -> str | None:
        """Give the key of the first document added that is near, if there is one."""
        lists = [self._by_band.get(band, []) for band in enumerate(bands(print_.simhash))]
        candidates = (self._documents[index] for index in heapq.merge(*lists))
        return next((key for key, other in candidates if near(print_, other)), None)


def _simhash(words: list[str]) -> int:
    """Give the SimHash (Charikar 2002) of a text's shingles: each bit is the majority's over all shingles' hashes.

    A shingle's hash is the XOR of its words' hashes, each word having another one for each place in a shingle (simple
    tabulation hashing). So a word is hashed once per text, and the XOR is one operation for all shingles at once.
    """
    words = words + [""] * (SHINGLE_WORDS - len(words))
    count = len(words) - SHINGLE_WORDS + 1
    hashes = {word: _word_hash(word) for word in set(words)}
    shingles = 0
    for place in range(SHINGLE_WORDS):
        here = {word: digest[8 * place : 8 * place + 8] for word, digest in hashes.items()}
        shingles ^= int.from_bytes(b"".join([here[word] for word in words[place : place + count]]))
    digests = shingles.to_bytes(8 * count)
    simhash = 0
    for place in range(8):
        column = digests[place::8]
        for bit in range(8):
            # Each byte turned into the one bit of it, and those counted: two passes in C.
            ones = column.translate(_BIT_TABLES[bit]).count(1)
            simhash |= (2 * ones > count) << (8 * place + bit)
    return simhash


@functools.lru_cache(maxsize=1 << 14)  # policies share most of their words
def _word_hash(word: str) -> bytes:
    return hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8 * SHINGLE_WORDS).digest()


def _sha256(text: str) -> str:
    # Lone surrogates can come out of a numeric character reference; they are no reason to fail.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
