"""`scrapy changes`: what is new, company by company, with the differences themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.options.argument_values import first_moment, read_moment, read_timestamp_prefix
from crawler.options.spelling import nearest
from pipelines.digest.formats import FORMATS
from pipelines.digest.news import CLASSES, DEFAULT, Wanted, read_digest
from pipelines.errors import UsageError
from pipelines.output.run_file import read_run_file

if TYPE_CHECKING:
    import argparse

    from pipelines.topics.topics_file import Topics

ALL = "all"


class Command(AnsweringCommand):
    """Prints the changes. DONE, also if nothing is new; FAILED without a readable catalog."""

    def syntax(self) -> str:
        return "[--since RUN|DATE] [--only CLASS] [--topic NAME] [--format text|markdown|html]"

    def short_desc(self) -> str:
        return "Show what is new, company by company: the sentences added and removed, with links"

    def long_desc(self) -> str:
        return (
            "Show the versions that are new, company by company: when the text changed and how much, the sentences that "
            "were added and removed (shortened), the topics that they touch, and links to the report's comparison and to "
            "both snapshots. Changes that say nothing new (dates, punctuation, links, markup, moved sentences) are "
            "counted, not shown, unless they are asked for. Only reads OUTPUT_DIR: a run may be going on. Exit status: 0 "
            "also if nothing is new, 1 if there is nothing to read, 2 bad arguments."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Changes")
        group.add_argument(
            "--since", metavar="RUN|DATE", default="1", help="what is new in the last N runs (default: 1), or since a date "
            "or the moment of a run, as 2026-11-01 or 2026-11-01T06:00 (UTC); all: whenever it was recorded",
        )  # fmt: skip
        group.add_argument(
            "--only", metavar="CLASS", default="", help=f"only changes of these classes ("
            f"{', '.join(CLASSES)}), with commas between, or {ALL} (default: {', '.join(sorted(DEFAULT))})",
        )  # fmt: skip
        group.add_argument("--topic", metavar="NAME", default="", help="only changes that touch this topic")
        group.add_argument("--format", choices=FORMATS, default="text", help="default: text")

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        self.check_no_arguments(args)
        topics = self.topics
        wanted = Wanted(_classes(opts.only), _topic(opts.topic, topics))
        since = _since(opts.since)
        digest = read_digest(
            self.output,
            since=since,
            wanted=wanted,
            catalog_url=self.catalog_url,
            topics=topics,
            takedown=self.takedown,
            address=self.given["PUBLIC_URL"],
        )
        if (run := read_run_file(self.output)).has_failed:
            self.warn(
                f"the last run ({run.finished}) failed, so that something new may be missing; see `scrapy status`"
            )
        return FORMATS[opts.format](digest)


def _since(value: str) -> str | int:
    """Return a number of runs, or a moment as the catalog writes it; empty for all."""
    if value == ALL:
        return ""
    if re.fullmatch(r"[1-9]\d{0,2}", value, re.ASCII):
        return int(value)
    try:
        digits = read_timestamp_prefix(value)
    except ValueError:
        return read_moment(value)
    if not digits:
        raise UsageError("--since: empty; write a number of runs, a date as 2026-11-01, or all")
    return read_moment(first_moment(digits))


def _classes(value: str) -> frozenset[str]:
    if not value:
        return DEFAULT
    names = frozenset(name.strip() for name in value.split(","))
    if ALL in names:
        return frozenset(CLASSES)
    if unknown := sorted(names - set(CLASSES)):
        near = nearest(unknown[0], CLASSES)
        hint = f"did you mean {near}?" if near else f"use {', '.join(CLASSES)} or {ALL}"
        raise UsageError(f"--only {unknown[0]!r:.80}: no class of changes; {hint}")
    return names


def _topic(name: str, topics: Topics) -> str:
    if name and name not in topics.all_names:
        near = nearest(name, topics.all_names)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(topics.all_names)}"
        raise UsageError(f"--topic {name!r:.80}: no topic; {hint}")
    return name
