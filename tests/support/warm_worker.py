"""The modules that a conversion worker loads before its first page. The fork server forks its workers from this process."""

from __future__ import annotations

import gc

from crawler.discovery import link_texts
from crawler.discovery.site_owner import registered_domain
from pipelines.convert.pool import _WARM_UP, convert_page

convert_page(_WARM_UP, url="http://example.com/", timestamp="20200101000000", domain="example.com")
registered_domain("example.com")
assert link_texts  # what it imports is what is wanted
gc.collect()
gc.freeze()  # the garbage collector would look through the models, and copy them, in each worker
