"""Conversion workers of crawls that run in a fork server: forked from a process with the language model, not spawned."""

from __future__ import annotations

import sys
from multiprocessing.context import ForkServerContext, ForkServerProcess

from pipelines.convert.processes import _no_main_module, _starting


class WorkerProcess(ForkServerProcess):
    """A worker. Like CleanProcess, it does not import its parent's main module."""

    def start(self) -> None:
        with _starting, _no_main_module():
            super().start()

    def run(self) -> None:
        """Run as a worker does, unless the fork server failed to import the models, of which it says nothing."""
        assert "tests.support.warm_worker" in sys.modules
        super().run()


class WorkerContext(ForkServerContext):
    """The multiprocessing context of such workers."""

    Process = WorkerProcess
