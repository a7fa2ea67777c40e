"""Variants of a page: the texts that one address gives side by side, by the reader's language or place. Pure.

Versions follow each other; variants do not. An address that answers one crawler in German and the next one in English
changes its text with every capture, and its policy never. Such texts are told apart by two signs:

* language: the page returns to a language that it had left. Then each language is a variant.
* alternation: two texts take turns more often than a change of policy that is taken back does. Then they are of different
  variants, whatever their language.

A policy that is taken back (A, B, A) is three versions of one variant, and a page that changes its language for good is one
variant, too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

UNKNOWN: Final = "und"
"""The language of a text whose language is not known (ISO 639-2); the gate writes it, too."""

TURNS: Final = 4
"""Runs of two texts within WEEKS that tell variants: A, B, A, B. A policy that is taken back has three."""
WEEKS: Final = 12
MANY_TURNS: Final = 6
"""Runs of two texts that tell variants however long they take: few captures show few turns within weeks."""
ROLLOUT_DAYS: Final = 3
"""While a new text is rolled out, caches serve both for hours or days: turns confined to this are a change, no variants."""

_DAY: Final = 86_400.0
_MOST_TEXTS: Final = 50
"""Texts of a page, those with most runs, of which all pairs are compared."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text that a page had at a moment (seconds since 1970); an empty `language` is an unknown one."""

    moment: float
    text: str
    language: str = ""


Unlike: TypeAlias = "Callable[[str, str], float]"
"""Returns how much two texts differ, in any measure."""
IsEdit: TypeAlias = "Callable[[str, str], bool]"
"""Returns whether two texts have most words in common. Then they are of one language whatever was found: a text in two
languages tips from one to the other by an edit."""


@dataclass(slots=True)
class _Run:
    """A maximal run of readings with the same text: its first and its last moment."""

    text: str
    start: float
    end: float


@dataclass(slots=True)
class _Variant:
    """A variant under construction: its texts, the language they have (empty: unknown so far), and the one seen last."""

    language: str
    texts: set[str] = field(default_factory=set)
    last: str = ""


def variants_of(
    readings: Sequence[Reading], unlike: Unlike | None = None, is_edit: IsEdit | None = None
) -> dict[str, str]:
    """Return the name of each text's variant, an empty mapping if the page has one variant only.

    `readings` are those of one page in time order. A variant has the name of its language (`de`); further ones of a language
    have a number (`en-2`), in the order in which they were first seen. A text that may belong to several variants joins the
    one whose last text is most like it, by `unlike`, or the one seen last.
    """
    runs = _runs_of(readings)
    if len(runs) == len({run.text for run in runs}) and len({reading.language for reading in readings}) < 2:  # noqa: PLR2004
        return {}  # no text and no language returns
    languages = _languages_of(readings, runs, is_edit)
    by_language = _returns([languages[run.text] for run in runs])
    rivals = _alternating(runs)
    if not by_language and not rivals:
        return {}
    grouped = _grouped(runs, languages if by_language else {}, rivals, unlike)
    if len(grouped) < 2:  # noqa: PLR2004
        return {}
    names = _names([next(filter(None, map(languages.__getitem__, each.texts)), "") for each in grouped])
    return {text: name for name, variant in zip(names, grouped, strict=True) for text in variant.texts}


def _runs_of(readings: Iterable[Reading]) -> list[_Run]:
    runs: list[_Run] = []
    for reading in readings:
        if runs and runs[-1].text == reading.text:
            runs[-1].end = reading.moment
        else:
            runs.append(_Run(reading.text, reading.moment, reading.moment))
    return runs


def _languages_of(readings: Iterable[Reading], runs: Iterable[_Run], is_edit: IsEdit | None) -> dict[str, str]:
    """Return each text's language, empty if unknown; that of the text before where this text is an edit of it."""
    found = {reading.text: "" if reading.language == UNKNOWN else reading.language for reading in readings}
    settled: dict[str, str] = {}
    before = ""
    for run in runs:
        if run.text not in settled:
            is_of_before = before and is_edit and found[run.text] and is_edit(before, run.text)
            settled[run.text] = (settled[before] if is_of_before else "") or found[run.text]
        before = run.text
    return settled


def _returns(languages: Iterable[str]) -> bool:
    """Whether a sequence of languages comes back to one that it had left; unknown ones are passed over."""
    known = [language for language, _ in groupby(filter(None, languages))]
    return len(known) > len(set(known))


def _alternating(runs: Sequence[_Run]) -> dict[str, set[str]]:
    """Return, by text, the texts that take turns with it."""
    of_text: defaultdict[str, list[_Run]] = defaultdict(list)
    for run in runs:
        of_text[run.text].append(run)
    several = [text for text, of in of_text.items() if len(of) > 1]
    several = sorted(several, key=lambda text: -len(of_text[text]))[:_MOST_TEXTS]
    rivals: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in combinations(several, 2):
        if _take_turns([*of_text[one], *of_text[other]]):
            rivals[one].add(other)
            rivals[other].add(one)
    return rivals


def _take_turns(runs: list[_Run]) -> bool:
    """Whether the runs of two texts show that both were there side by side."""
    turns: list[_Run] = []
    for run in sorted(runs, key=lambda run: run.start):
        if turns and turns[-1].text == run.text:
            turns[-1] = _Run(run.text, turns[-1].start, run.end)
        else:
            turns.append(run)
    if len(turns) >= MANY_TURNS and _are_side_by_side(turns):
        return True
    fours = (turns[at : at + TURNS] for at in range(len(turns) - TURNS + 1))
    return any(four[-1].start - four[0].end <= WEEKS * 7 * _DAY and _are_side_by_side(four) for four in fours)


def _are_side_by_side(turns: Sequence[_Run]) -> bool:
    """Whether two texts were there for longer than a rollout: from when the later one was seen to the earlier one's end."""
    return turns[-2].end - turns[1].start >= ROLLOUT_DAYS * _DAY


def _grouped(
    runs: Iterable[_Run], languages: Mapping[str, str], rivals: Mapping[str, set[str]], unlike: Unlike | None
) -> list[_Variant]:
    """Return the variants in the order in which they were first seen. `languages` is empty if they tell no variants."""
    variants: list[_Variant] = []
    recent: list[_Variant] = []
    of_text: dict[str, _Variant] = {}
    for run in runs:
        variant = of_text.get(run.text)
        if variant is None:
            language = languages.get(run.text, "")
            fitting = [each for each in recent if _fits(each, run.text, language, rivals)]
            if fitting and unlike:
                fitting.sort(key=lambda each: unlike(each.last, run.text))
            variant = fitting[0] if fitting else _Variant(language)
            variant.language = variant.language or language
            variant.texts.add(run.text)
            of_text[run.text] = variant
            if not fitting:
                variants.append(variant)
        variant.last = run.text
        recent = [variant, *(each for each in recent if each is not variant)]
    return variants


def _fits(variant: _Variant, text: str, language: str, rivals: Mapping[str, set[str]]) -> bool:
    """Whether a text can be of a variant: of no other language, and no rival of any of its texts."""
    is_other = variant.language and language and variant.language != language
    return not is_other and variant.texts.isdisjoint(rivals.get(text, ()))


def _names(languages: Iterable[str]) -> list[str]:
    """Return a name for each variant of these languages: `en`, `de`, `en-2`."""
    count: defaultdict[str, int] = defaultdict(int)
    names = []
    for language in languages:
        name = language or UNKNOWN
        count[name] += 1
        names.append(name if count[name] == 1 else f"{name}-{count[name]}")
    return names
