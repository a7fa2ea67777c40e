"""Tells of changes: sends the digest to the services of NOTIFY, and gives it to the command ON_CHANGES.

What has to be told stands in the catalog before the run is recorded, and goes when it was received: a digest is sent
once more rather than never.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from crawler.archives.failures import in_words
from crawler.extensions.on_changes import run_command
from crawler.options.notify_addresses import addresses_of, notifier, without_secrets
from pipelines.digest.formats import headline
from pipelines.digest.message import MAX_CHANGES, MAX_CHARS, message
from pipelines.digest.news import read_digest
from pipelines.errors import OutputError
from pipelines.output.feeds import write_feeds
from pipelines.report.site import build
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from apprise import NotifyBase, NotifyLogEntry
    from scrapy.settings import BaseSettings

    from crawler.run import Run
    from pipelines.digest.news import Digest

logger = logging.getLogger(__name__)

ON_CHANGES: Final = "ON_CHANGES"
SECONDS: Final = 120
"""For one service to take a message."""
_UNLIMITED: Final = 32_768
"""What Apprise gives as the longest body for services that have no limit (NotifyBase.body_maxlen)."""
_MAX_CAUSE: Final = 200
_CAUSED: Final = re.compile(r".*Caused by \w+\([\"'].*?\): (.*?)[\"']\)+")
"""The message of a failed request, which says at length where it went."""
_MAIL: Final = "E-Mail"
"""Apprise's name of mail by SMTP, which it sends as a page and as text."""


class Channel(Protocol):
    """A place where a digest is sent: `name` tells it apart in the catalog and in messages, without a secret."""

    @property
    def name(self) -> str: ...

    def send(self, digest: Digest) -> str:
        """Send a digest; return why it failed, or an empty string. Blocks."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of NOTIFY."""

    name: str
    address: str

    def send(self, digest: Digest) -> str:
        """Send a digest from a thread that may stay behind: a server that answers byte by byte holds it for hours."""
        said: list[str] = []
        thread = threading.Thread(target=lambda: said.append(self._deliver(digest)), daemon=True)
        thread.start()
        thread.join(SECONDS)
        return said[0] if said else f"took longer than {SECONDS:g} seconds"

    def _deliver(self, digest: Digest) -> str:
        try:
            return without_secrets(self._notify(digest), self.address)
        except Exception as error:  # noqa: BLE001 - of a service of Apprise: the other channels are told
            return without_secrets(in_words(error), self.address)

    def _notify(self, digest: Digest) -> str:
        found = notifier(self.address)
        if not len(found):
            return "not understood by Apprise"
        plugin = found[0]
        form, most = _form(plugin), plugin.body_maxlen - (0 if plugin.title_maxlen else 250)
        told = message(digest, form, most=MAX_CHARS if plugin.body_maxlen == _UNLIMITED else most)
        result = found.notify(title=told.title, body=told.body, body_format=form, log_level=logging.DEBUG)
        return "" if result else _why(result.logs())


def _why(entries: Iterable[NotifyLogEntry]) -> str:
    """Return what Apprise says of a failure: its last warning, with the exception that it logs for debugging."""
    logged = [(entry.level, " ".join(entry.message.split()).rstrip(".")) for entry in entries]
    said = [text for level, text in logged if level in {"WARNING", "ERROR", "CRITICAL"}] or ["not delivered"]
    reasons = [_CAUSED.sub(r"\1", text.partition("Exception: ")[2]) for _, text in logged if "Exception: " in text]
    return f"{said[-1]} ({reasons[-1]})" if reasons else said[-1]


def _form(plugin: NotifyBase) -> str:
    """Return the format for a service: what its address or it alone asks for, a page for mail, else text."""
    formats = plugin.notify_format
    if isinstance(formats, tuple):
        return "html" if plugin.service_name == _MAIL else "text"
    return str(getattr(formats, "value", formats))


@dataclass(frozen=True, slots=True)
class OnChanges:
    """The command ON_CHANGES."""

    run: Run
    name: str = ON_CHANGES

    def send(self, digest: Digest) -> str:
        settings, root = self.run.settings, self.run.folder.store.root
        environment = {
            "OUTPUT_DIR": str(root),
            "CHANGES_FILE": str(root / "changes.jsonl"),
            "CHANGES_COUNT": str(digest.count),
            "CHANGES_SINCE": digest.since,
            "REPORT_FILE": str(root / "report" / "index.html"),
        }
        text = f"{message(digest).body}\n"
        return run_command(settings[ON_CHANGES], text, environment, settings.getfloat("ON_CHANGES_SECONDS"))


def channel_names(settings: BaseSettings) -> list[str]:
    """Return the names of the channels that the settings have, in order."""
    return [*(name for name, _ in _services(settings)), *([ON_CHANGES] if settings[ON_CHANGES] else [])]


def _services(settings: BaseSettings) -> Iterator[tuple[str, str]]:
    """Yield name and address of each service: the name is the service's own, with a number if it is not the first."""
    seen: Counter[str] = Counter()
    for address in addresses_of(settings["NOTIFY"]):
        found = notifier(address)
        service = str(found[0].service_name) if len(found) else address.partition("://")[0]
        seen[service] += 1
        yield (service if seen[service] == 1 else f"{service} {seen[service]}"), address


def _channels(run: Run) -> Iterator[Channel]:
    yield from (Service(name, address) for name, address in _services(run.settings))
    if run.settings[ON_CHANGES]:
        yield OnChanges(run)


async def tell(run: Run) -> None:
    """Send each channel the digest that it waits for, and note in the run's counts what became of it."""
    waiting = {each.channel: each.since for each in await run.folder.open_deliveries()}
    channels = [each for each in _channels(run) if each.name in waiting] if waiting else []
    digests: dict[str, Digest] = {}
    if channels:
        async with run.folder.projecting():
            await _bring_up_to_date(run)
    for channel in channels:
        since = waiting[channel.name]
        cause = ""
        try:
            if since not in digests:
                digests[since] = await asyncio.to_thread(_digest, run, since)
            if digests[since].count:
                cause = await asyncio.to_thread(channel.send, digests[since])
        except OutputError as error:
            cause = str(error)
        except Exception as error:  # noqa: BLE001 - the other channels are told
            cause = in_words(error)
        cause = " ".join(printable(cause).split())[:_MAX_CAUSE]
        await run.folder.end_delivery(channel.name, cause)
        run.stats.told[channel.name] = cause
        _log(channel.name, digests.get(since), cause)


def _log(name: str, digest: Digest | None, cause: str) -> None:
    if cause:
        logger.warning("%s: not told: %s; the next run tries again", name, cause)
    elif digest and digest.count:
        logger.info("%s: told of %s", name, headline(digest))


def _digest(run: Run, since: str) -> Digest:
    """Return what is new since a moment, without what says nothing new."""
    store, settings = run.folder.store, run.settings
    return read_digest(
        store.root,
        since=since,
        catalog_url=settings["CATALOG_URL"],
        topics=store.topics,
        takedown=store.takedown,
        most=MAX_CHANGES,
        address=settings["PUBLIC_URL"],
    )


async def _bring_up_to_date(run: Run) -> None:
    """Make the report, which the digest links to. A digest without these links is better than none."""
    store, settings = run.folder.store, run.settings
    try:
        await asyncio.to_thread(build, store.root, settings["CATALOG_URL"], store.topics, store.takedown)
        await asyncio.to_thread(
            write_feeds,
            store.root,
            settings["CATALOG_URL"],
            topics=store.topics,
            address=settings["PUBLIC_URL"],
            takedown=store.takedown,
        )
    except OutputError as error:
        logger.warning("the report is not up to date: %s", error)
