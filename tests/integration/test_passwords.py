"""A crawl through a proxy and to an archive that both want a password: it works, and neither is written anywhere."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.console.status import read_status, show
from pipelines.export.package import export_tables
from pipelines.export.tables import PAIRS, VERSIONS_WITH_TEXT
from pipelines.report.site import build
from tests.support.forward_proxy import basic, forward_proxy
from tests.support.service import crawl, sample_double

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from tests.support.commands import Run

PROXY, ARCHIVE = "proxy-user:pr0xy/s3cret@", "archive-user:arch1ve/s3cret@"
SECRETS = ("s3cret", "proxy-user", "archive-user", *map(basic, (PROXY, ARCHIVE)), "uthorization")


def encoded(login: str) -> str:
    user, _, password = login.partition(":")
    return f"{user}:{quote(password, safe='')}"


def told(run: Run) -> Iterable[tuple[str, str]]:
    """Yield, by name, all that a run wrote: on the terminal, and into each file of the output folder, unpacked."""
    yield "standard output", run.stdout
    yield "standard error", run.stderr
    for path in run.output.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield str(path), (gzip.decompress(data) if path.suffix == ".gz" else data).decode("latin-1")


def test_crawl_writes_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with forward_proxy(proxy_login=PROXY, archive_login=ARCHIVE) as (proxy, statuses), sample_double() as double:
        monkeypatch.setenv("http_proxy", f"http://{encoded(PROXY)}@{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        archive = double.url.replace("//", f"//{encoded(ARCHIVE)}@")
        run = crawl(archive, tmp_path / "output", "companies=northlane.example", LOG_LEVEL="DEBUG")
    assert run.status == 0, run.stderr
    assert len(run.versions()) == 5
    assert statuses
    assert not {401, 407}.intersection(statuses)
    assert run.report()["archive"] == double.url
    assert show(read_status(run.output)).count(double.url) == 1
    build(run.output)
    export_tables(run.output, run.output / "export", (VERSIONS_WITH_TEXT, PAIRS), "csv")
    leaks = [(name, secret) for name, text in told(run) for secret in SECRETS if secret in text]
    assert not leaks
