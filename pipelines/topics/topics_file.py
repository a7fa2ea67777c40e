"""The topics that texts are searched for: those of their kind of document, and those of a file of the user's own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from pipelines import located_yaml
from pipelines.errors import TopicsError
from pipelines.kinds import KINDS
from pipelines.kinds.vocabulary import has_file, read_text
from pipelines.topics.word_pattern import WordIndex, WordPattern, parse_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipelines.located_yaml import LocatedYaml, Step

_FILE: Final = "topics.yaml"
MAX_TOPICS: Final = 50
"""Most topics of a kind. The report writes those of a year as one number of that many bits; JavaScript counts to 2^53."""
MAX_PATTERNS: Final = 400
"""Most patterns of a topic."""
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?", re.ASCII)
_FORM: Final = located_yaml.Form(
    setting="TOPICS_FILE",
    fault=TopicsError,
    empty="start it with `topics:` and a mapping from names to lists of patterns",
    deep="`topics:` is a mapping from names to lists of patterns",
)


@dataclass(frozen=True)
class Topics:
    """The patterns of each topic of the first kind of document, by its name; `others` has those of further kinds.

    `digest` tells sets of patterns apart.
    """

    patterns: Mapping[str, tuple[WordPattern, ...]]
    others: Mapping[str, Topics] = field(default_factory=dict)

    def of(self, kind: str) -> Topics:
        """Return the topics of a kind; those of the first one if it has none of its own."""
        return self.others.get(kind, self)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the topics, without those of further kinds, in order."""
        return tuple(sorted(self.patterns))

    @property
    def all_names(self) -> tuple[str, ...]:
        """The names of the topics of all kinds, in order."""
        return tuple(sorted({*self.names, *(name for other in self.others.values() for name in other.names)}))

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of all patterns."""
        every = [sorted(self.patterns.items()), *((kind, other.digest) for kind, other in sorted(self.others.items()))]
        return hashlib.sha256(repr(every).encode()).hexdigest()[:16]

    def of_sentences(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the topics that sentences speak of, in order."""
        index = WordIndex(found)
        return tuple(name for name in self.names if any(map(index.find, self.patterns[name])))


@cache
def default_topics() -> Topics:
    """Return the topics of all kinds: those of the first one, and of each further one that has a file of them."""
    first, *others = ((kind, Topics(_read_of(kind))) for kind in KINDS if has_file(kind, _FILE))
    return replace(first[1], others=dict(others))


def load_topics(path: str | Path = "") -> Topics:
    """Return the topics of all kinds, with those of a file added to each. Raises TopicsError for the first fault in it."""
    known = default_topics()
    if not path:
        return known
    source = located_yaml.read(path, _FORM)
    own = _read(source)
    others = {kind: Topics(_merged(source, other, own)) for kind, other in known.others.items()}
    return Topics(_merged(source, known, own), others)


def _merged(
    source: LocatedYaml, known: Topics, own: Mapping[str, tuple[WordPattern, ...]]
) -> dict[str, tuple[WordPattern, ...]]:
    merged = {name: found for name, found in {**known.patterns, **own}.items() if found}
    if not 0 < len(merged) <= MAX_TOPICS:
        count = f"{len(merged)} topics with those of this program; 1 to {MAX_TOPICS} can be told apart"
        raise source.error(("topics",), f"{count}; remove some with `name: []`")
    return merged


def _read_of(kind: str) -> dict[str, tuple[WordPattern, ...]]:
    return _read(located_yaml.parse(read_text(kind, _FILE), f"{kind}/{_FILE}", _FORM))


def _read(source: LocatedYaml) -> dict[str, tuple[WordPattern, ...]]:
    root = source.plain
    if not isinstance(root, dict) or set(root) != {"topics"} or not isinstance(root["topics"], dict):
        unknown = next((key for key in root if key != "topics"), "") if isinstance(root, dict) else ""
        loc: tuple[Step, ...] = (unknown,) if unknown else ("topics",)
        raise source.error(loc, "the file is one mapping `topics:` from names to lists of patterns")
    return {name: _patterns(source, name, listed) for name, listed in root["topics"].items()}


def _patterns(source: LocatedYaml, name: str, listed: object) -> tuple[WordPattern, ...]:
    loc: tuple[Step, ...] = ("topics", name)
    if not _NAME.fullmatch(name):
        raise source.error(loc, f"{name!r:.80} is no name of a topic; write a-z, 0-9 and hyphens, at most 40")
    if not isinstance(listed, list) or len(listed) > MAX_PATTERNS:
        raise source.error(
            loc, f"`{name}` is a list of at most {MAX_PATTERNS} patterns, each on a line that starts with `-`"
        )
    found = []
    for number, pattern in enumerate(listed):
        if not isinstance(pattern, str):
            raise source.error((*loc, number), "a pattern is text; put it in quotes if it starts with [ or {")
        try:
            found.append(parse_pattern(pattern))
        except ValueError as error:
            raise source.error((*loc, number), str(error)) from None
    return tuple(found)
