"""`scrapy evidence`: a folder that shows what a version of a policy said, and where that is known from."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any, Final

from crawler import __version__
from crawler.archives.urlkey import urlkey_of
from crawler.command import AnsweringCommand
from crawler.console.program import command_line
from crawler.console.recorded_domain import add_kind, chosen, read_date, versions_named
from crawler.run_stats import ExitStatus
from pipelines.catalog.read_only import reading
from pipelines.convert import CONVERTER_VERSION
from pipelines.digest.domain_versions import as_of, is_seen
from pipelines.errors import OutputError, UsageError
from pipelines.evidence.evidence_folder import MANIFEST, Maker, evidence_files, folder_name, write_evidence
from pipelines.evidence.subject import read_subject
from pipelines.measures import measured_by
from pipelines.output.row_values import sha256_of
from pipelines.output.storage import open_storage
from pipelines.report.history import predecessor
from pipelines.untrusted import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipelines.digest.domain_versions import Numbered
    from pipelines.evidence.subject import Subject

_SETTINGS: Final = ("CONVERSION_MEMORY", "CONVERSION_SECONDS", "DOWNLOAD_MAXSIZE", "LANGUAGES")
"""Settings that decide what becomes a text. None has a secret, an address or a path in it."""
_PACKAGES: Final = ("Scrapy", "lxml", "warcio")


class Command(AnsweringCommand):
    """Prints the folder. OPEN_LOSSES if a text or a record could not be had; the rest is written."""

    def syntax(self) -> str:
        return "[options] DOMAIN [--version N | --at DATE]"

    def short_desc(self) -> str:
        return "Write a folder that shows what a version said and where it is from, to hand over"

    def long_desc(self) -> str:
        return (
            "Write, for a version of DOMAIN (a listed domain, or a company's name) and the one before: their texts, the raw "
            "bodies and WARC records they were made of, a comparison to print, all of it as a WACZ file, a manifest with "
            "the SHA-256 of each file, and a note on what that shows and what it does not. Without an option it is the "
            "newest version. A folder that is there is never overwritten: the same content stays, other content is an "
            "error. Exit status: 0 also if there is nothing to show, 1 the output can't be read or the folder not "
            "written, 2 bad arguments or unknown domain, 3 a text or a record could not be had: the rest is written."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        group = parser.add_argument_group(title="Evidence")
        group.add_argument("--version", metavar="N", help="its number in time order from 1, or from the end (-1)")
        group.add_argument(
            "--at", metavar="DATE", help="as 2015, 201506, 2015-06-30 or 2015-06-30T12:00 (UTC), inclusive"
        )
        add_kind(group)
        group.add_argument(
            "-o", "--output", metavar="FOLDER", help="where to (default: evidence/DOMAIN/... in OUTPUT_DIR)"
        )

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        domain = self.one_domain(args)
        if opts.version is not None and opts.at is not None:
            raise UsageError(f"takes --version or --at, not both; see {command_line('evidence')} -h")
        at = "" if opts.at is None else read_date(opts.at, "--at")
        found = versions_named(self, domain, opts.kind)
        if not found:
            return f"no version of a policy of {domain} is known yet"
        after = as_of(found, at) if opts.version is None else chosen(found, opts.version)
        if after is None:
            return f"no version was seen by {opts.at or opts.version}; the first is {found[0]}"
        if after.version.is_withheld:
            return f"withheld on request (TAKEDOWN_FILE), so there is no evidence of it: {after}"
        if at and not is_seen(after, at):
            until = f"{after.version.last_seen:%Y-%m-%d}"
            self._say(f"{until} is the last capture with this text; by {opts.at} it may have changed")
        return self._write(found, after, opts.output)

    def _write(self, found: Sequence[Numbered], after: Numbered, where: str | None) -> str:
        before = self._before(found, after)
        if before and before.version.is_withheld:
            self._say(f"withheld on request (TAKEDOWN_FILE), so it is left out: {before}")
        with reading(self.output, self.catalog_url) as connection:
            subject = read_subject(connection, self.output, before, after)
        maker = Maker(f"wayback-policies {__version__}", self._facts(), self.topics, urlkey_of)
        files = evidence_files(subject, maker)
        root, prefix = (self.named(where), "") if where else (self.output, f"{folder_name(after.version)}/")
        storage = open_storage(root)
        try:
            is_new = write_evidence(storage, prefix, files)
        except OSError as error:
            reason = f"can't write: {error.strerror or error}; name another folder with -o"
            raise OutputError(f"{storage.location(prefix)}: {reason}") from error
        for loss in subject.losses:
            self._say(loss)
        if subject.losses:
            self.exitcode = ExitStatus.OPEN_LOSSES
        return _summary(subject, storage.location(prefix).rstrip("/"), files, is_new=is_new)

    def _before(self, found: Sequence[Numbered], after: Numbered) -> Numbered | None:
        """Return the version that the report, too, compares a version with."""
        place = predecessor([each.version for each in found[: after.number - 1]], after.version)
        return found[place - 1] if place else None

    def _facts(self) -> dict[str, Any]:
        """Return the program and its settings as they are now."""
        return {
            "program": f"wayback-policies {__version__}",
            "converter_version": CONVERTER_VERSION,
            "measured_by": measured_by(self.topics),
            "python": platform.python_version(),
            "packages": {name: installed(name) for name in _PACKAGES},
            "settings": {name: self.given.get(name) for name in _SETTINGS},
        }

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{command_line('evidence')}: {printable(text)}\n")


def _summary(subject: Subject, where: str, files: dict[str, bytes], *, is_new: bool) -> str:
    against = f", against version {subject.before.numbered.number}" if subject.before else ""
    lines = [
        f"{where}: {'written' if is_new else 'is there already, with the same content'}",
        f"{subject.after.numbered}{against}",
        f"{len(files)} files; SHA-256 of {MANIFEST}, to be noted where nobody can change it:",
        sha256_of(files[MANIFEST]),
    ]
    if subject.losses:
        lines.append(f"not complete: {len(subject.losses)} could not be had, as NOTE.txt says")
    return "\n".join(lines)
