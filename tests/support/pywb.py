"""A real pywb server."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def pywb(bin_folder: Path, folder: Path, *warcs: Path) -> Iterator[str]:
    """Serve WARC files as the collection `policies`; yield what `archive=` takes."""
    _manage(bin_folder, folder, "init", "policies")
    _manage(bin_folder, folder, "add", "policies", *warcs)
    port = free_port()
    command: list[str | Path] = [bin_folder / "pywb", "-p", str(port), "-b", "127.0.0.1"]
    with (folder / "pywb.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)})
        try:
            _wait_for(f"http://127.0.0.1:{port}/policies/cdx?url=example.org", server)
            yield f"pywb+http://127.0.0.1:{port}/policies"
        finally:
            server.terminate()
            server.wait(120)


def add_wacz(bin_folder: Path, folder: Path, collection: str, wacz: Path) -> None:
    """Make a collection of a WACZ file, with the index that the file brings."""
    _manage(bin_folder, folder, "init", collection)
    _manage(bin_folder, folder, "add", collection, "--unpack-wacz", wacz)


def _manage(bin_folder: Path, folder: Path, *arguments: str | Path) -> None:
    subprocess.run([bin_folder / "wb-manager", *arguments], cwd=folder, check=True, capture_output=True)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert server.poll() is None, "pywb ended"
        try:
            urllib.request.urlopen(address, timeout=60).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("pywb did not answer within two minutes")
