"""The command before it asks anything: the pace, the folder."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler.arguments import read_arguments
from crawler.commands.selftest import Command, _folder
from crawler.options.own_settings import reachable_pool
from crawler.selftest.selftest_questions import PAGE
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def checked(archive: str, **settings: Any) -> Settings:
    """Return the settings after the arguments were checked."""
    command = Command()
    command.settings = Settings()
    command.settings.setmodule("crawler.settings")
    command.settings.setdict(settings, "cmdline")
    opts = Namespace(spargs=[f"archive={archive}"], replay=None, folder=None)
    command._check([], opts)
    assert opts.spargs == {"archive": archive, "url": PAGE}
    return command.settings


@pytest.mark.parametrize(("given", "used"), [(0, 24), (1000, 24), (24, 24), (6, 6)])
def test_pace_of_the_wayback_machine_is_bounded(given: float, used: float) -> None:
    settings = checked("wayback", CDX_CALLS_PER_MINUTE=given, PLAYBACK_CALLS_PER_SECOND=0)
    assert settings.getfloat("CDX_CALLS_PER_MINUTE") == used
    assert settings.getfloat("PLAYBACK_CALLS_PER_SECOND") == 8


def test_pace_of_ones_own_archive_is_ones_own() -> None:
    settings = checked("http://localhost:8080", CDX_CALLS_PER_MINUTE=0)
    assert settings.getfloat("CDX_CALLS_PER_MINUTE") == 0


def test_catalog_of_the_user_is_left_alone() -> None:
    assert checked("wayback", CATALOG_URL="postgresql://db/policies")["CATALOG_URL"] == ""


def test_what_a_crawl_alone_needs_is_not_asked_for(tmp_path: Path) -> None:
    given = {"CONVERSION_POOL": "dask", "COMPANIES_FILE": "/nowhere/list.yaml", "OUTPUT_DIR": str(tmp_path)}
    settings = checked("wayback", **given)
    reachable_pool(settings)
    assert read_arguments({"domain": "example.com", "archive": "wayback"}, settings).companies


def test_folder_is_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = _folder(None)
    assert re.fullmatch(r"selftest-\d{4}-\d\d-\d\d", str(first))
    first.mkdir()
    second = _folder(None)
    assert str(second) == f"{first}-2"
    second.mkdir()
    assert str(_folder(None)) == f"{first}-3"
    assert _folder("mine").name == "mine"


@pytest.mark.parametrize("name", ["replay", "folder"])
def test_empty_name_is_refused(name: str) -> None:
    opts = Namespace(**{"spargs": [], "replay": None, "folder": None, name: ""})
    with pytest.raises(UsageError, match=f"--{name}: no name"):
        Command()._check([], opts)
