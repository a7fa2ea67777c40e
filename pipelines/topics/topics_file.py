"""The topics that texts are searched for: those of privacy policies, and those of a file of the user's own."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from pipelines import located_yaml
from pipelines.errors import TopicsError
from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.vocabulary import read_text
from pipelines.topics.word_pattern import WordIndex, WordPattern, parse_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pipelines.located_yaml import LocatedYaml, Step

MAX_TOPICS: Final = 50
"""Most topics. The report writes those of a year as one number of that many bits, and JavaScript counts to 2^53."""
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
    """The patterns of each topic, by its name. `digest` tells sets of patterns apart."""

    patterns: Mapping[str, tuple[WordPattern, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all topics, in order."""
        return tuple(sorted(self.patterns))

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of all patterns."""
        return hashlib.sha256(repr(sorted(self.patterns.items())).encode()).hexdigest()[:16]

    def of_sentences(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the topics that sentences speak of, in order."""
        index = WordIndex(found)
        return tuple(name for name in self.names if any(map(index.find, self.patterns[name])))


@cache
def default_topics() -> Topics:
    """Return the topics of privacy policies."""
    return Topics(_read(located_yaml.parse(read_text(PRIVACY.name, "topics.yaml"), "topics.yaml", _FORM)))


def load_topics(path: str | Path = "") -> Topics:
    """Return the topics of privacy policies, with those of a file added. Raises TopicsError for the first fault in it."""
    known = default_topics()
    if not path:
        return known
    source = located_yaml.read(path, _FORM)
    merged = {name: found for name, found in {**known.patterns, **_read(source)}.items() if found}
    if not 0 < len(merged) <= MAX_TOPICS:
        count = f"{len(merged)} topics with those of this program; 1 to {MAX_TOPICS} can be told apart"
        raise source.error(("topics",), f"{count}; remove some with `name: []`")
    return Topics(merged)


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
