"""The two halves of the real policy addresses have nothing in common."""

from __future__ import annotations

import pytest

from benchmarks.address_split import ADDRESSES, Half, addresses, half_of


def test_half_of_is_one_for_all_domains_of_a_name() -> None:
    urls = ("acme.example.com", "https://www.example.com/privacy", "EXAMPLE.de", "http://help.example.co.uk/x")
    assert len({half_of(url) for url in urls}) == 1
    assert {half_of(f"name{number}.com") for number in range(20)} == set(Half)


@pytest.mark.skipif(not ADDRESSES.exists(), reason="the real addresses are not there")
def test_addresses_halves_share_no_company() -> None:
    learn, test = addresses(Half.LEARN), addresses(Half.TEST)
    assert min(len(learn), len(test)) > 1500
    assert {half_of(each.url) for each in test} == {Half.TEST}
    assert {half_of(name) for each in learn for name in (each.domain, each.url)} == {Half.LEARN}
    assert {each.url for each in learn}.isdisjoint(each.url for each in test)
