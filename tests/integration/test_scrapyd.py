"""Deployed to a real Scrapyd as an egg by scrapyd-client, and run by its API, as docs/scheduling.md tells."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from crawler.archives.opening import SAMPLE
from tests.support.archive_double import Behaviour
from tests.support.commands import ROOT, Run
from tests.support.environments import environment
from tests.support.ports import free_port
from tests.support.service import sample_double

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = ("crawler", "pipelines", "pyproject.toml", "setup.py", "scrapy.cfg", "README.md", "LICENSE", "NOTICE")
PATIENT = "CONVERSION_SECONDS=120"


@dataclass(frozen=True)
class Scrapyd:
    """A running Scrapyd: its address and the log of what it and its jobs say."""

    url: str
    log: Path

    def ask(self, service: str, **fields: str | list[str]) -> dict[str, Any]:
        """GET a service, or POST if there are fields to send."""
        data = urlencode(fields, doseq=True).encode() if service in {"schedule", "cancel"} else None
        query = "" if data else f"?{urlencode(fields, doseq=True)}"
        with urllib.request.urlopen(f"{self.url}{service}.json{query}", data, timeout=60) as response:
            answer: dict[str, Any] = json.load(response)
        assert answer["status"] == "ok", answer
        return answer

    def run(self, **fields: str | list[str]) -> str:
        """Schedule a run, wait for its end, and return what Scrapyd's log says of it from then on."""
        before = len(self.log.read_text())
        self.wait_for(self.start(**fields), "finished")
        return self.log.read_text()[before:]

    def start(self, **fields: str | list[str]) -> str:
        """Schedule a run; return the job's name."""
        return str(self.ask("schedule", project="wayback-policies", spider="policies", **fields)["jobid"])

    def wait_for(self, job: str, state: str) -> None:
        """Wait until a job is `running` or `finished`."""
        for _ in range(1500):
            if any(each["id"] == job for each in self.ask("listjobs", project="wayback-policies")[state]):
                return
            time.sleep(0.2)
        pytest.fail(f"the job is not {state} after five minutes: {self.log.read_text()}")


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
    folder = tmp_path_factory.mktemp("scrapyd")
    port = free_port()
    (folder / "scrapyd.conf").write_text(f"[scrapyd]\nhttp_port = {port}\npoll_interval = 0.2\n")
    service = Scrapyd(f"http://127.0.0.1:{port}/", folder / "scrapyd.log")
    with service.log.open("w") as log:
        server = subprocess.Popen([scrapyd_bin / "scrapyd"], cwd=folder, stdout=log, stderr=log)
        try:
            _wait_for(service, server)
            _deploy(scrapyd_bin, folder / "project", service.url)
            yield service
        finally:
            server.terminate()
            server.wait(120)


def _wait_for(service: Scrapyd, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert server.poll() is None, service.log.read_text()
        try:
            service.ask("daemonstatus")
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("Scrapyd did not answer within two minutes")


def _deploy(scrapyd_bin: Path, project: Path, url: str) -> None:
    """Run scrapyd-deploy on a copy of the project (it leaves a build folder behind) that names this Scrapyd."""
    project.mkdir()
    for name in PROJECT:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, project)
    config = project / "scrapy.cfg"
    config.write_text(config.read_text().replace("http://localhost:6800/", url))
    done = subprocess.run([scrapyd_bin / "scrapyd-deploy"], cwd=project, capture_output=True, text=True, check=False)
    assert '"status": "ok"' in done.stdout, done.stdout + done.stderr


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
