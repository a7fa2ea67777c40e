"""A search for the phrases of all classes in a text. A class's phrases.json has groups of one meaning, by language.

A phrase is a sequence of words. A `*` after a word makes it a prefix. Case, accents and Arabic and Hebrew clitics are
ignored (`pipelines.gate.tokens`).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pipelines.gate.tokens import tokens
from pipelines.kinds.classes import CLASSES
from pipelines.kinds.vocabulary import read_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Hit = tuple[int, str]
"""Index of the token where a phrase begins, and the phrase's group: `class.group`."""

_RELATIVES: Final = (
    {"cs", "sk"}, {"id", "ms", "jv"}, {"sv", "da", "no", "nn", "nb"}, {"ca", "es", "gl", "pt", "oc"},
    {"ru", "uk", "be", "bg"}, {"de", "lb"}, {"nl", "af"}, {"fr", "wa"}, {"it", "la"},
)  # fmt: skip
"""Languages that detection confuses in short texts. A text is searched for the phrases of all of its language's."""
_WORD_OF_PHRASE: Final = re.compile(r"\S+")
_MAX_WORD_CHARS: Final = 40
"""Characters by which a text's words are looked up. No word of a phrase is as long."""
_KEY_CHARS: Final = 3
"""Characters by which prefixes are looked up. A shorter prefix in phrases.json is taken for a whole word."""


@dataclass(slots=True)
class _Node:
    """A trie node: the phrases that begin with the words on the path from the root."""

    groups: tuple[str, ...] = ()
    """Groups of the phrases that end here."""
    exact: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, dict[str, _Node]] = field(default_factory=dict)
    """Nodes of the words that are prefixes, by their first _KEY_CHARS characters and by the whole prefix."""

    def after(self, word: str) -> _Node | None:
        """Return the node that a word leads to: its own and those of the prefixes it begins with, as one."""
        found = [node] if (node := self.exact.get(word)) else []
        if stems := self.stems.get(word[:_KEY_CHARS]):
            found += [node for stem, node in stems.items() if word.startswith(stem)]
        if len(found) < 2:  # noqa: PLR2004 - two nodes have to be merged
            return found[0] if found else None
        return functools.reduce(_merged, found)

    def child(self, word: str, *, is_stem: bool) -> _Node:
        """Return the node of a phrase's next word, made if there is none."""
        if is_stem and len(word) >= _KEY_CHARS:
            return self.stems.setdefault(word[:_KEY_CHARS], {}).setdefault(word, _Node())
        return self.exact.setdefault(word, _Node())


def find(found: list[str], language: str) -> Iterator[Hit]:
    """Yield a hit for each place of a text's tokens and each group with a phrase there.

    The phrases are those of the language, of the languages it is confused with and of English; those of all languages
    if the language has none. Linear in the number of tokens.
    """
    languages = _languages(language)
    first = {word: node for word in set(found) if (node := _first(languages, word[:_MAX_WORD_CHARS]))}
    # most words begin no phrase, and most that do are not followed by its second word: one comprehension leaves them out
    candidates = [
        (start, node)
        for start, (node, after) in enumerate(zip(map(first.get, found), [*found[1:], ""], strict=False))
        if node is not None and (node.groups or after in node.exact or node.stems)
    ]
    for start, node in candidates:
        for group in _groups_from(node, found, start + 1) if node.exact or node.stems else node.groups:
            yield start, group


def _groups_from(node: _Node, found: list[str], place: int) -> Collection[str]:
    """Return the groups of the phrases that end at a node or after the tokens that follow it."""
    groups = node.groups
    while place < len(found) and (following := node.after(found[place])):
        groups = (*groups, *following.groups)
        node, place = following, place + 1
    return dict.fromkeys(groups)


@functools.lru_cache(maxsize=2**15)
def _first(languages: frozenset[str], word: str) -> _Node | None:
    """Return the node of the phrases that begin with a word. Texts share most of their words."""
    return _trie(languages).after(word)


def _merged(one: _Node, other: _Node) -> _Node:
    """Return a node that leads wherever one of the two does. As deep as the longest phrase."""
    groups = tuple(dict.fromkeys((*one.groups, *other.groups)))
    node = _Node(groups, {**one.exact, **other.exact}, {**one.stems, **other.stems})
    for word in one.exact.keys() & other.exact.keys():
        node.exact[word] = _merged(one.exact[word], other.exact[word])
    for key in one.stems.keys() & other.stems.keys():
        mine, theirs = one.stems[key], other.stems[key]
        both = {stem: _merged(mine[stem], theirs[stem]) for stem in mine.keys() & theirs.keys()}
        node.stems[key] = {**mine, **theirs, **both}
    return node


@functools.cache
def _languages(language: str) -> frozenset[str]:
    """Return the languages whose phrases are searched for in a text of a language. Empty stands for all."""
    known = _known_languages()
    relatives = next((group for group in _RELATIVES if language in group), {language})
    return frozenset({*relatives, "en"}) if relatives & known else frozenset()


@functools.cache
def _known_languages() -> frozenset[str]:
    """Return the languages for which the classes' names are known."""
    return frozenset(language for name in CLASSES for language in read_json(name, "phrases.json")["name"])


@functools.cache
def _trie(languages: frozenset[str]) -> _Node:
    """Return the root of the phrases of some languages; of all for none."""
    root = _Node()
    for name in CLASSES:
        for group, table in read_json(name, "phrases.json").items():
            for language, phrases in table.items():
                if not languages or language in languages:
                    for phrase in phrases:
                        _insert(root, phrase, f"{name}.{group}")
    return root


def _insert(root: _Node, phrase: str, group: str) -> None:
    node = root
    for part in _WORD_OF_PHRASE.findall(phrase):
        words = tokens(part)
        for word in words[:-1]:
            node = node.child(word, is_stem=False)
        # every token of a script without spaces is a whole one, so a prefix there is the word itself
        node = node.child(words[-1], is_stem=part.endswith("*") and len(words) == 1)
    if group not in node.groups:
        node.groups = (*node.groups, group)
