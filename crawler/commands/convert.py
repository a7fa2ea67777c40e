"""`scrapy convert`: the document of a saved page, or all documents of the output folder made anew."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from scrapy.commands import ScrapyCommand

from crawler import __version__
from crawler.companies import unlisted_company
from crawler.errors import ConversionError, OutputError, UsageError
from crawler.rebuild import rebuild
from pipelines.convert import convert_html
from pipelines.library import Library

if TYPE_CHECKING:
    import argparse


class Command(ScrapyCommand):
    """Exit status 0; 1 if a page can't become a document or the output can't be used; 2 for bad arguments."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, Any]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return "[options] FILE ... | --from-warc"

    def short_desc(self) -> str:
        return "Print the document of a saved page, or rebuild all documents from the WARC files"

    def long_desc(self) -> str:
        return (
            "Print the document that each FILE (the raw bytes of a page, HTML or PDF) becomes; or, with --from-warc, "
            "make every document in OUTPUT_DIR anew with the present converter from the mementos in its warc folder, "
            "without a request, and bring text files and versions.jsonl up to date."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Conversion")
        group.add_argument("--url", help="URL that was captured (needed for FILE)")
        group.add_argument("--timestamp", help="when it was captured: 14 digits, UTC (needed for FILE)")
        group.add_argument("--domain", help="domain for the document's header (default: the URL's host)")
        group.add_argument("--content-type", default="", help="the page's Content-Type header, if known")
        group.add_argument("--from-warc", action="store_true", help="rebuild all documents of OUTPUT_DIR")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            if opts.from_warc:
                self._rebuild(args)
            else:
                self._print(args, opts)
        except (UsageError, ConversionError, OutputError) as error:
            print(f"scrapy convert: {error}", file=sys.stderr)
            self.exitcode = 2 if isinstance(error, UsageError) else 1

    def _print(self, files: list[str], opts: argparse.Namespace) -> None:
        if not files or not opts.url or not re.fullmatch(r"[0-9]{14}", opts.timestamp or ""):
            raise UsageError("needs FILE, --url and --timestamp (14 digits), or --from-warc; see scrapy convert -h")
        domain = unlisted_company(opts.domain or urlsplit(opts.url).hostname or "").domain
        for file in files:
            try:
                html = Path(file).read_bytes()
            except OSError as error:
                raise UsageError(f"{file}: {error.strerror}") from error
            document = convert_html(
                html, url=opts.url, timestamp=opts.timestamp, domain=domain, content_type=opts.content_type
            )
            sys.stdout.write(document.text)

    def _rebuild(self, args: list[str]) -> None:
        if args:
            raise UsageError("--from-warc takes no FILE: it works on OUTPUT_DIR")
        print(asyncio.run(self._rebuild_all()))

    async def _rebuild_all(self) -> str:
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it calls run
        root = Path(self.settings["OUTPUT_DIR"]).resolve()  # noqa: ASYNC240 - nothing else runs yet
        library = Library(root, self.settings["CATALOG_URL"], software=f"wayback-policies {__version__}").open()
        try:
            domains = await library.run(library.catalog.listed_domains)
            count = sum([await rebuild(library, domain, self.settings) for domain in domains])
            versions = sum((await library.run(library.write_versions)).values())
        finally:
            await library.close()
        return f"{count} mementos of {len(domains)} domains converted; {versions} versions"
