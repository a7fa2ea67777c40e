"""The reasons for the gate's verdict on a document, as text: what spoke for the class and what against, with phrases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pipelines.gate.assess import MAX_CHARS, assess, explain
from pipelines.gate.language import detect
from pipelines.gate.phrases import find
from pipelines.gate.tokens import tokens
from pipelines.kinds.classes import CLASSES
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.markdown_links import strip_link_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.kinds.base import Kind

_LINES: Final = 8
"""Reasons of each side that are shown."""
_EXAMPLES: Final = 4
"""Phrases that are shown for a reason."""
_MAX_PHRASE_TOKENS: Final = 30
"""Tokens of the longest phrase: Thai names have one for each character."""
_NEGLIGIBLE: Final = 0.02
_OF_NAMES: Final = frozenset({"title", "heading", "headings", "head", "names", "first", "self"})
"""Features of a class's names, by the part before the first dot."""

_REASONS: Final = {
    "bias": "every document starts here",
    "title": "the title names {0}",
    "heading": "the first heading that names a class names {0}",
    "headings": "headings name {0}",
    "head": "the first 60 words name {0}",
    "self": 'speaks of itself as "this" {0}',
    "names": "names of {0} in the text",
    "first": "{0} is named most",
    "density": "words on {0}: {1}",
    "ratio": "share of all phrases found that are of {0}",
    "share": "share of the text about {0}",
    "stretch": "most about {0} in 500 words",
    "run": "longest part about {0}",
    "topics": "subjects of {0} that occur",
    "lead": "most of the text is about {0}",
    "short": "fewer than 100 words",
    "length": "length",
}
"""Sentences for the features, by the part of their names before the first dot."""


def explanation(title: str, body: str, kind: Kind = PRIVACY) -> str:
    """Return the verdict on a document, the scores of all classes and the largest parts of the kind's score."""
    verdict = assess(title, body, kind)
    parts = {name: part for name, part in explain(title, body, kind.name).items() if abs(part) >= _NEGLIGIBLE}
    phrases = _phrases(title, body)
    scores = ", ".join(f"{name} {score:.2f}" for name, score in zip(CLASSES, verdict.scores, strict=True))
    sides = [
        line
        for side, sign in (("for", 1), ("against", -1))
        for line in [f"{side} {kind.name}:", *_side({name: sign * part for name, part in parts.items()}, sign, phrases)]
    ]
    head = f"kind {verdict.kind}, {kind.name} score {verdict.policy_score:.2f} (threshold {kind.threshold:.2f})"
    return "\n".join([f"{head}, language {verdict.language}", f"scores: {scores}", *sides]) + "\n"


def _side(parts: dict[str, float], sign: int, phrases: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield a line for each of the largest positive parts."""
    for name in [name for name, part in parts.items() if part > 0][:_LINES]:
        yield f"  {sign * parts[name]:+6.2f}  {_reason(name)}{_examples(name, phrases)}"


def _reason(name: str) -> str:
    what, _, rest = name.partition(".")
    named, _, group = rest.partition(".")
    return _REASONS[what].format(named.replace("_", " "), group.replace("_", " "))


def _examples(name: str, phrases: dict[str, Counter[str]]) -> str:
    what, _, rest = name.partition(".")
    found = phrases.get(rest if what == "density" else f"{rest}.name" if what in _OF_NAMES else "")
    return f" ({', '.join(phrase for phrase, _ in found.most_common(_EXAMPLES))})" if found else ""


def _phrases(title: str, body: str) -> dict[str, Counter[str]]:
    """Return how often each phrase occurs, by group."""
    text = strip_link_targets(body[:MAX_CHARS])
    language = detect(text)
    found = tokens(f"{title}\n{text}")
    phrases: dict[str, Counter[str]] = {}
    for start, group in find(found, language):
        phrases.setdefault(group, Counter())[_phrase(found, start, group, language)] += 1
    return phrases


def _phrase(found: list[str], start: int, group: str, language: str) -> str:
    """Return the shortest tokens from `start` that are a phrase of the group."""
    for length in range(1, _MAX_PHRASE_TOKENS):
        phrase = found[start : start + length]
        if any(index == 0 and each == group for index, each in find(phrase, language)):
            return ("" if all(len(token) == 1 for token in phrase) else " ").join(phrase)
    return found[start]
