"""Made-up histories of policy pages, shaped after the real captures: what changes.py searches besides those.

A page's `length` is moved by three things: changes of its text, changes of its template (which are more frequent, and
no changes of the text), and noise from capture to capture (nonces, timestamps). The figures are those of the four dense
series in real-captures.warc.gz: 26 changes of text move it by 10 to the -2.4 (0.4 %), give or take a factor of 12. As
there, two changes in five are told by the number of words too; the others move it by a change of template that comes with
them, and are of a word at most.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from pipelines.items import Capture

if TYPE_CHECKING:
    from collections.abc import Mapping

START = datetime(2014, 1, 1, tzinfo=UTC)
BYTES = 40_000
"""The length of a page at first."""

TOLD = 0.4
"""The share of changes of text that change the number of words by more than one."""

OTHER = "'"
"""What marks the texts of a second variant."""

URLKEY, URL = "com,example)/privacy", "https://example.com/privacy"


@dataclass(frozen=True)
class Kind:
    """How a page lives: `changes` in all, of which the share `reverts` are taken back after half a day to 300 days."""

    name: str
    captures: int = 10_000
    years: float = 10
    changes: tuple[int, int] = (1, 50)
    reverts: float = 0.15
    template_changes_a_year: float = 40
    step: float = -2.4
    step_spread: float = 1.1
    noise: float = 1e-4
    clustered: bool = False
    same_payload: float = 0.0
    """The share of captures whose payload is that of the one before, where the text is."""
    flips: float = 0.0
    """The share of captures that a second variant answers, another text for each of the first one's."""
    languages: tuple[str, str] = ("", "")
    """Of the two variants; empty for variants by place, whose language is the same."""
    longer: float = 0.1
    """By which share of their length the second variant's texts are longer."""


@dataclass(frozen=True)
class History:
    """A page's captures in time order, with the text of each."""

    name: str
    captures: list[Capture]
    texts: list[str]
    words: Mapping[str, int] = field(default_factory=dict)
    """How many each text has, where that is known."""
    languages: Mapping[str, str] = field(default_factory=dict)
    """Of each text, where that is known."""
    variants: list[str] = field(default_factory=list)
    """The variant of each capture; empty for a page of one variant."""


KINDS = (
    Kind("10,000 captures, few changes", changes=(1, 5)),
    Kind("10,000 captures, many changes", changes=(20, 50)),
    Kind("in clusters", clustered=True),
    Kind("length says nothing", step=-5, step_spread=0.1),
    Kind("noisy length", noise=1e-2),
    Kind("old pages, equal digests", captures=2_000, changes=(1, 15), template_changes_a_year=2, same_payload=0.8),
    Kind("300 captures", captures=300, years=6, changes=(1, 15)),
    Kind("40 captures", captures=40, years=8, changes=(1, 10)),
    Kind("every change is taken back", changes=(10, 20), reverts=1),
    Kind("flips of two languages", captures=1_000, changes=(4, 12), flips=0.5, languages=("en", "de")),
    Kind("flips, alike in length", captures=1_000, changes=(4, 12), flips=0.5, languages=("en", "de"), longer=0),
    Kind("flips by place", captures=1_000, changes=(4, 12), flips=0.5),
    Kind("another language now and then", captures=1_000, changes=(4, 12), flips=0.05, languages=("en", "de")),
    Kind("flips, 60 captures", captures=60, changes=(1, 5), flips=0.5, languages=("en", "de")),
)


def simulate(kind: Kind, seed: int) -> History:
    """Return a history of this kind; the same for the same seed."""
    chance = random.Random(f"{kind.name} {seed}")  # noqa: S311 - repeatable
    span = kind.years * 365
    days = _clusters(chance, kind.captures, span) if kind.clustered else _evenly(chance, kind.captures, span)
    states, steps, words = _states(chance, kind, span)
    templates = _template_steps(chance, kind, span)
    captures, texts = [], []
    digest, size, at, template = "", 0.0, 0, 0
    for number, day in enumerate(days):
        before = at
        while at + 1 < len(states) and states[at + 1][0] <= day:
            at += 1
        while template + 1 < len(templates) and templates[template + 1][0] <= day:
            template += 1
        if not digest or at != before or chance.random() >= kind.same_payload:
            digest = str(number)
            size = steps[states[at][1]] + templates[template][1] + chance.gauss(0, kind.noise)
        captures.append(_capture(day, digest, round(BYTES * math.exp(max(-3, min(3, size))))))
        texts.append(str(states[at][1]))
    return _with_flips(History(kind.name, captures, texts, words), kind, seed)


def _with_flips(page: History, kind: Kind, seed: int) -> History:
    """Return a page of which a second variant answers some captures."""
    if not kind.flips:
        return page
    chance = random.Random(f"{kind.name} flips {seed}")  # noqa: S311 - repeatable
    flips = [chance.random() < kind.flips for _ in page.captures]
    return History(
        page.name,
        [
            replace(capture, length=str(round(int(capture.length) * (1 + kind.longer * flip))))
            for capture, flip in zip(page.captures, flips, strict=True)
        ],
        [f"{text}{OTHER * flip}" for text, flip in zip(page.texts, flips, strict=True)],
        {
            f"{text}{mark}": round(words * (1 + kind.longer * bool(mark)))
            for text, words in page.words.items()
            for mark in ("", OTHER)
        },
        {f"{text}{OTHER * at}": kind.languages[at] for text in page.words for at in (0, 1)},
        [OTHER * flip for flip in flips],
    )


def _capture(day: float, digest: str, length: int) -> Capture:
    stamp = (START + timedelta(days=day)).strftime("%Y%m%d%H%M%S")
    return Capture(URLKEY, stamp, URL, "text/html", "200", digest, str(length), "simulated")


def _evenly(chance: random.Random, count: int, span: float) -> list[float]:
    return [(at + chance.random() / 2) * span / count for at in range(count)]


def _clusters(chance: random.Random, count: int, span: float) -> list[float]:
    """Return days in bursts of any size, as crawls of projects and of single users make them."""
    days: list[float] = []
    while len(days) < count:
        day, size = chance.random() * span, min(int(chance.paretovariate(0.8)), count // 10)
        days += [min(span, day + 2 * chance.expovariate(1)) for _ in range(size)]
    return sorted(days[:count])


def _states(
    chance: random.Random, kind: Kind, span: float
) -> tuple[list[tuple[float, int]], list[float], dict[str, int]]:
    """Return from which day on which text is there, each text's part in the logarithm of the length, and its words."""
    states, sizes, words = [(0.0, 0)], [0.0], {"0": BYTES // 10}
    current = 0
    for day in sorted(chance.random() * span for _ in range(chance.randint(*kind.changes))):
        sizes.append(sizes[current] + chance.choice((1, 1, -1)) * _step(chance, kind.step, kind.step_spread))
        new = len(sizes) - 1
        words[str(new)] = words[str(current)] + _growth(f"{kind.name} {day}", sizes[new] - sizes[current])
        states.append((day, new))
        if chance.random() < kind.reverts:
            states.append((day + 10 ** chance.uniform(-0.3, 2.5), current))
        else:
            current = new
    return sorted(states), sizes, words


def _growth(seed: str, step: float) -> int:
    """Return by how many words a change of text makes it longer: one for 3.5 bytes, give or take a factor of two."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    told = chance.random() < TOLD
    return round(BYTES * step / 3.5 * math.exp(chance.gauss(0, 0.6))) if told else chance.choice((-1, 0, 0, 1))


def _template_steps(chance: random.Random, kind: Kind, span: float) -> list[tuple[float, float]]:
    count = int(kind.template_changes_a_year * kind.years)
    days = sorted(chance.random() * span for _ in range(count))
    steps = (chance.choice((1, -1)) * _step(chance, -2.9, 0.7) / 2 for _ in days)
    return [(0.0, 0.0), *zip(days, accumulate(steps), strict=True)]


def _step(chance: random.Random, size: float, spread: float) -> float:
    return min(0.7, 10 ** chance.gauss(size, spread))
