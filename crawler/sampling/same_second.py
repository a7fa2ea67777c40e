"""Captures of one page in the same second with different digests, of which playback serves only one. Pure.

Recorded for zew.de, 1997-04-27 19:19:25 (edgi's `test_memento_rate_limits`): two rows, and `id_` serves the first.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from pipelines.output.warc_writer import payload_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.items import Capture


def is_unserved(capture: Capture, captures: Sequence[Capture], body: bytes) -> bool:
    """Whether a body that playback served for a capture's second belongs to another capture of that second.

    `captures` are the page's in time order. Where the body has the digest of none of them (a digest is of the body as
    stored), the first capture of the second is taken for the one served.
    """
    digests = []
    for index in range(bisect_left(captures, capture.timestamp, key=lambda each: each.timestamp), len(captures)):
        if captures[index].timestamp != capture.timestamp:
            break
        digests.append(captures[index].digest)
    if len(digests) <= 1:
        return False
    served = payload_digest(body)
    return capture.digest != (served if served in digests else digests[0])
