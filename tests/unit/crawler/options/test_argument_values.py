"""Values of spider arguments: what is read, and what is refused with a remedy."""

from __future__ import annotations

import pytest

from crawler.options.argument_values import check_period, read_names, read_shard, read_timestamp_prefix


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("", ""),
        ("2015", "2015"),
        ("201502", "201502"),
        ("2015-02", "201502"),
        ("20160229", "20160229"),
        ("2016-02-29", "20160229"),
        ("2015063023", "2015063023"),
        ("20150630235959", "20150630235959"),
    ],
)
def test_read_timestamp_prefix(value: str, read: str) -> None:
    assert read_timestamp_prefix(value) == read


@pytest.mark.parametrize(
    ("value", "says"),
    [
        *((value, "no such date") for value in "201513 201500 2015-13 20150230 2015-02-30 20150100 0000".split()),
        *((value, "no such date") for value in "2015063024 201506301060 20150630101060 20150229".split()),
        *(
            (value, "a CDX timestamp prefix")
            for value in "201 20151 2015-1-1 2015-0630 201506-30 -2015 2015- 2015/06 abc".split()
        ),
        *(
            (value, "a CDX timestamp prefix")
            for value in (
                "\u0662\u0660\u0661\u0665",
                "\uff12\uff10\uff11\uff15",
                "2015 06",
                "2015-06-30T10:00",
                "2015\n",
            )
        ),
        *((value, "a CDX timestamp prefix") for value in ("201506301230451", "2015063012304512", "9" * 5000)),
    ],
)
def test_read_timestamp_prefix_refuses(value: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_timestamp_prefix(value)


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2016", "2015", "until is before since"),
        ("20150701", "201506", "until is before since"),
        ("9999", "", "since is in the future"),
        ("", "1989", "before the first page of the Web"),
    ],
)
def test_check_period_refuses(since: str, until: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        check_period(since, until)


@pytest.mark.parametrize(("since", "until"), [("", ""), ("2015", "2015"), ("201506", "2015"), ("1900", "9999")])
def test_check_period(since: str, until: str) -> None:
    check_period(since, until)


@pytest.mark.parametrize("value", ["0/3", "4/3", "1/0", "x", "1", "-1/3", "1/3/5", "\u0661/\u0663", "1/" + "9" * 5000])
def test_read_shard_refuses(value: str) -> None:
    with pytest.raises(ValueError, match="write i/n"):
        read_shard(value)


def test_read_names() -> None:
    assert read_names(" a.example, B ,") == ("a.example", "B")
    with pytest.raises(ValueError, match="a list without a name"):
        read_names(" , ")
