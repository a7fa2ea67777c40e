"""The features of a document: named numbers from 0 to 1, the gate's input. Every class's model has the same ones."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.gate.phrases import Hit, find
from pipelines.gate.tokens import tokens, words_per_token
from pipelines.kinds.classes import CLASSES, OTHER
from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.vocabulary import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WINDOW_WORDS: Final = 100
STRETCH_WINDOWS: Final = 5
_HEAD_WORDS: Final = 60
_MAX_TITLE_CHARS: Final = 1000
_MAX_HEADINGS: Final = 60
_FIRST_HEADINGS: Final = 3
_MAX_HEADING_CHARS: Final = 150
_MAX_FIRST_LINE: Final = 80

_NAME: Final = "name"
"""Group that every class has: the names of its documents."""
SUBJECT: Final = f"{PRIVACY.name}.subject"
_ALONE_WORDS: Final = 2
"""Words of a title or heading that is nothing but its subject: "Your privacy"."""
_FORM: Final = frozenset({f"{PRIVACY.name}.speaker", SUBJECT})
"""Groups that say nothing about how much of a text is of their class."""
_FULL_RUN: Final = 15
_MAX_GAP: Final = 1
"""Windows about something else by which a run is not ended."""
_WINDOW_HITS: Final = 4
"""Hits of a class in a window from which the window is about it: more than a passing mention."""

_HEADING: Final = re.compile(
    r"^#{1,6} +(?P<atx>[^\n]+)$|^(?P<setext>[^\n]+)\n[=-]{3,} *$|^ *\*\*(?P<bold>[^*\n]+)\*\* *$", re.MULTILINE
)
"""Markdown headings of both styles, and paragraphs in bold."""

_SEPARATORS: Final = re.compile(r"[|:;»«>•·\u2013\u2014]+| - ")
"""What stands between a site's name and a page's in titles."""
_THIS: Final = frozenset(
    "this these diese dieser dieses cette ces presente presentes este esta estas estos questa questo queste deze dit "
    "niniejsza niniejszy niniejszego denna detta dessa denne dette disse tama nama taman naiden tento tyto techto tato "
    "tieto tejto ez ezen aceasta prezenta настоящая настоящие настоящее настоящей эта эти этот isbu bu 本 此 この 이 본 "
    "αυτη παρουσα αυτοι यह इस ці ця цей цих цією aquesta aquest هذه هذا".split()
)
"""Words before a name by which a document speaks of itself, without accents. "Our" speaks of other documents too."""
_THIS_REACH: Final = 2
"""Tokens before a name where such a word may stand: "this Acme privacy notice"."""

Window = list[int]
"""Hits by class in WINDOW_WORDS consecutive words."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is measured in a document: its tokens and the phrases in them."""

    found: list[str]
    hits: list[Hit]
    words_per_token: float
    """Words that a token stands for, so that lengths are comparable between scripts."""

    @property
    def words(self) -> float:
        """Length in words."""
        return len(self.found) * self.words_per_token


def read(text: str, language: str) -> Reading:
    """Return the tokens and hits of a text in a language."""
    found = tokens(text)
    return Reading(found, list(find(found, language)), words_per_token(found))


def features(title: str, text: str, language: str, reading: Reading) -> dict[str, float]:
    """Return the features of a document: its title, its body without link targets, its language's code and its reading.

    All documents have the same names in the same order: `<what>.<class>`, `density.<class>.<group>` and a few others.
    """
    hundreds = max(1.0, reading.words / WINDOW_WORDS)
    counts = Counter(group for _, group in reading.hits)
    head = Counter(_named(group for index, group in reading.hits if index < _HEAD_WORDS / reading.words_per_token))
    return {
        **_title(title[:_MAX_TITLE_CHARS], language),
        **_headings(text, language),
        **_by_class("head", head, 2),
        **_by_class("self", _selves(reading), 3),
        **{f"names.{name}": _saturated(counts[f"{name}.{_NAME}"] / hundreds) for name in CLASSES},
        **_leads("first", [counts[f"{name}.{_NAME}"] for name in CLASSES]),
        **{f"density.{group}": _saturated(counts[group] / hundreds) for group in content_groups()},
        **_masses(reading, counts),
        "short": max(0.0, 1 - reading.words / 100),
        "length": min(1.0, reading.words / 600),
    }


@functools.cache
def content_groups() -> tuple[str, ...]:
    """Return the groups of all classes except their names."""
    return tuple(f"{name}.{group}" for name in CLASSES for group in read_json(name, "phrases.json") if group != _NAME)


@functools.cache
def mass_groups() -> Mapping[str, tuple[str, ...]]:
    """Return the groups of each class that its documents consist of."""
    return {
        name: tuple(group for group in content_groups() if group.startswith(f"{name}.") and group not in _FORM)
        for name in CLASSES
    }


def _saturated(density: float) -> float:
    """Return a density as a number from 0 to 1; one hit in a hundred words is half."""
    return density / (density + 1)


def _by_class(what: str, counts: Mapping[str, int], full: int) -> dict[str, float]:
    return {f"{what}.{name}": min(1.0, counts.get(name, 0) / full) for name in CLASSES}


def _named(groups: Iterable[str]) -> Iterator[str]:
    """Yield the class of each group that is a class's names."""
    return (group.partition(".")[0] for group in groups if group.endswith(f".{_NAME}"))


def _title(title: str, language: str) -> dict[str, float]:
    """Return what a title names. A phrase doesn't go beyond a separator: "Fox Domain :: Privacy" is no domain privacy."""
    parts = _SEPARATORS.split(title)
    named = {name for part in parts for name in _names_in(part, language)}
    subject = any(SUBJECT in _groups_in(part, language) for part in parts)
    return {**_by_class("title", Counter(named), 1), "title.subject": float(subject)}


def _groups_in(line: str, language: str) -> set[str]:
    return {group for _, group in find(tokens(line), language)}


def _names_in(line: str, language: str) -> set[str]:
    """Return the classes that a title or heading names. The subject alone is a name there: "Privacy"."""
    found = tokens(line)
    groups = {group for _, group in find(found, language)}
    named = set(_named(groups))
    if SUBJECT in groups and OTHER not in named and len(found) * words_per_token(found) <= _ALONE_WORDS:
        named.add(PRIVACY.name)
    return named


def _headings(text: str, language: str) -> dict[str, float]:
    """Return which classes the first headings name, and how many of all headings name each.

    A policy has headings on cookies too, but not before its own name.
    """
    counts: Counter[str] = Counter()
    first: set[str] = set()
    for index, heading in enumerate(itertools.islice(_heading_lines(text), _MAX_HEADINGS)):
        named = _names_in(heading, language)
        counts.update(named)
        if index < _FIRST_HEADINGS:
            first = first or named
    return {**_by_class("heading", Counter(first), 1), **_by_class("headings", counts, 3)}


def _heading_lines(text: str) -> Iterator[str]:
    """Yield the first line of a text, if it is short, and its headings."""
    first = text.lstrip()[: _MAX_FIRST_LINE + 1].partition("\n")[0]
    if len(first) <= _MAX_FIRST_LINE:
        yield first
    for match in _HEADING.finditer(text):
        yield match[match.lastgroup or 0][:_MAX_HEADING_CHARS]


def _selves(reading: Reading) -> Counter[str]:
    """Count the names of each class after "this"."""
    names = ((index, group) for index, group in reading.hits if group.endswith(f".{_NAME}"))
    return Counter(
        _named(
            group for index, group in names if not _THIS.isdisjoint(reading.found[max(0, index - _THIS_REACH) : index])
        )
    )


def _masses(reading: Reading, counts: Counter[str]) -> dict[str, float]:
    """Return how much of a document is of each class: of all hits, of its windows, in its best stretch, of its topics."""
    windows = _windows(reading)
    total = [sum(column) for column in zip(*windows, strict=True)] or [0] * len(CLASSES)
    everything = sum(total)
    leaders = Counter(masses.index(max(masses)) for masses in windows if max(masses) >= _WINDOW_HITS)
    halves = [sum(masses) / 2 for masses in windows]
    groups = mass_groups()
    result = _leads("lead", total)
    for index, name in enumerate(CLASSES):
        result[f"ratio.{name}"] = total[index] / (everything + 2)
        result[f"share.{name}"] = leaders[index] / max(1, len(windows))
        result[f"stretch.{name}"] = _stretch([masses[index] for masses in windows], halves)
        result[f"run.{name}"] = min(1.0, _longest_run(windows, index) / _FULL_RUN)
        result[f"topics.{name}"] = sum(counts[group] > 0 for group in groups[name]) / len(groups[name])
    return result


def _leads(what: str, counts: list[int]) -> dict[str, float]:
    """Return by how much of both a class's count is above the largest of the others: 0 for all but the leading class."""
    result = dict.fromkeys((f"{what}.{name}" for name in CLASSES), 0.0)
    second, first = sorted(counts)[-2:]
    if first > second:
        result[f"{what}.{CLASSES[counts.index(first)]}"] = (first - second) / (first + second + 1)
    return result


def _stretch(hits: list[int], halves: list[float]) -> float:
    """Return the hits per window of a class's best stretch, less half of the other classes' there, as 0 to 1.

    `hits` are the class's by window, `halves` those of all classes, halved. It finds a policy that is a small part of a
    page of many agreements.
    """
    sums = [0.0, *itertools.accumulate(1.5 * mine - half for mine, half in zip(hits, halves, strict=True))]
    length = max(1, min(STRETCH_WINDOWS, len(hits)))
    best = max((end - start for start, end in zip(sums, sums[length:], strict=False)), default=0.0) / length
    return _saturated(max(0.0, best) / 3)


def _longest_run(windows: list[Window], index: int) -> int:
    """Return the windows of the longest part of a text that is about a class.

    A page of all of a firm's agreements has a whole policy in it, terms have a section on the same subject.
    """
    longest = run = gap = 0
    for masses in windows:
        if masses[index] >= _WINDOW_HITS and masses[index] == max(masses):
            run, gap = run + gap + 1, 0
            longest = max(longest, run)
        elif gap < _MAX_GAP and run:
            gap += 1
        else:
            run = gap = 0
    return longest


def _windows(reading: Reading) -> list[Window]:
    size = max(1, round(WINDOW_WORDS / reading.words_per_token))
    windows = [[0] * len(CLASSES) for _ in range(0, len(reading.found), size)]
    owners = _owners()
    for start, group in reading.hits:
        if group in owners:
            windows[start // size][owners[group]] += 1
    return windows


@functools.cache
def _owners() -> Mapping[str, int]:
    """Return the index of the class that each group of `mass_groups` belongs to."""
    return {group: index for index, name in enumerate(CLASSES) for group in mass_groups()[name]}
