"""`scrapy search`: the sentences of all versions that have some words."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from crawler.command import AnsweringCommand
from crawler.console.program import command_line
from crawler.console.recorded_domain import domains_named, read_date
from crawler.options.argument_values import first_moment
from pipelines.digest.excerpts import shortened
from pipelines.digest.text_search import search
from pipelines.errors import UsageError
from pipelines.quantity import quantity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pipelines.digest.text_search import Hit

SENTENCES: Final = 3
"""Sentences of a version that are shown."""


class Command(AnsweringCommand):
    """Prints the hits. DONE, also if there are none; BAD_USAGE for a pattern that can't be read or an unknown company."""

    _withheld = 0

    def syntax(self) -> str:
        return "[options] WORDS [WORDS ...]"

    def short_desc(self) -> str:
        return "Search the texts of all versions for sentences with some words"

    def long_desc(self) -> str:
        return (
            "Show the versions with a sentence that has all WORDS, and these sentences. Each WORDS is a pattern as in a "
            "file of topics, in quotes if it is several words: 'word*' for a beginning, 'a|b' for one of two, '...' for "
            "up to six words between. A hit is marked new if the version before has none. Only reads OUTPUT_DIR. Exit "
            "status: 0 also if nothing is found, 1 if the output can't be read, 2 bad arguments."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Search")
        group.add_argument("--company", metavar="NAME", help="only texts of this company or listed domain")
        group.add_argument("--since", metavar="DATE", help="only versions first seen since a date, as 2018-05 (UTC)")
        group.add_argument("--new", action="store_true", help="only versions whose page had no such sentence before")
        group.add_argument("--limit", metavar="N", default="50", help="most versions shown (default: 50)")

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        if not args:
            raise UsageError(f"needs WORDS; see {command_line('search')} -h")
        if not (opts.limit.isascii() and opts.limit.isdigit() and int(opts.limit)):
            raise UsageError(f"--limit {opts.limit!r:.80}: write a whole number, 1 or more")
        of = domains_named(self, opts.company) if opts.company else ()
        if opts.company and not of:
            return f"no version of a policy of {opts.company} is known yet"
        since = first_moment(read_date(opts.since, "--since")) if opts.since is not None else ""
        try:
            hits = self._searched(
                search(
                    self.output,
                    args,
                    of=of,
                    since=since,
                    catalog_url=self.catalog_url,
                    topics=self.topics,
                    takedown=self.takedown,
                )
            )
            found = list(islice((hit for hit in hits if hit.is_new or not opts.new), int(opts.limit) + 1))
        except ValueError as error:
            raise UsageError(str(error)) from None
        more = len(found) > int(opts.limit)
        lines = [line for hit in found[: int(opts.limit)] for line in _lines(hit)]
        lines = [*lines, *(["… and more: --limit shows them"] if more else [])] or ["nothing found"]
        if self._withheld:
            lines.append(f"{quantity(self._withheld, 'version')} not searched: the texts are withheld (TAKEDOWN_FILE)")
        return "\n".join(lines)

    def _searched(self, hits: Iterable[Hit]) -> Iterator[Hit]:
        """Yield the hits; count the versions that were not searched."""
        for hit in hits:
            if hit.version.is_withheld:
                self._withheld += 1
            else:
                yield hit


def _lines(hit: Hit) -> Iterator[str]:
    version = hit.version
    new = ", new" if hit.is_new and version.previous_id else ""
    yield f"{version.company}  {version.first_seen:%Y-%m-%d} to {version.last_seen:%Y-%m-%d}{new}  {version.path}"
    yield from (f"    {shortened(sentence)}" for sentence in hit.sentences[:SENTENCES])
    if left := len(hit.sentences) - SENTENCES:
        yield from [f"    … and {quantity(left, 'more sentence')}"] if left > 0 else []
