"""The project's own settings, in one table: values are checked and misspelt names refused before a command begins."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from scrapy.settings import SETTINGS_PRIORITIES, default_settings
from scrapy.utils.project import ENVVAR

from crawler import settings as own
from crawler.options import setting_values as values
from crawler.options.dask_scheduler import check_installed, check_scheduler, reach
from crawler.options.notify_addresses import check_notify
from crawler.options.rate_limit_url import check_rate_limit_url, connect_rate_limit
from crawler.options.spelling import nearest
from pipelines.errors import TakedownError, UsageError
from pipelines.output.location import ObjectLocation, check_catalog, location_of, resolved
from pipelines.pool_choice import DASK, POOLS
from pipelines.redaction import MASK, redacted
from pipelines.takedown import load_takedown
from pipelines.topics.topics_file import load_topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scrapy.settings import BaseSettings

    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics

_PROJECT: Final = SETTINGS_PRIORITIES["project"]
_COMMAND_LINE: Final = SETTINGS_PRIORITIES["cmdline"]
_CUTOFF: Final = 0.75
"""Likeness of a misspelt setting. OUTPUT_FOLDER has 0.76 to OUTPUT_DIR; DATABASE_URL, a foreign one, 0.57 to CATALOG_URL."""
_MIB: Final = 1 << 20
_SECRET: Final = {"NOTIFY", "ON_CHANGES"}
"""Settings that can be secrets as a whole: no error shows them."""
_WITH_PASSWORD: Final = {"CATALOG_URL", "RATE_LIMIT_URL", "DASK_SCHEDULER"}
"""Settings that can have a password in them: errors show the rest."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with the check of its value, which raises ValueError with the remedy."""

    name: str
    check: Callable[[Any], None]


SETTINGS: Final = (
    Setting("COMPANIES_FILE", values.check_file),
    Setting("TOPICS_FILE", values.check_optional_file),
    Setting("TAKEDOWN_FILE", values.check_optional_file),
    Setting("OUTPUT_DIR", values.check_folder),
    Setting("SPOOL_DIR", values.check_optional_folder),
    Setting("CATALOG_URL", values.check_catalog_url),
    Setting("PUBLIC_URL", values.check_web_address),
    Setting("NOTIFY", check_notify),
    Setting("ON_CHANGES", values.check_text),
    Setting("ON_CHANGES_SECONDS", values.number(least=1, most=86_400)),
    Setting("CONTACT", values.check_text),
    Setting("CDX_CALLS_PER_MINUTE", values.number()),
    Setting("PLAYBACK_CALLS_PER_SECOND", values.number()),
    Setting("COMMONCRAWL_CALLS_PER_MINUTE", values.number()),
    Setting("COMMONCRAWL_RECORDS_PER_SECOND", values.number()),
    Setting("COMMONCRAWL_INDEX_URL", values.check_server),
    Setting("COMMONCRAWL_DATA_URL", values.check_server),
    Setting("COMMONCRAWL_PARQUET", values.check_parquet),
    Setting("RATE_LIMIT_URL", check_rate_limit_url),
    Setting("COOLDOWN_SECONDS", values.number()),
    Setting("COOLDOWN_GIVE_UP_SECONDS", values.number()),
    Setting("RETRY_SECONDS", values.number()),
    Setting("LISTING_TIMEOUT", values.number(least=1)),
    Setting("LISTING_ROWS", values.number(least=1, whole=True)),
    Setting("BULK_LISTING_ROWS", values.number(whole=True)),
    Setting("HOME_PAGES", values.check_flag),
    Setting("PROXY", values.check_text),
    Setting("LANGUAGES", values.check_languages),
    Setting("REJECTED_TEXTS", values.check_flag),
    Setting("GIVE_UP_RUNS", values.number(whole=True)),
    Setting("RELIST_DAYS", values.number(most=36_500)),
    Setting("PROGRESS_SECONDS", values.number()),
    Setting("CONVERSION_POOL", values.one_of(*POOLS)),
    Setting("DASK_SCHEDULER", check_scheduler),
    Setting("CONVERSION_WORKERS", values.number(least=1, most=1024, whole=True)),
    Setting("CONVERSION_SECONDS", values.number(least=0.1)),
    Setting("CONVERSION_MEMORY", values.number(least=256 * _MIB, whole=True)),
    # Scrapy's, as far as docs/settings.md names them or crawler/settings.py sets them
    Setting("LOG_LEVEL", values.check_log_level),
    Setting("LOG_FILE", values.check_file_to_write),
    Setting("CLOSESPIDER_TIMEOUT", values.number()),
    Setting("CONCURRENT_REQUESTS", values.number(least=1, whole=True)),
    Setting("CONCURRENT_REQUESTS_PER_DOMAIN", values.number(least=1, whole=True)),
    Setting("DOWNLOAD_TIMEOUT", values.number(least=1)),
    Setting("DOWNLOAD_MAXSIZE", values.number(whole=True)),
    Setting("DNS_TIMEOUT", values.number()),
)
OWN: Final = frozenset(name for name in vars(own) if name.isupper() and not hasattr(default_settings, name))
"""Names of the settings that crawler/settings.py adds to Scrapy's."""


def check_settings(settings: BaseSettings) -> None:
    """Raise UsageError for the first setting that is misspelt or has a value that can't be used."""
    if unnamed := [name for name in settings if not str(name).strip()]:
        raise UsageError(f"-s {unnamed[0]}=: no name of a setting; write -s NAME=VALUE")
    for name in _names(settings):
        if meant := _meant(settings, name):
            raise UsageError(f"{_place(settings, name)}: no such setting; did you mean {meant}?")
    for setting in SETTINGS:
        check_value(settings, setting.name, setting.check)
    check_catalog(output_of(settings), str(settings["CATALOG_URL"] or ""))
    if settings.get("TOPICS_FILE"):
        topics_of(settings)
    takedown_of(settings)


def check_value(settings: BaseSettings, name: str, check: Callable[[Any], None]) -> None:
    """Call a check with the value of a setting. Raises UsageError, with the place where the value stands."""
    value = settings.get(name)
    try:
        check(value)
    except ValueError as error:
        shown = MASK if name in _SECRET else value if isinstance(value, str) else repr(value)
        secret = str(value) if name in _WITH_PASSWORD else ""
        equals = "=" if settings.getpriority(name) == _COMMAND_LINE else " = "
        place = f"{_place(settings, name)}{equals}{redacted(shown, secret):.200}"
        raise UsageError(redacted(f"{place}: {error}", secret)) from None


def reachable_catalog(settings: BaseSettings) -> str:
    """Return CATALOG_URL. Raises UsageError if it names a database server that can't be used; a file is opened later."""
    url = str(settings["CATALOG_URL"] or "")
    if url and not url.startswith("sqlite"):
        check_value(settings, "CATALOG_URL", values.connect)
    return url


def check_rate_limit(settings: BaseSettings) -> None:
    """Raise UsageError if RATE_LIMIT_URL names a server that can't be used."""
    if settings["RATE_LIMIT_URL"]:
        check_value(settings, "RATE_LIMIT_URL", connect_rate_limit)


def check_pool(settings: BaseSettings) -> None:
    """Raise UsageError if what a Dask cluster needs on this machine is missing: nothing else need be tried."""
    if settings["CONVERSION_POOL"] != DASK:
        return
    if not settings["DASK_SCHEDULER"]:
        raise UsageError(f"CONVERSION_POOL={DASK} needs DASK_SCHEDULER, such as tcp://host:8786 (docs/cluster.md)")
    check_value(settings, "CONVERSION_POOL", check_installed)


def reachable_pool(settings: BaseSettings) -> None:
    """Raise UsageError if the settings choose a Dask cluster that can't be used. Without one, do nothing."""
    check_pool(settings)
    if settings["CONVERSION_POOL"] == DASK:
        check_value(settings, "DASK_SCHEDULER", reach)


def topics_of(settings: BaseSettings) -> Topics:
    """Return the topics that texts are searched for. Raises TopicsError for a fault in TOPICS_FILE."""
    return load_topics(settings["TOPICS_FILE"] or "")


def takedown_of(settings: BaseSettings) -> Takedown:
    """Return what is withheld. Raises TakedownError for a fault in TAKEDOWN_FILE."""
    return load_takedown(settings["TAKEDOWN_FILE"] or "")


def takedown_at_end(settings: BaseSettings, begun: Takedown, warn: Callable[[str], None]) -> Takedown:
    """Return what is withheld at the end of work that may take days; with a fault in the list, what was at its begin.

    A list that is empty now may be one that is being written.
    """
    try:
        found = takedown_of(settings)
    except TakedownError as error:
        warn(f"{error}; withheld is what the list had when this began")
        return begun
    if begun and not found:
        warn(f"{settings['TAKEDOWN_FILE']}: is empty now; withheld is what the list had when this began")
        return begun
    return found


def output_of(settings: BaseSettings) -> Location:
    """Return OUTPUT_DIR as given, once it was checked."""
    return location_of(settings["OUTPUT_DIR"], settings["SPOOL_DIR"] or "")


def reachable_output(settings: BaseSettings) -> Location:
    """Return OUTPUT_DIR. Raises UsageError if it names an object store that can't be used; a folder is opened later."""
    location = output_of(settings)
    check_value(settings, "OUTPUT_DIR", lambda _: values.check_readable(location))
    return location


def writable_output(settings: BaseSettings) -> Location:
    """Return OUTPUT_DIR, which is made if it is missing. Raises UsageError if it can't be written."""
    location = resolved(output_of(settings))
    if isinstance(location, ObjectLocation):
        check_value(settings, "SPOOL_DIR", lambda _: values.make_folder(location.spool, "SPOOL_DIR"))
    check_value(settings, "OUTPUT_DIR", lambda _: values.make_writable(location))
    return location


def _place(settings: BaseSettings, name: str) -> str:
    if settings.getpriority(name) == _COMMAND_LINE:
        return f"-s {name:.80}"
    return f"{os.environ.get(ENVVAR, own.__name__)}: {name:.80}"


def _names(settings: BaseSettings) -> Iterator[str]:
    """Yield the names of all settings, then the lower-case names of the settings module, which Scrapy leaves out."""
    yield from (str(name) for name in settings)
    module = sys.modules.get(os.environ.get(ENVVAR, ""))
    yield from (name for name in vars(module or own) if not name.isupper())


def _meant(settings: BaseSettings, name: str) -> str:
    """Return the setting that an unknown name stands for; empty for a known name and for another program's.

    A settings module can have names of its own. There a name is misspelt only if the setting it is like has its default.
    """
    if hasattr(default_settings, name) or hasattr(own, name):
        return ""
    meant = _like(name)
    is_given = settings.getpriority(name) == _COMMAND_LINE
    return meant if meant and (is_given or settings.get(meant) == getattr(own, meant, None)) else ""


def _like(name: str) -> str:
    plain = _plain(name)
    known = {_plain(each): each for each in OWN}
    if plain in known:
        return known[plain]
    if not name.isupper():
        return name.upper() if hasattr(default_settings, name.upper()) else ""
    return known.get(nearest(plain, known, cutoff=_CUTOFF), "") or _of_same_word(name)


def _of_same_word(name: str) -> str:
    """Return the setting that begins with the same word, if none of Scrapy's does: COMPANY_LIST is COMPANIES_FILE."""
    word = _first_word(name)
    if any(_first_word(each) == word for each in vars(default_settings) if each.isupper()):
        return ""
    own_ones = [each for each in OWN if _first_word(each) == word]
    return nearest(name, own_ones, cutoff=0) if own_ones else ""


def _first_word(name: str) -> str:
    """Return a name's first word in the singular."""
    return re.sub(r"(?:IES|Y|S)$", "", name.partition("_")[0])


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
