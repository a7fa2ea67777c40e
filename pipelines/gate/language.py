"""The language of a text."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from py3langid.langid import LanguageIdentifier

UNDETERMINED = "und"
"""ISO 639-2 code of an undetermined language."""

CODES = frozenset(
    "af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl gu ha he hi "
    "hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn mr ms mt my ne nl nn no "
    "oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz vi "
    "vo wa xh yo zh zu".split()
)
"""Codes that `detect` returns besides `und`: those of the model that are in ISO 639-1."""

_NORWEGIAN = frozenset({"no", "nn"})

_MIN_LETTERS = 60
_MIN_DENSE_LETTERS = 20
"""Letters that detection needs. Han and kana need fewer: one or two of them make a word."""
_MIN_CONFIDENCE = 0.6
_SAMPLE_CHARS = 300
_SAMPLES = 3
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def detect(text: str) -> str:
    """Return the ISO 639-1 code of a text's language; `und` for a short or unclear text.

    py3langid reads 300 characters each of the beginning, the middle and the end, so a menu in another language does not
    decide and a long page takes no longer. Addresses, digits and punctuation are removed before. The first call in a
    process loads the model: about a second, and 95 MB with numpy.
    """
    letters = _NOT_LETTERS.sub(" ", _ADDRESS.sub(" ", unicodedata.normalize("NFC", _sample(text)))).strip()
    if len(letters) < _MIN_LETTERS and len(_DENSE.findall(letters)) < _MIN_DENSE_LETTERS:
        return UNDETERMINED
    language, _ = _identifier().classify(letters)
    return str(language)


def is_one_of(language: str, wanted: Collection[str]) -> bool:
    """Whether a detected language is wanted. All are if `wanted` is empty, and an undetermined language always is."""
    if not wanted or language == UNDETERMINED or language in wanted:
        return True
    return language in _NORWEGIAN and not _NORWEGIAN.isdisjoint(wanted)


def _sample(text: str) -> str:
    if len(text) <= _SAMPLES * _SAMPLE_CHARS:
        return text
    step = (len(text) - _SAMPLE_CHARS) // (_SAMPLES - 1)
    return " ".join(text[i * step : i * step + _SAMPLE_CHARS] for i in range(_SAMPLES))


@functools.cache
def _identifier() -> LanguageIdentifier:
    # imported here because it loads numpy, which only the conversion processes need
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_MIN_CONFIDENCE)
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])  # noqa: PLR2004 - ISO 639-1
    return identifier
