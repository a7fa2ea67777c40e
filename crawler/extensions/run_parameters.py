"""The parameters of a run, as the catalog keeps them and exports say them: what a repetition needs. None is a secret."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from crawler import __version__
from crawler.arguments import companies_file
from pipelines.convert import CONVERTER_VERSION
from pipelines.measures import measured_by
from pipelines.redaction import redacted
from pipelines.topics.topics_file import default_topics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scrapy.settings import BaseSettings

    from pipelines.topics.topics_file import Topics

_SETTINGS: Final = (
    "BULK_LISTING_ROWS", "CONVERSION_MEMORY", "CONVERSION_SECONDS", "DOWNLOAD_MAXSIZE", "GIVE_UP_RUNS", "HOME_PAGES",
    "LANGUAGES", "LISTING_ROWS", "RELIST_DAYS",
)  # fmt: skip
"""Settings that decide what is found and what becomes a text. None has a secret, an address or a path in it."""


def run_parameters(given: Mapping[str, str], settings: BaseSettings, topics: Topics | None, companies: int) -> str:
    """Return the parameters of a run as JSON. `given` are its arguments, `companies` is how many it was for.

    Of a path in `archive=` only the last part is told, and of the companies file its name and hash.
    """
    listed = None if given.get("domain") else companies_file(given, settings)
    parameters: dict[str, Any] = {
        "program": f"wayback-policies {__version__}",
        "converter_version": CONVERTER_VERSION,
        "measured_by": measured_by(topics or default_topics()),
        "arguments": {name: _told(name, str(value)) for name, value in sorted(given.items())},
        "settings": {name: settings.get(name) for name in _SETTINGS},
        "companies": companies,
        "companies_file": {"name": listed.name, "sha256": _sha256(listed)} if listed else None,
    }
    return json.dumps(parameters, ensure_ascii=False, sort_keys=True, default=str)


def _told(name: str, value: str) -> str:
    if name != "archive":
        return redacted(value)
    parts = redacted(value, *value.split(",")).split(",")
    return ",".join(part if "://" in part else part.rstrip("/").rpartition("/")[2] for part in parts)


def _sha256(path: Path) -> str | None:
    with suppress(OSError):
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return None
