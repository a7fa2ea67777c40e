"""Told of changes as a user is: a crawl with NOTIFY and ON_CHANGES, and one that has nothing new but a digest to send."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import ROOT
from tests.support.listeners import mail_server
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.commands import Run

pytest.importorskip("apprise")
SECRET = "s3cret-t0ken"  # noqa: S105 - of nobody


def test_crawl_tells_of_changes(run_scrapy: Callable[..., Run]) -> None:
    port = free_port()
    crawl = ("crawl", "policies", "-a", "archive=sample", "-a", "companies=northlane.example")
    with mail_server() as mail:
        mails = f"mailto://127.0.0.1:{mail.port}?from=a@b.example&to=me@x.example"
        given = {"NOTIFY": f"{mails} json://{SECRET}@127.0.0.1:{port}/{SECRET}", "ON_CHANGES": "head -n 1; exit 7"}
        run = run_scrapy(*crawl, **given)
        assert run.status == 3
        assert "ON_CHANGES: 4 changes of 1 company in all" in run.stderr
        assert "not told: ON_CHANGES: exit status 7; the next run tries again" in run.stdout
        assert "not told: JSON: A Connection error occurred" in run.stdout
        report = run.report()
        assert {name: bool(cause) for name, cause in report["told"].items()} == {
            "E-Mail": False, "JSON": True, "ON_CHANGES": True,
        }  # fmt: skip
        assert len(report["losses"]) == 2
        assert len(run.versions()) == 5
        status = run_scrapy("status")
        assert "not told        JSON: A Connection error" in status.stdout
        assert "exit status 3, done, not everybody was told" in status.stdout
    (told,) = mail.mails
    assert told["subject"] == "wayback-policies: 4 changes of 1 company in all"
    assert "companies/northlane.html#v5" in told.get_body(("html",)).get_content()
    # The next run has nothing new, but a digest that the command has not had: as cron starts it.
    again = _by_cron(run.output.parent)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("4 changes of 1 company in all\n\nNorthlane\n")
    assert "companies/northlane.html#v5\n" in again.stdout
    assert run.report()["told"] == {"ON_CHANGES": ""}
    assert run.report()["exit_status"] == 0
    said = [run.stdout, run.stderr, json.dumps(report), status.stdout]
    said += [path.read_bytes().decode("latin-1") for path in run.output.rglob("*") if path.is_file()]
    assert not any(SECRET in each for each in said)


def _by_cron(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the line of the shipped crontab as cron does, on the sample, in a folder that has `output`."""
    *_, variable, line = (ROOT / "docs" / "files" / "wayback-policies.cron").read_text().splitlines()
    name, _, value = variable.partition("=")
    command = line.split(maxsplit=6)[6].replace("/var/lib/wayback-policies", str(folder))
    command = command.replace("/opt/wayback-policies/.venv/bin", str(Path(sys.executable).parent))
    command = command.replace("crawl policies", "crawl policies -a archive=sample -a companies=northlane.example")
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", name: value}
    return subprocess.run(["/bin/sh", "-c", command], env=environment, cwd="/", capture_output=True, text=True)


@pytest.mark.parametrize("value", [f"nosuch://{SECRET}", f"{SECRET}@example.org", f"slack://{SECRET}"])
def test_crawl_with_address_that_is_none(run_scrapy: Callable[..., Run], value: str) -> None:
    run = run_scrapy("crawl", "policies", "-a", "archive=sample", NOTIFY=value)
    assert (run.status, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert "-s NOTIFY=***: address 1" in run.stderr
    assert SECRET not in run.stderr
    assert not (run.output / "catalog.db").exists()
