"""Virtual environments for programs whose packages conflict with this project's. They are created on first use."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).parents[2]


def environment(name: str, *, beside_ours: bool = False) -> Path:
    """Return the bin folder of `.venv-<name>`, made anew when tests/support/<name>-requirements.txt has changed.

    With `beside_ours` the environment also sees the packages of the tests, and pip installs versions compatible with
    them. Other test processes wait for the process that creates it. Raises CalledProcessError if pip fails.
    """
    folder, requirements = ROOT / f".venv-{name}", ROOT / "tests" / "support" / f"{name}-requirements.txt"
    installed = folder / "requirements.txt"
    with FileLock(f"{folder}.lock"):
        if installed.exists() and installed.read_bytes() == requirements.read_bytes():
            return folder / "bin"
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        if beside_ours:
            (site_packages,) = folder.glob("lib/python*/site-packages")
            (site_packages / "ours.pth").write_text(sysconfig.get_path("purelib"))
        fitting: list[str | Path] = ["-c", ROOT / "constraints.txt"] if beside_ours else []
        subprocess.run([folder / "bin" / "pip", "install", "-q", *fitting, "-r", requirements], check=True)
        shutil.copy(requirements, installed)
    return folder / "bin"
