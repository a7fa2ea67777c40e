"""Hashes by which texts are compared. Pure: text in, numbers out.

Three degrees of similarity, from strict to loose:

* same text: equal `text_sha256`. It decides versions and deduplication.
* same but for dates: equal `Fingerprint.dateless_sha256`, so the same words in the same order. Dates, years, clock times,
  white space, case and punctuation (markdown's included: heading levels, emphasis) do not count.
* near: SimHashes at most NEAR_BITS bits apart. Texts that are the same but for dates are near, too.

Every number depends on the text alone, not on process, machine or Python version.
"""

from __future__ import annotations

import functools
import hashlib
import heapq
from collections import defaultdict
from dataclasses import dataclass

from pipelines.similarity.dates import words_without_dates
from pipelines.similarity.markdown_links import strip_link_targets

SIMHASH_BITS = 64
SHINGLE_WORDS = 4
"""Words in a shingle, as in the Princeton-Leuven corpus (find_near_documents.py)."""

NEAR_BITS = 3
"""Bits in which the SimHashes of near texts may differ: the corpus' bound (Update-Analysis.ipynb).

It was checked on the 46 changes of text in real-captures.warc.gz and on 14,370 pairs of golden documents of different
firms. The 34 changes within the bound touch less than 4 % of the words. Of the 12 beyond it, two touch less than 1 % (4 and
5 bits) and the others 3 % or more. Documents of different firms differ in at least 15 bits, usually in 32.
"""

BAND_BITS = SIMHASH_BITS // (NEAR_BITS + 1)
FINGERPRINT_CHARS = 500_000
"""Characters of a body that a fingerprint covers. The longest known policy (Microsoft's) has 280,000."""

_BIT_TABLES = tuple(bytes(byte >> bit & 1 for byte in range(256)) for bit in range(8))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashes of a document's words without dates, case and punctuation. Near-duplicates are found by them."""

    simhash: int
    """SimHash of the words' shingles: unsigned, SIMHASH_BITS bits. The catalog stores its `bands`."""
    dateless_sha256: str
    """SHA-256 (hex) of the words."""


def text_sha256(title: str, body: str) -> str:
    """Return the SHA-256 (64 hex digits) of title and body without link targets. Documents with the same text share it."""
    return _sha256(f"{title}\n\n{strip_link_targets(body)}")


def fingerprint(title: str, body: str) -> Fingerprint:
    """Return the fingerprint of a title and the first FINGERPRINT_CHARS characters of a body."""
    words = words_without_dates(f"{title}\n\n{strip_link_targets(body[:FINGERPRINT_CHARS])}".casefold())
    return Fingerprint(simhash=_simhash(words), dateless_sha256=_sha256(" ".join(words)))


def distance(a: Fingerprint, b: Fingerprint) -> int:
    """Return the number of bits in which two SimHashes differ: 0 to SIMHASH_BITS, about half for unrelated texts."""
    return (a.simhash ^ b.simhash).bit_count()


def near(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two documents are near-duplicates."""
    return distance(a, b) <= NEAR_BITS


def bands(simhash: int) -> tuple[int, ...]:
    """Return a SimHash as NEAR_BITS + 1 numbers of BAND_BITS bits, lowest first.

    Two SimHashes at most NEAR_BITS bits apart share at least one band, since there are more bands than differing bits.
    An index on each band therefore finds every near text. `from_bands` restores the SimHash. Unlike 64 unsigned bits, a
    band fits an SQL integer.
    """
    return tuple(simhash >> shift & (1 << BAND_BITS) - 1 for shift in range(0, SIMHASH_BITS, BAND_BITS))


def from_bands(values: tuple[int, ...]) -> int:
    """Return the SimHash of which these are the `bands`."""
    return sum(value << index * BAND_BITS for index, value in enumerate(values))


class NearIndex:
    """Index of documents in memory. It finds the earliest document that a new one is near to.

    It looks up `bands`, as an indexed table in a database would (benchmarks/dedup.py has the SQL).
    """

    def __init__(self) -> None:
        self._documents: list[tuple[str, Fingerprint]] = []
        self._by_band: defaultdict[tuple[int, int], list[int]] = defaultdict(list)

    def add(self, key: str, fingerprint: Fingerprint) -> None:
        """Add a document under the caller's key."""
        for band in enumerate(bands(fingerprint.simhash)):
            self._by_band[band].append(len(self._documents))
        self._documents.append((key, fingerprint))

    def earliest(self, fingerprint: Fingerprint) -> str | None:
        """Return the key of the first added document that is near; None if there is none."""
        lists = [self._by_band.get(band, []) for band in enumerate(bands(fingerprint.simhash))]
        candidates = (self._documents[index] for index in heapq.merge(*lists))
        return next((key for key, other in candidates if near(fingerprint, other)), None)


def _simhash(words: list[str]) -> int:
    """Return the SimHash (Charikar 2002) of a text's shingles: each bit is the majority of that bit in their hashes.

    A shingle's hash is the XOR of its words' hashes, which depend on the place in the shingle (simple tabulation
    hashing). A word is thus hashed once per text, and one XOR serves all shingles.
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
            # reduce each byte to the bit, then count: two passes in C
            ones = column.translate(_BIT_TABLES[bit]).count(1)
            simhash |= (2 * ones > count) << (8 * place + bit)
    return simhash


@functools.lru_cache(maxsize=1 << 14)  # policies share most of their words
def _word_hash(word: str) -> bytes:
    return hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8 * SHINGLE_WORDS).digest()


def _sha256(text: str) -> str:
    # numeric character references can yield lone surrogates
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
