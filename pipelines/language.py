"""Which language a text is in."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED = "und"
"""ISO 639-2's code for a language that can't be told."""

_MIN_LETTERS = 60
_MIN_DENSE_LETTERS = 20
"""Letters below which nothing is said; the second for Han and kana, which say a word in a sign or two."""
_MIN_CONFIDENCE = 0.6
_SAMPLE_CHARS = 300
_SAMPLES = 3
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def detect(text: str) -> str:
    """Give the ISO 639-1 code of a text's language; `und` for a short or unclear one.

    By py3langid, on 300 characters each of the beginning, the middle and the end: enough to be sure, and neither a menu
    in another language nor the length of a page matters. Addresses don't count, nor do figures and signs. The first call
    of a process loads the model: about a second, and 95 MB with numpy.
    """
    letters = _NOT_LETTERS.sub(" ", _ADDRESS.sub(" ", unicodedata.normalize("NFC", _sample(text)))).strip()
    if len(letters) < _MIN_LETTERS and len(_DENSE.findall(letters)) < _MIN_DENSE_LETTERS:
        return UNDETERMINED
    language, _ = _identifier().classify(letters)
    return str(language)


def _sample(text: str) -> str:
    if len(text) <= _SAMPLES * _SAMPLE_CHARS:
        return text
    step = (len(text) - _SAMPLE_CHARS) // (_SAMPLES - 1)
    return " ".join(text[i * step : i * step + _SAMPLE_CHARS] for i in range(_SAMPLES))


@functools.cache
def _identifier() -> LanguageIdentifier:
    # Imported here because it brings numpy, which only the processes that convert pages need.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_MIN_CONFIDENCE)
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])  # noqa: PLR2004 - ISO 639-1
    return identifier
