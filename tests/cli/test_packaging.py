"""Installed from an sdist, the commands run from any folder, and bring the files along that they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from tests.support.commands import ROOT, Run

SOURCES = ("crawler", "pipelines", "pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE")


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command and wait for its end; what it writes is shown where it fails."""
    given = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}
    return subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an sdist from a clean copy of the sources, with the build requirements that pyproject.toml names."""
    folder = tmp_path_factory.mktemp("sdist")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    build = "import setuptools.build_meta as backend; print(backend.build_sdist('dist'))"
    tools = folder / "tools"
    done = run(sys.executable, "-m", "pip", "install", "-q", "--target", tools, "setuptools>=77", cwd=folder)
    if done.returncode:
        pytest.skip(f"setuptools can't be installed here: {done.stderr.strip().splitlines()[-1]}")
    done = run(sys.executable, "-c", build, cwd=folder, PYTHONPATH=str(tools))
    assert done.returncode == 0, done.stderr
    return folder / "dist" / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def installed(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of a fresh environment into which pip has installed the sdist.

    What the project needs is taken from where the tests run, so that this takes seconds; .ci/run installs all of it.
    """
    environment = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    tools = str(sdist.parent.parent / "tools")  # the same build requirements once more would take longer than the test
    install = ("install", "-q", "--no-build-isolation", "-c", ROOT / "constraints.txt", sdist)
    done = run(environment / "bin" / "pip", *install, cwd=environment, PYTHONPATH=tools)
    assert done.returncode == 0, done.stderr
    return environment / "bin"


def scrapy(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as README.md says for a folder that is not the project's."""
    command = (installed / "python", "-m", "scrapy", *arguments)
    return run(*command, cwd=cwd, SCRAPY_SETTINGS_MODULE="crawler.settings", PYTHONPATH="")


def test_sdist_has_package_data(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("crawler", "pipelines")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= names, wanted - names
    assert {"LICENSE", "NOTICE", "README.md"} <= names


def test_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import crawler, pipelines; print(crawler.__file__, pipelines.__file__)"
    done = run(installed / "python", "-c", code, cwd=tmp_path, PYTHONPATH="")
    assert done.stdout.count(str(installed.parent)) == 2, done.stdout + done.stderr


def test_installed_crawl_from_another_folder(installed: Path, tmp_path: Path, sample_run: Run) -> None:
    done = scrapy(
        installed,
        "crawl",
        "policies",
        "-a",
        "archive=sample",
        "-a",
        "domain=northlane.example",
        "-s",
        "CONVERSION_SECONDS=120",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    files = Run(0, "", "", tmp_path / "output").files()
    assert files
    assert files.items() <= sample_run.files().items()
    report = scrapy(installed, "report", cwd=tmp_path)
    assert report.returncode == 0, report.stderr
    assert (tmp_path / "output" / "report" / "index.html").exists()


def test_program_under_its_own_name(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "my_settings.py").write_text("from crawler.settings import *\nLISTING_ROWS = 'many'\n")
    for module, says in (
        ("", "159 companies"),
        ("my_settings", "my_settings: LISTING_ROWS = many: write a whole number"),
    ):
        variables = {"SCRAPY_SETTINGS_MODULE": module} if module else {}
        done = run(installed / "wayback-policies", "companies", cwd=tmp_path, PYTHONPATH="", **variables)
        assert says in done.stdout + done.stderr


def test_installed_companies_list(installed: Path, tmp_path: Path) -> None:
    done = scrapy(installed, "companies", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "159 companies" in done.stdout
