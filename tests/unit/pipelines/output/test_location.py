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


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "https://S3.Example.org/",
            "https://s3.example.org:443",
            "HTTPS://s3.example.org.",
            " https://k:s@s3.example.org",
        ),
        ("http://[::1]:9000", "http://[::1]:9000//"),
        ("http://h:443", "http://h:443/"),
        ("", "https://s3.eu-central-1.amazonaws.com", "https://s3.amazonaws.com/"),
        ("h:9000",),
        ("http://h:port",),
        ("ftp://h/",),
        ("https://s3.amazonaws.com.cn",),
    ],
)
def test_spool_is_the_same_for_spellings_of_an_address(
    spellings: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    location = ObjectLocation("bucket", "a", str(tmp_path))
    spools, seen = {}, list[set[Path]]()
    for spelling in spellings:
        monkeypatch.setenv("AWS_ENDPOINT_URL", spelling)
        spools[spelling] = location.spool
        seen.append({location.spool, *location.former_spools})
        assert location._spool_for(spelling) in seen[-1]
    assert len(set(spools.values())) == 1
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://another")
    assert not {location.spool, *location.former_spools}.intersection(*seen)


def test_former_spools_have_the_slash_and_the_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    location = ObjectLocation("bucket", "a", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://s3.example.org")
    usual = "https://s3.example.org/", "https://s3.example.org:443", "https://s3.example.org:443/"
    assert {location._spool_for(each) for each in usual} <= set(location.former_spools)


def test_python_interface_says_what_is_wrong() -> None:
    with pytest.raises(OutputError, match="gs: is not supported"):
        list(versions("gs://bucket/a", catalog_url="postgresql+psycopg://h/d"))
    with pytest.raises(UsageError, match="need a catalog on a server"):
        list(versions("s3://bucket/a"))
    with pytest.raises(OutputError, match="names no bucket"):
        named_location("s3://")
