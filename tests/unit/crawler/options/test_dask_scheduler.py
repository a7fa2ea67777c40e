"""CONVERSION_POOL and DASK_SCHEDULER: faults that a user can correct, in one line, before a crawl begins."""

from __future__ import annotations

import re
import sys

import pytest
from scrapy.cmdline import execute
from scrapy.settings import Settings

from crawler.options.dask_scheduler import check_scheduler, reach
from crawler.options.own_settings import check_pool, check_settings, reachable_pool
from pipelines.convert import dask_cluster
from pipelines.convert.dask_pool import DaskPool
from pipelines.convert.pool import ConversionPool
from pipelines.errors import UsageError
from pipelines.installation import install_command
from pipelines.pool_choice import pool_from_settings


def settings(**values: object) -> Settings:
    found = Settings()
    found.setmodule("crawler.settings", priority="project")
    for name, value in values.items():
        found.set(name, value, priority="cmdline")
    return found


@pytest.mark.parametrize("address", ["", "tcp://host:8786", "tls://scheduler.example.com:8786", "tcp://[::1]:8786"])
def test_check_scheduler_accepts_addresses(address: str) -> None:
    check_scheduler(address)


@pytest.mark.parametrize(
    "address",
    [
        "host:8786",
        "tcp://host",
        "http://host:8787",
        "tcp://host:0",
        "tcp://host:99999",
        "tcp://a b:1",
        "tcp://u:p@h:1",
        8786,
    ],
)
def test_check_scheduler_refuses_others(address: object) -> None:
    with pytest.raises(ValueError, match=r"^write tcp://host:8786 or tls://host:8786$"):
        check_scheduler(address)


def test_local_pool_is_the_default_and_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert isinstance(pool_from_settings(settings()), ConversionPool)
    reachable_pool(settings())
    reachable_pool(settings(DASK_SCHEDULER="tcp://127.0.0.1:1"))  # it is not used


def test_dask_pool_is_chosen_without_connecting() -> None:
    assert isinstance(
        pool_from_settings(settings(CONVERSION_POOL="dask", DASK_SCHEDULER="tcp://127.0.0.1:1")), DaskPool
    )


def test_pool_of_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^-s CONVERSION_POOL=dusk: use local or dask$"):
        check_settings(settings(CONVERSION_POOL="dusk"))


def test_dask_without_a_scheduler_is_refused() -> None:
    for check in (check_pool, reachable_pool):
        with pytest.raises(UsageError, match=r"^CONVERSION_POOL=dask needs DASK_SCHEDULER, such as tcp://host:8786"):
            check(settings(CONVERSION_POOL="dask"))


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = rf"^-s CONVERSION_POOL=dask: needs distributed: {re.escape(install_command('dask'))}$"
    with pytest.raises(UsageError, match=said):
        check_pool(settings(CONVERSION_POOL="dask", DASK_SCHEDULER="tcp://127.0.0.1:1"))


def test_unreachable_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.2)
    with pytest.raises(
        UsageError, match=r"^-s DASK_SCHEDULER=tcp://127.0.0.1:1: can't connect to a Dask scheduler there \("
    ):
        reachable_pool(settings(CONVERSION_POOL="dask", DASK_SCHEDULER="tcp://127.0.0.1:1"))


def test_tls_without_certificates_is_told_where_to_name_them() -> None:
    with pytest.raises(ValueError, match=r"; see distributed\.comm\.tls in Dask's configuration$"):
        reach("tls://127.0.0.1:1")


@pytest.mark.parametrize("address", ["u:s3cret@h:1", "tcp://u:s3cret@h:1", "http://u:s3cret@h:1"])
def test_password_in_an_address_is_not_shown(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_settings(settings(CONVERSION_POOL="dask", DASK_SCHEDULER=address))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [["crawl", "policies", "-a", "archive=/nowhere"], ["convert", "--from-warc", "-s", "OUTPUT_DIR=/nowhere"]],
)
def test_missing_scheduler_is_said_before_anything_else_is_tried(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(["scrapy", *arguments, "-s", "CONVERSION_POOL=dask"], settings())
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert re.fullmatch(r"scrapy (crawl|convert): CONVERSION_POOL=dask needs DASK_SCHEDULER, such as .*\n", said.err)
    assert not said.out
