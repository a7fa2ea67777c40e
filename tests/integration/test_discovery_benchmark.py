"""The discovery benchmark measures what two crawls of its archive find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.discovery import measure, show
from tests.support.commands import ROOT
from tests.unit.benchmarks.test_discovery_archive import company

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_measure_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = measure([company(is_static=True)], ROOT, tmp_path)
    assert (first.status, first.companies, first.texts) == (0, (1, 1), (3, 3))
    assert first.half_years[0] > 0.9 * first.half_years[1]
    assert 1 <= sum(first.index) == sum(first.calls_by_phase.values()) < 20
    assert first.found_by_phase.total() == 1
    assert first.playback["policies"] > 3
    assert sum(second.index) < sum(first.index)
    show(first)
    printed = capsys.readouterr().out
    assert "companies   1 of 1 (100.0%)" in printed
