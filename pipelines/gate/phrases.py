"""Find the gate's phrases in a text: gate_phrases.json, groups of phrases that mean the same in each language.

A phrase is words; a `*` after the last one lets it be the beginning of a word. Case doesn't count.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class _Node:
    """The phrases that begin with the words on the way here."""

    groups: list[str] = field(default_factory=list)
    """Those of the phrases that end here."""
    following: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, list[str]] = field(default_factory=dict)
    """Those of the phrases that end with a word's beginning, by it."""
    any_stem: tuple[str, ...] = ()
    """The keys of `stems`, as `str.startswith` wants them."""


def find(found: list[str], language: str) -> Iterator[tuple[int, str]]:
    """Give place and group of each phrase among a text's lower-case words, in the language given and in English.

    A language without phrases is searched for all languages'. Linear in the words.
    """
    root = _tree(language if language in _table()["policy_name"] else None)
    for start in range(len(found)):
        node, place = root, start
        while place < len(found):
            word = found[place]
            if node.any_stem and word.startswith(node.any_stem):
                for stem, groups in node.stems.items():
                    if word.startswith(stem):
                        yield from ((start, group) for group in groups)
            following = node.following.get(word)
            if following is None:
                break
            for group in following.groups:
                yield start, group
            node, place = following, place + 1


@functools.cache
def _table() -> dict[str, dict[str, list[str]]]:
    """Read gate_phrases.json: group -> language -> phrases."""
    source = files("pipelines.kinds.privacy").joinpath("phrases.json")
    table: dict[str, dict[str, list[str]]] = json.loads(source.read_text("utf-8"))
    return table


@functools.cache
def _tree(language: str | None) -> _Node:
    """Build the tree of a language's phrases and the English ones; of all phrases for None."""
    root = _Node()
    for group, languages in _table().items():
        wanted = [phrases for code, phrases in languages.items() if language is None or code in (language, "en")]
        for phrase in dict.fromkeys(phrase for phrases in wanted for phrase in phrases):
            _plant(root, phrase, group)
    return root


def _plant(root: _Node, phrase: str, group: str) -> None:
    *beginning, last = words(phrase.lower())
    node = root
    for word in beginning:
        node = node.following.setdefault(word, _Node())
    if phrase.endswith("*"):
        node.stems.setdefault(last, []).append(group)
        node.any_stem = tuple(node.stems)
    else:
        node.following.setdefault(last, _Node()).groups.append(group)
