"""Runs that pytest's processes share: the first process that needs one makes it, and all only read it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tests.support.commands import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def session_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of the session, which pytest's processes share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def shared_run(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], tuple[Run, Any]]) -> tuple[Run, Any]:
    """Return the run that `make` makes in a folder, and its second result, which has to be JSON.

    The folder is the session's: the first process makes the run and the others wait for it. No test changes it.
    """
    folder = session_folder(factory) / f"shared-{name}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "made.json").exists():
            folder.mkdir(exist_ok=True)
            run, more = make(folder / "output")
            (folder / "made.json").write_text(json.dumps([{**asdict(run), "output": str(run.output)}, more]))
    run, more = json.loads((folder / "made.json").read_text())
    return Run(**{**run, "output": Path(run["output"])}), more
