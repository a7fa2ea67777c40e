"""Two digests in one second: which of them playback serves."""

from __future__ import annotations

import pytest

from crawler.sampling.same_second import is_unserved
from pipelines.items import Capture
from pipelines.output.warc_writer import payload_digest

BODY = b"<p>the one that is served</p>"


def capture(timestamp: str, digest: str) -> Capture:
    return Capture("com,example)/", timestamp, "http://example.com/", "text/html", "200", digest, "9", "wayback")


@pytest.mark.parametrize(("served", "unserved"), [(payload_digest(BODY), "A" * 32), ("3" * 32, "4" * 32)])
def test_is_unserved_by_digest_then_order(served: str, unserved: str) -> None:
    one, other = capture("19970427191925", served), capture("19970427191925", unserved)
    page = sorted((capture("19960101000000", "B"), one, other, capture("19990101000000", "C")), key=_order)
    assert not is_unserved(one, page, BODY)
    assert is_unserved(other, page, BODY)


def _order(each: Capture) -> tuple[str, str]:
    return each.timestamp, each.digest


def test_is_unserved_single_capture_is_served() -> None:
    page = [capture("19960101000000", "A"), capture("19970427191925", "B")]
    assert not any(is_unserved(each, page, BODY) for each in page)
