"""The modules that a conversion worker loads before its first page. The fork server forks its workers from this process."""

from __future__ import annotations

from pipelines.convert.pool import _WARM_UP, _converted

_converted(_WARM_UP)
