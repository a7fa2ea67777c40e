"""Scrapyd servers with the project deployed, for tests."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.support.commands import ROOT
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROJECT = ("crawler", "pipelines", "pyproject.toml", "setup.py", "scrapy.cfg", "README.md", "LICENSE", "NOTICE")


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


@contextmanager
def scrapyd_server(programs: Path, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Scrapyd]:
    """Run a Scrapyd in an empty folder with the project deployed to it. Its jobs have the environment given."""
    port = free_port()
    (folder / "scrapyd.conf").write_text(f"[scrapyd]\nhttp_port = {port}\npoll_interval = 0.2\n")
    service = Scrapyd(f"http://127.0.0.1:{port}/", folder / "scrapyd.log")
    with service.log.open("w") as log:
        server = subprocess.Popen([programs / "scrapyd"], cwd=folder, stdout=log, stderr=log, env=environment)
        try:
            _wait_for(service, server)
            _deploy(programs, folder / "project", service.url)
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
