"""The command that adds an extra: for a clone, a folder, a repository, a wheel, an index, and none of these."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pipelines import installation
from pipelines.installation import in_a_clone, install_command
from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GIT = {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "main"}


class Distribution:
    """What importlib.metadata finds of an installed package, or of an egg."""

    def __init__(self, about: dict[str, Any] | None, installer: str | None = "pip\n") -> None:
        self._files = {"INSTALLER": installer, "direct_url.json": json.dumps(about) if about else None}

    def read_text(self, name: str) -> str | None:
        return self._files[name]


def command(monkeypatch: pytest.MonkeyPatch, *found: Distribution) -> str:
    monkeypatch.setattr(installation, "distributions", lambda name: found if name == "wayback-policies" else ())
    monkeypatch.setattr(installation.sys, "executable", "/a b/python")
    return install_command("s3")


@pytest.mark.parametrize(("is_editable", "shown"), [(True, "-e "), (False, "")])
def test_clone_is_installed_as_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_editable: bool, shown: str
) -> None:
    clone = tmp_path / "my clone"
    clone.mkdir()
    installed = Distribution({"url": clone.as_uri(), "dir_info": {"editable": True} if is_editable else {}})
    assert command(monkeypatch, installed) == in_a_clone("s3")  # it is gone
    (clone / "pyproject.toml").touch()
    assert command(monkeypatch, installed) == f"'/a b/python' -m pip install {shown}'{clone}[s3]'"
    (clone / "constraints.txt").touch()
    egg_info = Distribution(None, installer=None)  # that setuptools leaves in a clone
    assert command(monkeypatch, egg_info, installed) == (
        f"'/a b/python' -m pip install -c '{clone}/constraints.txt' {shown}'{clone}[s3]'"
    )


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ({"url": "https://h/r.git", "vcs_info": GIT}, "'wayback-policies[s3] @ git+https://h/r.git@c0ffee'"),
        ({"url": "ssh://git@h/r", "vcs_info": GIT}, "'wayback-policies[s3] @ git+ssh://git@h/r@c0ffee'"),
        ({"url": "https://h/w.whl", "archive_info": {}}, "'wayback-policies[s3] @ https://h/w.whl'"),
        (
            {"url": ROOT.joinpath("README.md").as_uri(), "archive_info": {}},
            f"'wayback-policies[s3] @ {ROOT.as_uri()}/R",
        ),
        (None, "'wayback-policies[s3]'"),
    ],
)
def test_other_sources_are_named(monkeypatch: pytest.MonkeyPatch, about: dict[str, Any] | None, shown: str) -> None:
    assert command(monkeypatch, Distribution(about)).startswith(f"'/a b/python' -m pip install {shown}")


@pytest.mark.parametrize(
    "about",
    [
        {"url": "file:///nowhere/w.whl", "archive_info": {}},
        {"url": "https://me:s3cret@h/r.git", "vcs_info": GIT},
    ],
)
def test_source_that_is_gone_or_secret(monkeypatch: pytest.MonkeyPatch, about: dict[str, Any]) -> None:
    assert command(monkeypatch, Distribution(about)) == in_a_clone("s3")


def test_program_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It runs from a clone, or from an egg, as Scrapyd makes them."""
    egg = Distribution(None, installer=None)
    for found in ((), (egg,)):
        assert command(monkeypatch, *found).endswith(f" -m pip install -c {ROOT}/constraints.txt -e '{ROOT}[s3]'")
    monkeypatch.setattr(installation, "__file__", str(tmp_path / "a.egg" / "pipelines" / "installation.py"))
    assert command(monkeypatch, egg) == "pip install -c constraints.txt '.[s3]' in a clone of the program"


def test_only_this_module_names_the_package_to_pip() -> None:
    sources = [path for folder in ("crawler", "pipelines", "docs") for path in (ROOT / folder).rglob("*.[pm][yd]")]
    assert [str(path) for path in sources if "wayback-policies[" in path.read_text()] == []
