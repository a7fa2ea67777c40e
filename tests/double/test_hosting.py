"""The made-up archive of hosting companies: its index is in order, and equal digests are equal bodies."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

import pytest

from tests.support.double.hosting import LOST_LINK_EVERY, TAKEN_OVER_EVERY, HostingCompanies


def test_rows_are_in_index_order() -> None:
    archive = HostingCompanies(30, 3000)
    places = [(row.urlkey, row.timestamp) for row in map(archive.__getitem__, range(len(archive)))]
    assert all(one < other for one, other in pairwise(places))


def test_equal_digests_are_equal_bodies() -> None:
    archive = HostingCompanies(3, 600)
    bodies: dict[str, set[bytes]] = {}
    for index in range(len(archive)):
        bodies.setdefault(archive[index].digest, set()).add(archive.load(index).body)
    assert {len(each) for each in bodies.values()} == {1}
    assert len(bodies) < len(archive)


def test_company_taken_over_links_to_owner_policy() -> None:
    archive = HostingCompanies(TAKEN_OVER_EVERY, 40 * TAKEN_OVER_EVERY)
    domains = archive.domains()
    homes = [index for index in range(len(archive)) if archive[index].urlkey == f"example,{domains[1][:-8]})/"]
    assert f"https://{domains[2]}/legal/privacy".encode() in archive.load(homes[-1]).body
    assert f"https://{domains[2]}/legal/privacy".encode() not in archive.load(homes[0]).body


def test_texts_are_those_with_a_capture() -> None:
    archive = HostingCompanies(20, 2000)
    found: defaultdict[str, set[bytes]] = defaultdict(set)
    for index in range(len(archive)):
        row = archive[index]
        if row.urlkey.endswith(("/privacy.php", "/legal/privacy")) and row.statuscode == "200":
            found[row.urlkey].add(re.sub(rb"page-\w*|token='\w*'", b"", archive.load(index).body))
    of_domain: defaultdict[str, set[bytes]] = defaultdict(set)
    for urlkey, bodies in found.items():
        of_domain[urlkey.partition(")")[0]] |= bodies
    owners = len(found["example,host02)/legal/privacy"])  # host01 was taken over by host02
    assert archive.texts() == sum(map(len, of_domain.values())) + owners
    assert archive.texts() < HostingCompanies(20, 20_000).texts()  # some texts are older than their next capture


def test_hosting_companies_too_few_captures() -> None:
    with pytest.raises(ValueError, match="each has to have 40"):
        HostingCompanies(LOST_LINK_EVERY, LOST_LINK_EVERY)
