"""The programs of benchmarks/ and tools/: each is imported, and says how it is called. Nothing else runs them in CI."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FILES = [file for folder in ("benchmarks", "tools") for file in sorted((ROOT / folder).glob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_program_is_imported_and_prints_help(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")  # as in `python tools/NAME.py`
    module = import_module(file.stem if file.parent.name == "tools" else f"benchmarks.{file.stem}")
    if not hasattr(module, "main"):
        return  # a part of other programs
    monkeypatch.setattr(sys, "argv", [file.name, "--help"])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: {file.name}")
    assert module.__doc__.split()[:3] == said.partition("\n\n")[2].split()[:3]
