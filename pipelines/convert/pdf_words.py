"""Words that a line end or a font has broken: hyphens, ligatures, and scripts without spaces."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_glyphs import UNMAPPED
from pipelines.convert.pdf_letters import is_cjk
from pipelines.convert.pdf_ligatures import mended

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SOFT_HYPHEN: Final = "\u00ad"
_WORD: Final = re.compile(r"[^\W\d_](?:[^\W_]|['’‐-](?=\w))*")  # noqa: RUF001
_HYPHENS: Final = "-‐\u00ad"  # noqa: RUF001
_HYPHENATED: Final = re.compile(r"([^\W\d_]+)([-‐\u00ad]+)$")  # noqa: RUF001
_FIRST: Final = re.compile(r"[^\W\d_]+")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S*$|\S+@\S*$", re.IGNORECASE)
_ADDRESS_GOES_ON: Final = ("/", "-", "_", "=", "?", "&", "%", "@")
_ADDRESS_PART: Final = re.compile(r"[a-z0-9]\S*[/=]\S|[a-z0-9]\S*\.[a-z]{2,5}\b")
_NUMBER_GOES_ON: Final = re.compile(r"\d-\n\d")
_MAX_TAIL: Final = 500
"""Characters of a paragraph so far that are looked at where the next line joins it."""
_SUSPENDED: Final = frozenset("und oder bzw sowie and or et ou y o e en of och eller og i lub".split())
"""Words after a suspended hyphen, as in `Daten- und Informationsschutz`."""
_COMPOUNDS: Final = {
    "third": "party parties",
    "first": "party parties",
    "opt": "in ins out outs",
    "e": "mail mails mailed commerce",
    "non": "personal personally identifying identifiable public affiliated essential profit",
    "self": "regulatory service",
    "co": "branded",
    "ad": "serving",
    "de": "identified",
    "up": "to",
    "to": "date day",
    "day": "to",
    "case": "by",
    "by": "case",
    "follow": "up",
    "sign": "up in",
    "log": "in",
    "pop": "up ups",
    "add": "on ons",
    "plug": "in ins",
    "long": "term",
    "short": "term",
    "real": "time",
    "cross": "border site device context",
    "so": "called",
    "well": "known",
    "two": "factor",
    "multi": "factor",
    "web": "based",
    "cloud": "based",
    "location": "based",
    "interest": "based",
    "built": "in",
    "on": "site",
    "off": "site",
    "in": "house",
}
"""Words that English texts write with a hyphen: what may follow the first part."""
_SPACELESS: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Burmese and Khmer."""
_HANGUL: Final = re.compile("[\uac00-\ud7a3]")
_KOREAN_WORD_ENDS: Final = "은는이가을를의에와과도로서고며및등한할된될여수"
"""Syllables that most Korean words of running text end with: particles and verb endings."""


def is_spaceless(char: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    return is_cjk(char) or bool(_SPACELESS.match(char))


def _are_without_space(last: str, first: str, *, korean_breaks_anywhere: bool) -> bool:
    """Whether no space is lost between the last character of a line and the first one of the next."""
    if is_spaceless(last) and is_spaceless(first):
        return True
    if not korean_breaks_anywhere or last in _KOREAN_WORD_ENDS:
        return False
    return bool(_HANGUL.match(last) and _HANGUL.match(first))


def _goes_on_in(before: str, after: str) -> bool:
    """Whether the address at the end of a line goes on in the next one."""
    if after.startswith(_ADDRESS_GOES_ON) or _ADDRESS_PART.match(after):
        return True
    return before.endswith(_ADDRESS_GOES_ON) and not after[0].isupper()


class Words:
    """The words of a document, by which it is known what a hyphen at a line end means and what a ligature stood for."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._known: Counter[str] = Counter()
        for line in lines:
            self._known.update(word.lower() for word in _WORD.findall(line) if word not in line[-len(word) :])

    def mended(self, text: str) -> str:
        """Return `text` with the ligatures that the font maps to nothing."""
        return text if text.isascii() and UNMAPPED not in text else mended(text.replace(_SOFT_HYPHEN, ""), self._known)

    def joined(self, lines: Sequence[str], *, korean_breaks_anywhere: bool = False) -> str:
        """Return the lines of a paragraph as one."""
        parts: list[str] = []
        tail = ""
        for line in lines:
            cut, between = self._glue(tail, line, korean_breaks_anywhere=korean_breaks_anywhere)
            if cut:
                parts[-1] = parts[-1][:-cut]
                tail = tail[:-cut]
            parts += [between, line]
            tail = (tail + between + line)[-_MAX_TAIL:]
        return "".join(parts)

    def _glue(self, before: str, after: str, *, korean_breaks_anywhere: bool) -> tuple[int, str]:
        """Return how many characters to take off the end of a line, and what to put between it and the next one."""
        if not before or not after:
            return 0, ""
        if before[-1] in _HYPHENS and (hyphenated := _HYPHENATED.search(before)):
            return self._across_hyphen(before, after, hyphenated)
        is_one = bool(_NUMBER_GOES_ON.search(f"{before[-2:]}\n{after[0]}"))
        is_one = is_one or (bool(_ADDRESS.search(before)) and _goes_on_in(before, after))
        is_one = is_one or _are_without_space(before[-1], after[0], korean_breaks_anywhere=korean_breaks_anywhere)
        return 0, "" if is_one else " "

    def _across_hyphen(self, before: str, after: str, hyphenated: re.Match[str]) -> tuple[int, str]:
        first = _FIRST.match(after)
        if first is None or after[0].isupper():
            return 0, "" if after[0].isalnum() else " "
        if first[0].lower() in _SUSPENDED:
            return 0, " "
        if _ADDRESS.search(before) or self._is_compound(hyphenated, first[0]):
            return 0, ""
        return len(hyphenated[2]), ""

    def _is_compound(self, hyphenated: re.Match[str], last: str) -> bool:
        """Whether a word has a hyphen in the middle of a line, too."""
        if hyphenated[2] != "-":
            return False  # typesetters' own hyphens
        head, tail = hyphenated[1].lower(), last.lower()
        spelt, solid = self._known[f"{head}-{tail}"], self._known[head + tail]
        if spelt or solid:
            return spelt > solid
        return tail in _COMPOUNDS.get(head, "").split()
