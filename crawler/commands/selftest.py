"""`scrapy selftest`: whether an archive does what a crawl relies on, asked of the archive itself."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy.utils.conf import arglist_to_dict

from crawler.archives.archive_spec import scheme_of
from crawler.archives.base import Match, Query
from crawler.archives.opening import open_archive
from crawler.archives.proxies import check_proxy
from crawler.command import PoliciesCommand
from crawler.companies import DEFAULT_FILE
from crawler.console.logs import configure_loggers
from crawler.console.program import command_line
from crawler.options.own_settings import check_rate_limit
from crawler.options.spelling import nearest
from crawler.run import Run
from crawler.selftest.evidence import Evidence
from crawler.selftest.exchange_file import NAME, ExchangeFile, read_exchanges
from crawler.selftest.outcome import Outcome
from crawler.selftest.selftest_questions import MAX_REQUESTS, PAGE
from crawler.selftest.spider import SelftestSpider
from pipelines.errors import PoliciesError, UsageError
from pipelines.redaction import redacted
from pipelines.untrusted import printable, url_problem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from crawler.archives.base import Archive

_ARGUMENTS: Final = {"archive": "wayback", "url": PAGE}
"""The arguments that `-a` takes, with their defaults."""
_MOST: Final = {"CDX_CALLS_PER_MINUTE": 24, "PLAYBACK_CALLS_PER_SECOND": 8}
"""The polite budgets, which hold for the Wayback Machine whatever the settings say."""


class Command(PoliciesCommand):
    """Prints a table of facts. OPEN_LOSSES if one differs, FAILED if the archive can't be asked or answers nothing."""

    def syntax(self) -> str:
        return "[-a archive=wayback] [-a url=URL] [--folder DIR] | --replay FILE"

    def short_desc(self) -> str:
        return "Ask an archive whether it does what a crawl relies on; keep the exchanges for a report"

    def long_desc(self) -> str:
        return (
            f"Ask an archive at most {MAX_REQUESTS} questions, at the pace of a crawl, and print for each fact that a crawl "
            f"relies on whether it held, differs, or was not seen, and what that means. The exchanges are kept in {NAME}, "
            "to attach to a report; --replay judges such a file again, without a request. Exit status: 0 nothing differs, "
            "1 the archive can't be asked or answers nothing, 2 bad arguments, 3 something differs."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Self-test")
        group.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE",
            help=f"archive= wayback (default), http://host:port or pywb+http://host:port/collection; url= the old page that "
            f"the questions are about ({PAGE} without it)",
        )  # fmt: skip
        group.add_argument("--folder", metavar="DIR", help=f"where {NAME} is written (selftest-<date> without it)")
        group.add_argument("--replay", metavar="FILE", help=f"judge the exchanges of an {NAME} again")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments before the crawler process is made: it installs the reactor and logs its start."""
        super().process_options(args, opts)
        try:
            self._check(args, opts)
        except UsageError as error:
            sys.exit(self.fail(error))
        self.requires_crawler_process = not opts.replay

    def _check(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError(f"takes no argument {redacted(args[0], args[0])!r:.80}; see {command_line(self.name)} -h")
        for name in ("replay", "folder"):
            if getattr(opts, name) == "":
                raise UsageError(f"--{name}: no name; see {command_line(self.name)} -h")
        if opts.replay and (opts.spargs or opts.folder):
            raise UsageError("--replay takes neither -a nor --folder: the file names the archive and the page")
        opts.spargs = _arguments(opts.spargs)
        if not opts.replay:
            self._prepare(opts.spargs)

    def _prepare(self, given: Mapping[str, str]) -> None:
        """Check the archive and the page, and bound the pace. Raises UsageError."""
        configure_loggers()
        archive = _server(given["archive"])
        check_proxy(self.given, archive.listing_request(Query("http://any.example/", Match.EXACT)).url)
        _check_page(given["url"])
        if given["archive"] == "wayback":
            for name, most in _MOST.items():
                self.given.set(name, min(self.given.getfloat(name) or most, most), "cmdline")
        self.given.setdict(_UNUSED, "cmdline")
        check_rate_limit(self.given)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - Scrapy's signature
        try:
            self._show(Path(opts.replay), is_replay=True) if opts.replay else self._ask(opts)
        except PoliciesError as error:
            self.fail(error)

    def _ask(self, opts: argparse.Namespace) -> None:
        """Ask the archive, and judge its answers. A file without an answer is not kept. Raises PoliciesError."""
        archive = _server(opts.spargs["archive"]).name
        file = ExchangeFile(_folder(opts.folder) / NAME, archive=archive, page=opts.spargs["url"])
        try:
            self._run_spider(opts.spargs["archive"], opts.spargs["url"], file)
            self._show(file.path, is_replay=False)
        finally:
            if not file.answers:
                file.discard()

    def _run_spider(self, archive: str, page: str, file: ExchangeFile) -> None:
        """Run the spider. Raises PoliciesError."""
        assert self.crawler_process is not None  # noqa: S101 - Scrapy sets it before it calls this
        with TemporaryDirectory(prefix="selftest-") as output, file:
            self.given.set("OUTPUT_DIR", output, "cmdline")
            crawler = self.crawler_process.create_crawler(SelftestSpider)
            self.crawler_process.crawl(crawler, archive=archive, page=page, file=file)
            self.crawler_process.start()
            if crawler.spider is None:
                raise PoliciesError("the self-test could not begin; the log says why")
            if error := Run.of(crawler).stats.error:
                raise PoliciesError(error)

    def _show(self, path: Path, *, is_replay: bool) -> None:
        """Print the table of a file of exchanges, and set the exit status. Raises PoliciesError."""
        recorded = read_exchanges(path)
        try:
            known = Evidence(_server(recorded.archive), recorded.page)
        except UsageError:
            raise UsageError(f"{path}: it names no archive that can be judged") from None
        for exchange in recorded.exchanges:
            known.add(exchange)
        outcome = Outcome.of(known)
        if recorded.damage:
            sys.stderr.write(f"{command_line(self.name)}: {printable(f'{path}: {recorded.damage}')}\n")
        lines = [str(outcome)] if outcome.verdicts else []
        if not is_replay and any(each.received for each in recorded.exchanges):
            lines.append(f"exchanges: {path} (attach it to a report)")
        for line in lines:
            sys.stdout.write(f"{printable(line, terminal=sys.stdout.isatty())}\n")
        self.exitcode = outcome.status
        if not outcome.is_answered:
            raise PoliciesError(f"{known.archive.name} can't be asked: {outcome.trouble}")
        if outcome.trouble:
            sys.stderr.write(f"{command_line(self.name)}: {printable(f'no more questions after {outcome.trouble}')}\n")


_UNUSED: Final = {"CATALOG_URL": "", "CONVERSION_POOL": "local", "COMPANIES_FILE": DEFAULT_FILE}
"""Settings of a crawl that a self-test does without: what they name need not be there."""


def _arguments(given: list[str]) -> dict[str, str]:
    """Return the arguments of `-a` with defaults. Raises UsageError."""
    try:
        named: dict[str, str] = arglist_to_dict(given)
    except ValueError:
        raise UsageError("write -a NAME=VALUE") from None
    if len(named) < len(given):
        raise UsageError("-a NAME=VALUE: a name is given twice; give it once")
    for name, value in named.items():
        if name not in _ARGUMENTS:
            near = nearest(name, _ARGUMENTS)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(_ARGUMENTS)}"
            raise UsageError(f"-a {name:.80}=: no such argument; {hint}")
        if not value.strip():
            raise UsageError(f"-a {name}=: no value; leave it out for {_ARGUMENTS[name]}")
    return {**_ARGUMENTS, **named}


def _server(spec: str) -> Archive:
    """Return the archive that is asked over HTTP. Raises UsageError for archives in files, which have no facts to ask."""
    try:
        is_server = spec == "wayback" or bool(scheme_of(spec))
    except ValueError as error:
        raise UsageError(redacted(f"-a archive={spec:.200}: {error}", spec)) from None
    if not is_server:
        remedy = "name a server: wayback, http://host:port or pywb+http://host:port/collection"
        said = f"-a archive={spec:.200}: {remedy}; an {NAME} is judged by --replay FILE"
        raise UsageError(redacted(said, spec))
    return open_archive(spec, index_dir=Path())


def _check_page(url: str) -> None:
    """Raise UsageError for an address that no capture can have, or that has a password, which would be sent and kept."""
    problem = url_problem(url)
    if not problem and "@" in urlsplit(url).netloc:
        problem = "leave out user name and password"
    if problem:
        raise UsageError(redacted(f"-a url={url:.200}: {problem}; write an address such as {PAGE}", url))


def _folder(given: str | None) -> Path:
    """Return the folder for the exchanges: the one given, or one of today's that there is not."""
    if given:
        return Path(given)
    name = f"selftest-{datetime.now(UTC):%Y-%m-%d}"
    names = (f"{name}-{number}" if number > 1 else name for number in count(1))
    return next(path for path in map(Path, names) if not path.exists())
