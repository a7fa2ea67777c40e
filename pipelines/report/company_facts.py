"""What the last run's run.json adds to the catalog: when it ended, where it read, which listings it lost. Absent is fine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LISTING = "listing: "
"""How run.json begins the cause of a lost listing; those of captures stand in the catalog."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """`lost` and `notes` are by company: causes of lost listings, and what the run noted, each with how often."""

    finished: str = ""
    archive: str = ""
    lost: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def read_last_run(root: Path) -> LastRun:
    """Read `root`/run.json; an absent or unreadable one says nothing, as the report can do without."""
    try:
        data = json.loads((root / "run.json").read_text(encoding="utf-8"))
        companies = {company["name"]: company for company in data["companies"]}
        lost = {
            name: {cause: int(count) for cause, count in company["losses"].items() if cause.startswith(_LISTING)}
            for name, company in companies.items()
        }
        notes = {
            name: {note: int(count) for note, count in company["notes"].items()} for name, company in companies.items()
        }
        archive = redacted(str(data["archive"]))  # an earlier release wrote it with user name and password
        return LastRun(str(data["finished"] or ""), archive, lost, notes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return LastRun()
