"""The command ON_CHANGES: its end is named, its output logged, its time bounded, and nothing of a stranger's in its words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crawler.extensions import on_changes
from crawler.extensions.on_changes import run_command


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        ("cat", ""),
        ("true", ""),
        ("exit 3", "exit status 3"),
        ("no-such-command-at-all", "exit status 127"),
        ("kill -9 $$", "ended by signal 9 (Killed)"),
        ("false | true", ""),
    ],
)
def test_run_command_names_its_end(command: str, cause: str) -> None:
    assert run_command(command, "digest" * 100_000, {}, 60) == cause


def test_run_command_output_is_logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_changes, "MAX_OUTPUT", 40)
    with caplog.at_level("INFO"):
        run_command("echo said; echo 'wr\033ong' >&2; head -c 9", "$(touch x)`id`;", {"NAME": "'; exit 5; '"}, 60)
        run_command("yes | head -c 100", "", {}, 60)
    assert caplog.messages[:3] == ["ON_CHANGES: said", "ON_CHANGES: wr\ufffdong", "ON_CHANGES: $(touch x"]
    assert caplog.messages[3] == "ON_CHANGES: … 60 bytes before"
    assert len(caplog.messages) == 24


def test_run_command_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it has started, and if it ignores SIGTERM."""
    monkeypatch.setattr(on_changes, "_GRACE_SECONDS", 0.2)
    command = f"trap '' TERM; (sleep 600; touch {tmp_path / 'late'}) & echo $! > {tmp_path / 'child'}; sleep 600"
    assert run_command(command, "", {}, 0.5) == "took longer than 0.5 seconds (ON_CHANGES_SECONDS)"
    child = int((tmp_path / "child").read_text())
    while is_running(child):  # for ever, if it was not ended
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
