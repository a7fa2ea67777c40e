"""A real Dask scheduler with workers, each a process of its own, as `dask scheduler` and `dask worker` start them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.support.commands import ROOT
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPOIL = """\
import sys
for name in {missing!r}.split():
    sys.modules[name] = None  # its import raises ImportError
"""


@dataclass
class DaskCluster:
    """The processes of a cluster. `folder` holds their logs, and what they import besides `pipelines`."""

    folder: Path
    port: int = field(default_factory=free_port)
    scheduler: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        """Start it where no module of ours can be imported."""
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self._start(
            "scheduler", "dask_scheduler", *options, missing="pipelines crawler scrapy twisted"
        )

    def start_worker(
        self, *options: str, missing: str = "crawler scrapy twisted", first: str = ""
    ) -> subprocess.Popen[bytes]:
        """Start a worker with one thread that can import `pipelines` and nothing that is `missing`; it runs `first`."""
        options = (self.address, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0", *options)
        if "--nanny" not in options:
            options = (*options, "--no-nanny")
        name = f"worker-{len(self.workers)}"
        self.workers.append(self._start(name, "dask_worker", *options, missing=missing, first=first))
        return self.workers[-1]

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def close(self) -> None:
        """End all processes, with their children."""
        for process in (*self.workers, *filter(None, [self.scheduler])):
            end(process, signal.SIGTERM)
        deadline = time.monotonic() + 10
        for process in (*self.workers, *filter(None, [self.scheduler])):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                end(process, signal.SIGKILL)
                process.wait()

    def _start(self, name: str, module: str, *options: str, missing: str, first: str = "") -> subprocess.Popen[bytes]:
        site = self.folder / f"site-{name}"
        site.mkdir(exist_ok=True)
        (site / "sitecustomize.py").write_text(_SPOIL.format(missing=missing) + first)
        modules = [str(site), str(ROOT), str(ROOT / "tests" / "support")]
        settings = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s", "OMP_NUM_THREADS": "1"}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *options],
                env={**os.environ, **settings, "PYTHONPATH": os.pathsep.join(modules)},
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )


def end(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and all its children."""
    if process.poll() is None:
        os.killpg(process.pid, number)


@contextmanager
def dask_cluster(workers: int = 2) -> Iterator[DaskCluster]:
    """Run a scheduler and workers with one thread each. They need not be up yet: who connects waits for them."""
    with TemporaryDirectory(prefix="policies-dask-") as folder:
        cluster = DaskCluster(Path(folder))
        try:
            cluster.start_scheduler()
            for _ in range(workers):
                cluster.start_worker()
            yield cluster
        finally:
            cluster.close()
