"""`scrapy convert`: the document of a saved page, or all documents of the output folder again."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from crawler import __version__
from crawler.arguments import wanted_languages
from crawler.command import AnsweringCommand
from crawler.companies import load_companies, unlisted_company
from crawler.console.program import command_line
from crawler.console.recorded_domain import add_kind
from crawler.options.argument_values import read_timestamp_prefix
from crawler.options.own_settings import check_pool, reachable_pool, takedown_at_end, writable_output
from crawler.reconversion.in_order import in_order
from crawler.reconversion.rebuild import Reconverter
from crawler.reconversion.repair import restore_texts
from crawler.run_stats import ExitStatus
from pipelines.convert import convert_html
from pipelines.errors import UsageError
from pipelines.gate.explanation import explanation
from pipelines.items import TEXT_GONE
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.folder import OutputFolder
from pipelines.output.storage import is_there
from pipelines.output.store import OutputStore
from pipelines.pool_choice import pool_from_settings
from pipelines.quantity import quantity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Coroutine, Mapping, Sequence

    from crawler.reconversion.rebuilt import Rebuilt
    from pipelines.output.location import Location


_OF_FILE: Final[dict[str, str | bool | None]] = {
    "url": None, "timestamp": None, "domain": None, "content_type": "", "kind": PRIVACY.name, "explain": False,
}  # fmt: skip
"""The options that are for FILE alone, with their defaults."""


class Command(AnsweringCommand):
    """Prints documents. FAILED if a page can't become one or the output can't be used.

    OPEN_LOSSES if --from-warc could not read or convert all that it should: each loss is one line on standard error.
    """

    interrupted = "interrupted; every text is whole; run it again for the rest"

    def syntax(self) -> str:
        return "[options] FILE ... | --from-warc"

    def short_desc(self) -> str:
        return "Print the document of a saved page, or rebuild all documents from the WARC files"

    def long_desc(self) -> str:
        return (
            "Print the document that each FILE (the raw bytes of a page, HTML or PDF) becomes; with --explain, its class "
            "and language, and what spoke for and against; or, with --from-warc, make every document in OUTPUT_DIR anew "
            "with the present converter from the mementos in its warc folder, without a request, and bring text files "
            "and versions.jsonl up to date. What can't be read keeps its text and is named; the next crawl fetches it "
            "again."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Conversion")
        group.add_argument("--url", help="URL that was captured (needed for FILE)")
        group.add_argument("--timestamp", help="when it was captured: 14 digits, UTC (needed for FILE)")
        group.add_argument("--domain", help="domain for the document's header (default: the URL's host)")
        group.add_argument("--content-type", default="", help="the page's Content-Type header, if known")
        add_kind(group)
        group.add_argument("--explain", action="store_true", help="print what the gate makes of FILE, and why")
        group.add_argument("--from-warc", action="store_true", help="rebuild all documents of OUTPUT_DIR")

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        if opts.from_warc:
            _check_no_file(args, opts)
            return self._rebuilt()
        return self._documents(args, opts)

    def _documents(self, files: list[str], opts: argparse.Namespace) -> str:
        if not files or not opts.url or not re.fullmatch(r"[0-9]{14}", opts.timestamp or ""):
            raise UsageError(
                f"needs FILE, --url and --timestamp (14 digits), or --from-warc; see {command_line('convert')} -h"
            )
        _check_facts(opts.url, opts.timestamp)
        domain = unlisted_company(opts.domain or urlsplit(opts.url).hostname or "").domain
        texts = []
        for file in files:
            try:
                html = Path(file).read_bytes()
            except OSError as error:
                raise UsageError(f"{file}: {error.strerror}") from error
            facts = {"url": opts.url, "timestamp": opts.timestamp, "content_type": opts.content_type}
            document = convert_html(html, domain=domain, kind=opts.kind, **facts)
            why = opts.explain and explanation(document.title or "", document.body, document.sought)
            texts.append(f"{file}: {why}" if why else document.text)
        return "".join(texts).removesuffix("\n")

    def _rebuilt(self) -> str:
        store, languages = self._checked()
        try:
            return asyncio.run(_cancelled_by_sigterm(self._rebuild(store, languages)))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None

    def _checked(self) -> tuple[OutputStore, Mapping[str, Sequence[str]]]:
        """Check the settings; return the folder's files, not yet opened, and the languages wanted by listed domain.

        No event loop runs meanwhile: it would hold Ctrl-C back as long as a server does not answer.
        """
        check_pool(self.given)
        if not is_there(self.output):
            raise UsageError(f"{self.output}: no such folder; name that of an earlier crawl as OUTPUT_DIR")
        languages = wanted_languages(load_companies(self.given["COMPANIES_FILE"]), self.given)
        reachable_pool(self.given)
        store = OutputStore(
            writable_output(self.given),
            self.catalog_url,
            software=f"wayback-policies {__version__}",
            topics=self.topics,
            takedown=self.takedown,
            address=self.given["PUBLIC_URL"],
        )
        return store, languages

    async def _rebuild(self, store: OutputStore, languages: Mapping[str, Sequence[str]]) -> str:
        task = asyncio.current_task()
        folder = OutputFolder(store, is_interrupted=lambda: bool(task and task.cancelling())).open(alone=True)
        reconverter = Reconverter(folder, self.given, pool_from_settings(self.given))
        try:
            domains = await folder.listed_domains()
            calls = [partial(self._rebuild_domain, reconverter, domain, languages[domain]) for domain in domains]
            async with in_order(calls, reconverter.domains_at_once) as results:
                done = [each async for each in results]
            forgotten = await reconverter.forget_unreadable()
            store.takedown = takedown_at_end(self.given, store.takedown, self.warn)
            versions = sum((await folder.write_versions()).values())
        finally:
            await reconverter.close()
            await folder.close()
        return _summary(done, forgotten, versions, self.output)

    async def _rebuild_domain(self, reconverter: Reconverter, domain: str, languages: Collection[str]) -> Rebuilt:
        """Rebuild a domain. Name each loss; the exit status is then 3."""
        done = await reconverter.rebuild(domain, languages)
        repaired = await restore_texts(reconverter, domain, languages)
        losses = done.losses
        losses += [f"{path} is missing or changed: {reason}" for path, reason in repaired.lost.items()]
        losses += [f"{path}: {TEXT_GONE}; a crawl asks for it again" for path in repaired.gone]
        for loss in losses:
            sys.stderr.write(f"{command_line('convert')}: {loss}\n")
        if losses:
            self.exitcode = ExitStatus.OPEN_LOSSES
        return done


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, str]) -> str:
    """Do the work of the main task. SIGTERM cancels it, as asyncio has it with SIGINT."""
    task = asyncio.current_task()
    assert task  # noqa: S101 - this is a coroutine
    with suppress(NotImplementedError):  # on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def _summary(done: Collection[Rebuilt], forgotten: int, versions: int, output: Location) -> str:
    """Return the numbers of a rebuild in one line. A memento of two listed domains is converted for each of them."""
    unread = [lost.key for each in done for lost in (*each.unread, *each.cut)]
    mementos = sum(each.mementos for each in done)
    of = f"{quantity(mementos, 'memento')} of {quantity(len(done), 'domain')}"
    parts = [f"converted {mementos - len(unread):,} of {of}"]
    if unread:
        records = quantity(len(set(unread)), "memento")
        twice = f" ({records}: domains share some)" if len(set(unread)) < len(unread) else ""
        parts.append(f"{len(unread):,} could not be read or converted{twice}")
    parts.append(quantity(versions, "version"))
    if rejected := sum(each.rejected for each in done):
        parts.append(f"{quantity(rejected, 'rejected text')} in {output / 'rejected'}")
    if forgotten:
        parts.append(f"{quantity(forgotten, 'more memento')} forgotten that can't be read: no capture was read from it")
    return "; ".join(parts)


def _check_no_file(args: list[str], opts: argparse.Namespace) -> None:
    """Raise UsageError for what a rebuild would not look at: a FILE, and each option that is for one."""
    unused = [
        f"--{name.replace('_', '-')}" for name, default in _OF_FILE.items() if getattr(opts, name, default) != default
    ]
    if args or unused:
        raise UsageError(f"--from-warc takes no {'FILE' if args else unused[0]}: it works on OUTPUT_DIR")


def _check_facts(url: str, timestamp: str) -> None:
    """Raise UsageError for an address or a moment that no capture can have."""
    try:
        read_timestamp_prefix(timestamp)
    except ValueError as error:
        raise UsageError(f"--timestamp {timestamp}: {error}") from None
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    if not host:
        raise UsageError(f"--url {url!r:.200}: no whole address; write one such as https://example.com/privacy")
