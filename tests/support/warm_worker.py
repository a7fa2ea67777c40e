"""What a conversion worker loads before its first page. The fork server's worker processes are forked from this."""

from __future__ import annotations

from pipelines.convert.pool import _WARM_UP, _converted

_converted(_WARM_UP)
