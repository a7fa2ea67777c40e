"""The words of a text as the gate compares them with phrases: lower case, without accents and clitics.

They differ from `pipelines.similarity.words` where a phrase would otherwise miss its inflected, unaccented or unspaced
form: Thai, Lao, Khmer and Burmese have no spaces, so each character is a token, as kana and Han characters are.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_FOLDED_CHARS: Final = 400_000
"""Characters of a folded text that are read. Compatibility decomposition can lengthen a text eighteen times."""

_HAN: Final = r"\u3040-\u30ff\u3400-\u9fff"
_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_INDIC: Final = r"\u0900-\u0963\u0966-\u0dff"
"""Indic blocks without the dandas. Their vowel signs are marks, which `\\w` leaves out."""
_TOKEN: Final = re.compile(rf"[{_HAN}{_UNSPACED}]|(?:[^\W{_HAN}{_UNSPACED}]|[{_INDIC}])+")
_SPACED_TOKEN: Final = re.compile(r"\w+")
"""The same for a text without those scripts, three times as fast."""
_SPECIAL: Final = re.compile(f"[{_HAN}{_UNSPACED}{_INDIC}]")
_HAN_TOKEN: Final = re.compile(f"[{_HAN}]")
_UNSPACED_TOKEN: Final = re.compile(f"[{_UNSPACED}]")
_MARKS: Final = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0640\u0670\u00ad\u200b-\u200f]+")
"""Accents, vowel points, kashida, soft hyphens and zero-width characters."""

_TO_FOLD: Final = re.compile(
    r"[^\x00-\x7f\u00a0\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf\u2010-\u2027\u2030-\u205e\u20ac\u2190-\u21ff\u2500-\u27bf]"
)
"""Characters but ASCII and the usual punctuation of English texts, in which folding changes nothing."""

HAN_WORDS: Final = 0.6
UNSPACED_WORDS: Final = 0.25
"""Words that a character stands for, by the average lengths of words: 1.7 Han or kana characters, 4 Thai ones."""

_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_ARABIC_LETTERS: Final = str.maketrans("أإآٱىیةھکے", "ااااييههكي")
"""Spelling variants of one letter, the Persian forms that some fonts and PDF files use among them."""
_CLITICS: Final = re.compile(r"^(?:لل|ال|[وفبلك])(?=\w{3})|^[והבלמשכ](?=[\u05d0-\u05ea]{4})")
"""Arabic and Hebrew prefixes: conjunctions, prepositions and the article. A word of three or four letters keeps its own."""
_MAX_CLITICS: Final = 4


def fold(text: str) -> str:
    """Return a text in lower case without accents, vowel points and compatibility forms."""
    lower = text.lower()
    if lower.isascii() or not _TO_FOLD.search(lower):
        return lower
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", lower))[:MAX_FOLDED_CHARS]
    if _ARABIC.search(folded):
        folded = folded.translate(_ARABIC_LETTERS)
    return unicodedata.normalize("NFC", folded)


def tokens(text: str) -> list[str]:
    """Return the folded words of a text, in order. Linear in its length."""
    folded = fold(text)
    if folded.isascii():
        return _SPACED_TOKEN.findall(folded)
    found = (_TOKEN if _SPECIAL.search(folded) else _SPACED_TOKEN).findall(folded)
    stems = {word: _without_clitics(word) for word in set(found) if "\u0590" < word[0] < "\u0700"}
    return [stems.get(word, word) for word in found] if stems else found


def words_per_token(found: list[str]) -> float:
    """Return how many words a token stands for on average: 1 for a text in a script with spaces, less otherwise."""
    joined = "".join(found)
    if not _SPECIAL.search(joined):
        return 1.0
    han, unspaced = len(_HAN_TOKEN.findall(joined)), len(_UNSPACED_TOKEN.findall(joined))
    return (len(found) - han - unspaced + HAN_WORDS * han + UNSPACED_WORDS * unspaced) / len(found)


def _without_clitics(word: str) -> str:
    for _ in range(_MAX_CLITICS):
        shorter = _CLITICS.sub("", word)
        if shorter == word:
            break
        word = shorter
    return word
