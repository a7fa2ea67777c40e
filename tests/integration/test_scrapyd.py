"""Deployed to a real Scrapyd as an egg by scrapyd-client, and run by its API, as docs/scheduling.md tells."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from crawler.archives.opening import SAMPLE
from tests.support.archive_double import Behaviour
from tests.support.commands import Run
from tests.support.environments import environment
from tests.support.scrapyd import Scrapyd, scrapyd_server
from tests.support.service import sample_double

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENT = "CONVERSION_SECONDS=120"


@pytest.fixture(scope="module")
def scrapyd_bin() -> Path:
    """Return the bin folder of an environment with Scrapyd, made on first use.

    Scrapyd needs an older setuptools than others may. What this project needs is taken from where the tests run, but
    not the project itself: that comes as an egg.
    """
    return environment("scrapyd", beside_ours=True)


@pytest.fixture(scope="module")
def scrapyd(scrapyd_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """Run a Scrapyd with the project deployed to it."""
    with scrapyd_server(scrapyd_bin, tmp_path_factory.mktemp("scrapyd")) as service:
        yield service


def test_scrapyd_job_equals_command(scrapyd: Scrapyd, tmp_path: Path, sample_run: Run) -> None:
    assert scrapyd.ask("listspiders", project="wayback-policies")["spiders"] == ["policies"]
    output = tmp_path / "output"
    domain = "northlane.example"
    said = scrapyd.run(archive="sample", companies=domain, versions="all", setting=[f"OUTPUT_DIR={output}", PATIENT])
    run = Run(0, said, "", output)
    assert "Process finished" in said, said
    assert run.files() == {name: text for name, text in sample_run.files().items() if name.startswith(domain)}
    assert run.report()["exit_status"] == 0


def test_scrapyd_bad_arguments_are_logged(scrapyd: Scrapyd, tmp_path: Path) -> None:
    output = tmp_path / "output"
    said = scrapyd.run(archive="sample", versions="weekly", setting=f"OUTPUT_DIR={output}")
    assert "-a versions=weekly: use one of changes" in said
    assert "Process died: exitstatus=2" in said
    assert not output.exists()


def test_scrapyd_cancelled_job_ends_in_order(scrapyd: Scrapyd, tmp_path: Path, sample_run: Run) -> None:
    output, domain = tmp_path / "output", "northlane.example"
    with sample_double(Behaviour(latency=0.5)) as double:
        settings = [PATIENT, f"OUTPUT_DIR={output}", f"COMPANIES_FILE={SAMPLE / 'companies.yaml'}"]
        asked = {"archive": double.url, "companies": domain, "versions": "all", "setting": settings}
        job = scrapyd.start(**asked)
        while not double.requests("playback"):
            time.sleep(0.1)
        scrapyd.ask("cancel", project="wayback-policies", job=job)
        scrapyd.wait_for(job, "finished")
        report = json.loads((output / "run.json").read_text())
        assert (report["exit_status"], report["reason"]) == (3, "shutdown")
        before = {entry.path for entry in double.requests("playback")}
        double.behaviour, count = Behaviour(), len(double.requests("playback"))
        scrapyd.run(**asked)
        again = {entry.path for entry in double.requests("playback")[count:]}
    assert not before & again
    run = Run(0, "", "", output)
    assert run.files() == {name: text for name, text in sample_run.files().items() if name.startswith(domain)}
