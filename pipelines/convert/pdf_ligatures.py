"""Ligatures that a font draws and maps to no character, as if `traffic` were written `tra?c`.

Which one it was is known from the document's other words, else from the words of policies that have ligatures.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Final

from pipelines.convert.pdf_glyphs import UNMAPPED

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_LIGATURES: Final = ("fi", "ffi", "ff", "fl", "ffl", "ft", "ti", "tt", "fj", "Th")
_MISNAMED: Final = {"\u019f": "ti", "\u01a9": "tt"}
"""Letters by which macOS names the ligatures of Word's fonts."""
_MAX_HOLES: Final = 2  # in one word
_MAX_WORDS: Final = 200  # of one paragraph that are looked up
_TOKEN: Final = re.compile(rf"(?<![^\W\d_])(?:[^\W\d_]*+{UNMAPPED})++[^\W\d_]*+")
_MISNAMED_IN_WORD: Final = re.compile("(?<=[a-z])[\u019f\u01a9]|[\u019f\u01a9](?=[a-z])")

STEMS: Final = tuple(
    """
    affair affect affidavit affiliat affirm affix afford afflict baffle beneficia benefit brief buffer certificat
    chief classif clarif coefficien coffee confid confin confirm conflict configur defer deficien defin deflect defraud
    differ difficult diffus disqualif diversif effect efficien effort effic effac exemplif facsimil falsif fiber fibre
    fiction fiduciar field fifteen fifth fifty fight figur file filing fill film filter final financ find fine finger
    finish firewall firmware firm first fiscal fit fix flag flash flat flaw fleet flexib flicker flight flood floor flow
    fluctuat fluid fly fulfil gift graffiti identif indemnif inefficien infinit inflat inflict influen insuffic justif
    leaflet life magnif modif notif nullif off offen offer offic official offline offset offshor pacific personif
    profil profit prefix qualif quantif ratif reaffirm reconfigur rectif redefin refer refill refine reflect refund
    sacrific satisf scientif sheriff shuffl significan signif simplif specif staff stiff stuff suffer suffic suffix
    surfing tariff terrif testif traffic trafficking unif verif workflow
    angriff begriff betreff betroff griff hoff offen schaff schiff stoff treff öffentlich eröffn zugriff zweifel
    empfehl empfänger pflicht pfleg fläch flücht gefäll häufig einfluss
    affich afflu bénéfic chiffr différen diffus effectu effet efficac fichier offert offr offici suffis conflit vérifi
    spécifi définit modifi profil identifi notifi
    affid conflitt definid definí diffond differen effettu effett efficac finalit ricev riffer soffer ufficial ufficio
    oficial oficin verific modific notific specific identific benefici definit
    effect officieel toepass verschaff
    after craft draft gift left lift often shift soft software swift theft
    action ation ition information function option application protection notice retention section entit activit
    securit particip communit authentic practic
    attach attempt attention better committ letter matter permitted setting submitt transmitt written
    """.split()
)
"""Beginnings or parts of words that have one of the ligatures, in the languages that set them."""


def mended(text: str, known: Container[str]) -> str:
    """Return `text` with letters for unmapped glyphs inside words, where they are known; others stay.

    `known` are the document's own words, in lower case.
    """
    text = _MISNAMED_IN_WORD.sub(lambda match: _MISNAMED[match[0]], text)
    if UNMAPPED not in text:
        return text
    found: dict[str, str] = {}

    def mend(match: re.Match[str]) -> str:
        word = match[0]
        if word not in found and len(found) < _MAX_WORDS:
            found[word] = _mended_word(word, known)
        return found.get(word, word)

    return _TOKEN.sub(mend, text)


def _mended_word(word: str, known: Container[str]) -> str:
    if word.count(UNMAPPED) > _MAX_HOLES or len(word) < 3:  # noqa: PLR2004 - too short to be known
        return word
    filled = list(_filled(word))
    for candidate, _ in filled:
        if candidate.lower() in known:
            return candidate
    length, best = max(
        ((_explained(candidate, holes), candidate) for candidate, holes in filled), key=lambda pair: pair[0]
    )
    return best if length else word


def _filled(word: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield a word with ligatures for its holes, and where they stand in it, for each choice of ligatures."""
    head, *tails = word.split(UNMAPPED)
    for ligatures in product(_LIGATURES, repeat=len(tails)):
        text, holes = head, []
        for ligature, tail in zip(ligatures, tails, strict=True):
            holes.append((len(text), len(text) + len(ligature)))
            text += ligature + tail
        yield text, holes


def _explained(candidate: str, holes: list[tuple[int, int]]) -> int:
    """Return the length of the longest stem in a candidate that covers its ligatures, or 0."""
    lower = candidate.lower()
    first, last = holes[0][0], holes[-1][1]
    found = (stem for stem in STEMS if 0 <= lower.find(stem) <= first and lower.find(stem) + len(stem) >= last)
    return max(map(len, found), default=0)
