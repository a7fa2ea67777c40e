"""A search for a kind's phrases in a text. Its phrases.json has groups of phrases of one meaning, by language.

A phrase is a sequence of words. A `*` after the last word makes it a prefix. Case is ignored.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.kinds.base import Kind


@dataclass(slots=True)
class _Node:
    """A trie node: the phrases that begin with the words on the path from the root."""

    groups: list[str] = field(default_factory=list)
    """Groups of the phrases that end here."""
    following: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, list[str]] = field(default_factory=dict)
    """Groups of the phrases whose last word is a prefix, by that prefix."""
    any_stem: tuple[str, ...] = ()
    """Keys of `stems`, as a tuple for `str.startswith`."""


def find(found: list[str], language: str, kind: Kind) -> Iterator[tuple[int, str]]:
    """Yield index and group of each phrase in a text's lower-case words `found`.

    The phrases are those of the language and of English; those of all languages if the language has none. Linear in the
    number of words.
    """
    root = _trie(kind, language if language in _table(kind)["policy_name"] else None)
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
def _table(kind: Kind) -> dict[str, dict[str, list[str]]]:
    """Return the content of phrases.json: group -> language -> phrases."""
    table: dict[str, dict[str, list[str]]] = kind.read_json("phrases.json")
    return table


@functools.cache
def _trie(kind: Kind, language: str | None) -> _Node:
    """Return the root of the phrases of a language and of English; of all phrases for None."""
    root = _Node()
    for group, languages in _table(kind).items():
        wanted = [phrases for code, phrases in languages.items() if language is None or code in (language, "en")]
        for phrase in dict.fromkeys(phrase for phrases in wanted for phrase in phrases):
            _insert(root, phrase, group)
    return root


def _insert(root: _Node, phrase: str, group: str) -> None:
    *beginning, last = words(phrase.lower())
    node = root
    for word in beginning:
        node = node.following.setdefault(word, _Node())
    if phrase.endswith("*"):
        node.stems.setdefault(last, []).append(group)
        node.any_stem = tuple(node.stems)
    else:
        node.following.setdefault(last, _Node()).groups.append(group)
