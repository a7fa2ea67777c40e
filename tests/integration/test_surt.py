"""Our SURT against internetarchive/surt itself, which runs in pywb's environment."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.surt import FORMS
from crawler.archives.urlkey import surt
from tests.support.awkward_urls import BASES, HOSTS, PATHS, QUERIES, awkward_urls
from tests.support.commands import SHARED
from tests.support.surt_reference import SurtReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

POLICY_URLS = SHARED / "discovery" / "policy_urls.tsv"
JUNK = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PIECES = st.sampled_from([*HOSTS, *PATHS, *QUERIES, *BASES, *"%/?#&=:@[].;() ", "%25", "%41", "25", "3", "www."]) | JUNK


@pytest.fixture(scope="module")
def reference(pywb_bin: Path) -> Iterator[SurtReference]:
    with SurtReference(pywb_bin / "python") as process:
        yield process


def key(url: str) -> str | None:
    try:
        return surt(url)
    except ValueError:
        return None


def differences(urls: Iterable[str], reference: SurtReference) -> list[tuple[str, str | None, str | None]]:
    compared = [(url, key(url), theirs) for url, theirs in zip(urls, reference.keys(urls), strict=True)]
    return [each for each in compared if each[1] != each[2]]


def test_surt_awkward_urls(reference: SurtReference) -> None:
    urls = awkward_urls()
    assert len(urls) > 1500
    assert differences(urls, reference) == []


@pytest.mark.skipif(not POLICY_URLS.exists(), reason="needs ../shared")
def test_surt_policy_urls(reference: SurtReference) -> None:
    with POLICY_URLS.open(newline="") as file:
        urls = [row["url"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert len(urls) > 3000
    assert differences(urls, reference) == []


def test_surt_hostile_forms(reference: SurtReference) -> None:
    """The forms of benchmarks/surt.py, of which 2 MB are converted in a tenth of a second."""
    urls = [form(size) for form in FORMS.values() for size in (60, 401)]
    assert differences(urls, reference) == []


@settings(deadline=None)
@given(url=st.lists(PIECES, max_size=8).map("".join))
@pytest.mark.parametrize("prefix", ["http://example.com/", "http://"])
def test_surt_any_text(prefix: str, url: str, reference: SurtReference) -> None:
    assert differences([prefix + url], reference) == []
