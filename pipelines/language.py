"""Which language a text is in."""

from __future__ import annotations

import functools
import re
import unicodedata

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNDETERMINED = "und"
"""ISO 639-2's code for a language that can't be told."""

_MIN_LETTERS = 60
_MIN_CONFIDENCE = 0.6
_SAMPLE_CHARS = 300
_SAMPLES = 3
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


def detect(text: str) -> str:
    """Give the ISO 639-1 code of a text's language; `und` for a short or unclear one.

    By py3langid, over samples from the beginning, the middle and the end, so that neither a foreign menu nor the
    length of a page matters. Addresses don't count, nor do figures and signs.
    """
    letters = _NOT_LETTERS.sub(" ", _ADDRESS.sub(" ", unicodedata.normalize("NFC", _sample(text)))).strip()
    if len(letters) < _MIN_LETTERS and not _dense(letters):
        return UNDETERMINED
    language, _ = _identifier().classify(letters)
    return str(language)


def _sample(text: str) -> str:
    if len(text) <= _SAMPLES * _SAMPLE_CHARS:
        return text
    step = (len(text) - _SAMPLE_CHARS) // (_SAMPLES - 1)
    return " ".join(text[i * step : i * step + _SAMPLE_CHARS] for i in range(_SAMPLES))


def _dense(letters: str) -> bool:
    """Tell a text whose script says a word in a sign or two; a third of the letters is enough of it."""
    return (
        len(letters) >= _MIN_LETTERS // 3 and sum("\u3040" <= sign <= "\u9fff" for sign in letters) > len(letters) // 2
    )


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_MIN_CONFIDENCE)
