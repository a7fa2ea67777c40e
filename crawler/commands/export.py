"""`scrapy export`: writes the versions for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.console.program import command_line
from pipelines.errors import UsageError
from pipelines.export.corpus import Form, export_corpus
from pipelines.export.package import export_tables
from pipelines.export.tables import PAIRS, VERSIONS, VERSIONS_WITH_TEXT
from pipelines.export.writers import FORMATS
from pipelines.quantity import quantity

if TYPE_CHECKING:
    import argparse


class Command(AnsweringCommand):
    """Prints the files written. FAILED if the output can't be read or the export not written."""

    def syntax(self) -> str:
        return f"[options] --format {'|'.join(FORMATS)} | --corpus-layout FOLDER"

    def short_desc(self) -> str:
        return "Write the versions for other tools: as tables, or as a git repository like the corpus'"

    def long_desc(self) -> str:
        return (
            "Write the versions in OUTPUT_DIR as a table with a description of each column (datapackage.json for "
            "Frictionless, croissant.json) and a note on whose texts they are; or, with --corpus-layout, as a git "
            "repository laid out as the Princeton-Leuven corpus is. A run may be going on. "
            "Exit status: 0 done, 1 the output can't be read or the export not written, 2 bad arguments."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Export")
        group.add_argument("--format", choices=FORMATS, help="one file format for the tables; parquet needs pyarrow")
        group.add_argument("--with-text", action="store_true", help="put each version's text into its row")
        group.add_argument("--pairs", action="store_true", help="add a table of consecutive versions and their sizes")
        group.add_argument("-o", "--output", metavar="FOLDER", help="where to (default: export/FORMAT in OUTPUT_DIR)")
        group.add_argument("--corpus-layout", metavar="FOLDER", help="git repository to write, one commit per version")
        group.add_argument("--original-links", action="store_true", help="in it, links as the page had them")
        group.add_argument("--without-header", action="store_true", help="in it, no line with date and snapshot")

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        _check(args, opts)
        return self._corpus(self._repository(opts.corpus_layout), opts) if opts.corpus_layout else self._tables(opts)

    def _tables(self, opts: argparse.Namespace) -> str:
        folder = self.named(opts.output) if opts.output else self.output / "export" / opts.format
        tables = (VERSIONS_WITH_TEXT if opts.with_text else VERSIONS, *((PAIRS,) if opts.pairs else ()))
        files = export_tables(
            self.output,
            folder,
            tables,
            opts.format,
            catalog_url=self.catalog_url,
            topics=self.topics,
            takedown=self.takedown,
        )
        lines = [f"{folder / file.name}: {file.rows} {file.table.name}" for file in files]
        return "\n".join(filter(None, [*lines, self.takedown.told(files[0].withheld)]))

    def _repository(self, given: str) -> Path:
        folder = self.named(given)
        if not isinstance(folder, Path):
            raise UsageError(f"--corpus-layout {given}: git works in a local folder; name one")
        return folder

    def _corpus(self, folder: Path, opts: argparse.Namespace) -> str:
        form = Form(original_links=opts.original_links, header=not opts.without_header)
        takedown = self.takedown
        count, withheld = export_corpus(self.output, folder, catalog_url=self.catalog_url, form=form, takedown=takedown)
        return "\n".join(
            filter(None, [f"{folder}: {quantity(count, 'version')}, one commit each", takedown.told(withheld)])
        )


def _check(args: list[str], opts: argparse.Namespace) -> None:
    if args:
        raise UsageError(f"takes no argument {args[0]!r:.80}; see {command_line('export')} -h")
    if opts.format and opts.corpus_layout:
        raise UsageError("takes --format or --corpus-layout, not both")
    if not opts.format and not opts.corpus_layout:
        raise UsageError(f"needs --format {'|'.join(FORMATS)}, or --corpus-layout FOLDER")
    if opts.corpus_layout and (opts.with_text or opts.pairs or opts.output):
        raise UsageError("--corpus-layout takes no option of tables: it always has the texts, and names its folder")
    if opts.format and (opts.original_links or opts.without_header):
        raise UsageError("--original-links and --without-header are for --corpus-layout: its texts, not tables")
