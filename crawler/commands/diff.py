"""`scrapy diff`: the lines that differ between two versions of a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.command import AnsweringCommand
from crawler.console.program import command_line
from crawler.console.recorded_domain import add_kind, chosen, versions_named
from pipelines.digest.domain_versions import difference
from pipelines.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pipelines.digest.domain_versions import Numbered

_ARGUMENTS = (1, 3)


class Command(AnsweringCommand):
    """Prints the difference. DONE, also if there is none to show; BAD_USAGE for an unknown domain or version."""

    def syntax(self) -> str:
        return "[options] DOMAIN [A B]"

    def short_desc(self) -> str:
        return "Show what differs between two versions of a domain's policy, line by line and word by word"

    def long_desc(self) -> str:
        return (
            "Show what leads from version A to version B of DOMAIN (a listed domain, or a company's name). A and B are "
            "numbers in time order from 1 (-1 is the last) or dates, for the version that was there at "
            "that time; without them it is the latest change. Lines begin with - (removed), + (added) or ~ (changed, with "
            "[-words removed-]{+words added+}), < (moved away) or > (moved here). Only reads OUTPUT_DIR. Exit status: 0 "
            "also if there is nothing to show, 1 if the output can't be read, 2 bad arguments or unknown domain."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_kind(parser.add_argument_group(title="Versions"))

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:
        if len(args) not in _ARGUMENTS:
            raise UsageError(f"needs DOMAIN, or DOMAIN A B; see {command_line('diff')} -h")
        found = versions_named(self, args[0], opts.kind)
        if not found:
            return self._nothing(f"no version of a policy of {args[0]} is known yet")
        if len(args) == 1:
            latest = _latest(found)
            if latest is None:
                return self._nothing(f"no page of {args[0]} has two versions: {found[-1]}")
            return self._shown(*latest)
        old, new = (chosen(found, value) for value in args[1:])
        if old is None or new is None:
            early = args[1] if old is None else args[2]
            return self._nothing(f"no version of {args[0]} was seen by {early}; the first is {found[0]}")
        return self._shown(old, new)

    def _shown(self, old: Numbered, new: Numbered) -> str:
        """Return the difference, or which of the two is withheld."""
        withheld = next((each for each in (old, new) if each.version.is_withheld), None)
        if withheld:
            return self._nothing(f"withheld on request (TAKEDOWN_FILE): {withheld}")
        return difference(old, new, self.topics)

    def _nothing(self, why: str) -> str:
        """Say on standard error why there is no difference; return none."""
        self.warn(why)
        return ""


def _latest(found: Sequence[Numbered]) -> tuple[Numbered, Numbered] | None:
    """Return the latest version that has one before it, after that one; None if no page has two."""
    by_id = {each.version.id: each for each in found}
    for each in reversed(found):
        before = by_id.get(each.version.previous_id or "")
        if before:
            return before, each
    return None
