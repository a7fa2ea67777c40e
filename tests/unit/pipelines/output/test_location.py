"""Where an output folder is: paths and buckets, and the spool of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import OutputError, UsageError
from pipelines.output.location import ObjectLocation, local_folder, location_of, named_location, resolved
from pipelines.versions import versions


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("s3://bucket", "s3://bucket"),
        ("s3://bucket/", "s3://bucket"),
        ("s3://bucket/a/b//", "s3://bucket/a/b"),
        ("s3://my.bucket-1/a b/\xfc%20", "s3://my.bucket-1/a b/\xfc%20"),
    ],
)
def test_location_of_bucket(given: str, shown: str) -> None:
    location = location_of(given)
    assert str(location) == shown
    assert str(location / "report" / "index.html") == f"{shown}/report/index.html"
    assert resolved(location) == location


@pytest.mark.parametrize("given", ["output", "/var/x", "C:/x", "s3", "a/s3://b"])
def test_location_of_folder(given: str) -> None:
    location = location_of(given)
    assert location == local_folder(location) == Path(given)
    assert resolved(location) == Path.cwd() / given


def test_each_location_has_a_spool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://one")
    names = ("s3://bucket/a", "s3://bucket/ab", "s3://bucket/a/b", "s3://bucket2/a")
    spools = [local_folder(location_of(name, str(tmp_path))) for name in names]
    assert {spool.parent for spool in spools} == {tmp_path}
    assert local_folder(location_of("s3://bucket/a/", str(tmp_path))) == spools[0]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://two")
    spools += [local_folder(location_of(name, str(tmp_path))) for name in names]
    assert len(set(spools)) == 8
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert ObjectLocation("bucket").spool.parent == tmp_path / "cache" / "wayback-policies" / "spool"


def test_python_interface_says_what_is_wrong() -> None:
    with pytest.raises(OutputError, match="gs: is not supported"):
        list(versions("gs://bucket/a", catalog_url="postgresql+psycopg://h/d"))
    with pytest.raises(UsageError, match="need a catalog on a server"):
        list(versions("s3://bucket/a"))
    with pytest.raises(OutputError, match="names no bucket"):
        named_location("s3://")
