"""The types that travel."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.items import moment_of


def test_moment_of_reads_14_digits_as_utc() -> None:
    assert moment_of("20150607080910") == datetime(2015, 6, 7, 8, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "timestamp", ["", "201506070809", "20150607240000", "20150230000000", "2015-W01080910", "\u0662" + "0150607080910"]
)
def test_moment_of_invalid_timestamp(timestamp: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(timestamp)
