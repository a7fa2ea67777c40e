"""Reading of a kind's vocabulary, JSON files in its folder: `links.json`, `urls.json` and `url_weights.json`."""

from __future__ import annotations

import functools
import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from pipelines.kinds.accents import without_accents
from pipelines.kinds.base import LinkTexts, UrlWords

if TYPE_CHECKING:
    from collections.abc import Iterable

_NO_IMAGE: Final = r"(?!.*\.(?:png|jpe?g|gif|svg|css|js|ico|webp|woff2?)(?:\?.*)?$)"
"""Start of a filter. Java and Python read it alike."""


@functools.cache
def read_json(name: str, file: str) -> Any:
    """Return the content of a JSON file in the folder of a class of documents."""
    return json.loads(read_text(name, file))


def read_text(name: str, file: str) -> str:
    """Return the content of a file in the folder of a class of documents."""
    return files(f"pipelines.kinds.{name}").joinpath(file).read_text("utf-8")


def has_file(name: str, file: str) -> bool:
    """Whether the folder of a class of documents has a file."""
    return files(f"pipelines.kinds.{name}").joinpath(file).is_file()


def read_links(name: str) -> LinkTexts:
    """Return the link texts of the kind `name`."""
    words = read_json(name, "links.json")
    return LinkTexts(
        rel=words["rel"],
        exact=frozenset(without_accents(text) for texts in words["exact"].values() for text in texts),
        names=_either(words["names"]),
        companions=frozenset(map(without_accents, words["companions"])),
        namesakes=_either(words["namesakes"]),
        neighbours=_either(words["neighbours"]),
        hubs=tuple(map(_either, words["hubs"].values())),
        hosts=_either(words["hosts"]),
        authorities=frozenset(words["authorities"]),
    )


def read_urls(name: str) -> UrlWords:
    """Return the names of the kind `name` in URLs, with the weights of their features."""
    words = read_json(name, "urls.json")
    parts = words["parts"]
    return UrlWords(
        names=tuple((tier, _either(names, parts)) for tier, names in words["names"].items()),
        relatives=tuple((tier, _either(names, parts)) for tier, names in words["relatives"].items()),
        companions=_either(words["companions"], parts),
        namesakes=_either(words["namesakes"], parts),
        weights=read_json(name, "url_weights.json")["weights"],
        filter_regex=_filter(words["filter_hosts"], words["filter_paths"]),
    )


def _either(patterns: Iterable[str], parts: dict[str, str] | None = None) -> re.Pattern[str]:
    """Return a pattern of alternatives, without accents. `{name}` stands for the part with that name."""
    source = "|".join(patterns)
    for name, part in (parts or {}).items():
        source = source.replace(f"{{{name}}}", part)
    return re.compile(without_accents(source))


def _filter(hosts: Iterable[str], paths: Iterable[str]) -> str:
    """Return the regex of urlkeys on a subdomain of one of the names `hosts`, or with one of `paths` in path or query."""
    on_host = rf"[^,)]+,[^,)]+,(?:[^)]*,)?(?:{'|'.join(hosts)})(?:,[^)]*)?\)/.*"
    return rf"{_NO_IMAGE}(?:{on_host}|[^)]*\).*(?:{'|'.join(paths)}).*)"
