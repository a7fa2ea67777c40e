"""Read an archive with another project's client and print the result as JSON. Runs in pywb's environment.

Usage: readers.py edgi | cdx_toolkit | cdx_toolkit_cc ADDRESS, with the address in the form of `archive=`. The calling test compares.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from typing import Any


def edgi(address: str) -> dict[str, Any]:
    """Search and fetch with edgi's wayback. Its server addresses are constants of its modules."""
    import wayback  # noqa: PLC0415 - here, not in the project's environment
    from wayback import _client, _utils  # noqa: PLC0415
    from wayback.exceptions import BlockedSiteError, NoMementoError  # noqa: PLC0415

    _client.CDX_SEARCH_URL = f"{address}/cdx/search/cdx"
    _utils.MEMENTO_URL_TEMPLATE = f"{address}/web/{{timestamp}}{{mode}}/{{url}}"
    _utils.MEMENTO_URL_PATTERN = re.compile(rf"^{re.escape(address)}/web/(\d+)(\w\w_)?/(.+)$")
    session = wayback.WaybackSession(search_calls_per_second=0, memento_calls_per_second=0, retries=0)
    with wayback.WaybackClient(session) as client:

        def refused(error: type[Exception], call: Any, *args: Any, **options: Any) -> bool:
            try:
                call(*args, **options)
            except error:
                return True
            return False

        records = {
            (f"{record.timestamp:%Y%m%d%H%M%S}", record.url, record.digest)
            for record in client.search("quillbox.example", match_type="domain", limit=5)
        }
        followed = client.get_memento(
            "https://www.quillbox.example/privacy.html",
            timestamp="20160712101530",
            exact_redirects=False,
            target_window=86400 * 180,
        )
        archived = client.get_memento("https://pepperrack.example/privacy", timestamp="20200102235500")
        gone = {"timestamp": "20171010101010"}
        return {
            "records": sorted(records),
            "followed": [
                followed.memento_url.removeprefix(address),
                [step.status_code for step in followed.history],
                _sha1(followed.content),
            ],
            "archived": [archived.status_code, archived.url],
            "is missing": refused(NoMementoError, client.get_memento, "https://pepperrack.example/privacy", **gone),
            "is blocked": refused(BlockedSiteError, lambda: list(client.search("larkfield.example"))),
        }


def cdx_toolkit(address: str) -> dict[str, Any]:
    """List and fetch with cdx_toolkit, without its pause of six seconds."""
    import cdx_toolkit as toolkit  # noqa: PLC0415
    from cdx_toolkit import myrequests  # noqa: PLC0415

    myrequests.retry_info["default"]["minimum_interval"] = 0.0
    fetcher = toolkit.CDXFetcher(source=f"{address}/cdx/search/cdx")
    fetcher.wb = f"{address}/web"
    rows = list(fetcher.iter("larkfield.example/*"))
    return {
        "pages": fetcher.get_size_estimate("larkfield.example/*", as_pages=True),
        "rows": [[row["timestamp"], row["url"], row["digest"]] for row in rows],
        "contents": [_sha1(row.content) for row in rows if row["status"] == "200"],
    }


def cdx_toolkit_cc(address: str) -> dict[str, Any]:
    """List and fetch with cdx_toolkit as it reads Common Crawl, without its pauses and its cache of the list of crawls."""
    import cdx_toolkit as toolkit  # noqa: PLC0415
    from cdx_toolkit import commoncrawl, myrequests  # noqa: PLC0415

    myrequests.retry_info["default"]["minimum_interval"] = 0.0
    commoncrawl.check_collinfo_cache = lambda _: None
    commoncrawl.set_collinfo_cache = lambda *_: None
    fetcher = toolkit.CDXFetcher("cc", cc_mirror=address, warc_download_prefix=address, cc_sort="ascending")
    fetcher.index_list = fetcher.raw_index_list = [
        f"{address}/{each.rpartition('/')[2]}" for each in fetcher.raw_index_list
    ]
    rows = list(fetcher.iter("*.larkfield.example", from_ts="2010", to="2020"))
    return {
        "crawls": len(fetcher.raw_index_list),
        "rows": [[row["timestamp"], row["url"], row["digest"]] for row in rows],
        "contents": [_sha1(row.content) for row in rows if row["status"] == "200" and row["mime"] == "text/html"],
    }


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    readers = {"edgi": edgi, "cdx_toolkit": cdx_toolkit, "cdx_toolkit_cc": cdx_toolkit_cc}
    json.dump(readers[sys.argv[1]](sys.argv[2]), sys.stdout)
