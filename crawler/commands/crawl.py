"""`scrapy crawl`: Scrapy's own, with arguments checked before the reactor starts, and an exit status that says more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.commands import crawl

from crawler.arguments import read_arguments
from crawler.logs import be_quiet
from crawler.run import Run
from crawler.run_stats import BAD_USAGE, FAILED
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse


class Command(crawl.Command):
    """Exit status: 0 all final, 1 the program failed, 2 bad arguments or configuration, 3 done with open losses."""

    def long_desc(self) -> str:
        return (
            "Run the spider: scrapy crawl policies. Arguments (-a NAME=VALUE): companies=a.com,b.com (listed ones), "
            "domain= (one that is not listed), archive=wayback|sample|http://host:port|pywb+http://host:port/collection|"
            "path to WARC files, since= and until= (CDX timestamp prefixes), versions=changes|all|half-yearly|monthly|"
            "yearly, shard=i/n, plan=1 (list only). Exit status: 0 all is final, 1 the program failed, 2 bad arguments "
            "or configuration, 3 done with open losses."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments here, before the crawler process is made: it installs the reactor and logs its start."""
        super().process_options(args, opts)
        be_quiet()
        if args != ["policies"]:
            return
        assert self.settings is not None  # noqa: S101 - Scrapy sets it before it calls this
        try:
            read_arguments(opts.spargs, self.settings)
        except UsageError as error:
            sys.stderr.write(f"scrapy crawl: {error}\n")
            sys.exit(BAD_USAGE)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["policies"]:
            return super().run(args, opts)
        assert self.crawler_process is not None  # noqa: S101 - Scrapy sets it before it calls this
        crawler = self._create_crawler("policies")
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        failed = crawler.spider is None or self.crawler_process.bootstrap_failed
        self.exitcode = FAILED if failed else Run.of(crawler).stats.exit_status
        return None
