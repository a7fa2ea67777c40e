"""Conversion in the local pool and on a Dask cluster of this machine, in one run, as a ratio.

    python benchmarks/convert_dask.py [--golden ../shared/golden/modern] [--workers 2] [--rounds 4] [--every 1]

Both convert the same pages with as many processes, 16 pages at a time as a rebuild does. Each round does both, in turns, so
that a busy machine slows both. The processes are started and warm before the clock starts. The scheduler, the workers and
the pages' way over TCP are on the same cores: on a cluster of several machines they are not.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from crawler.reconversion.in_order import in_order
from pipelines.convert.dask_cluster import Cluster
from pipelines.convert.dask_pool import DaskPool
from pipelines.convert.jobs import JobPool, Limits
from pipelines.convert.pool import PATIENCE, ConversionPool, convert_page
from tests.support.dask_cluster import dask_cluster

if TYPE_CHECKING:
    from pipelines.document import Document

AT_ONCE = 16


def main() -> None:
    """Print one line for each round, and the median of their ratios."""
    arguments = _arguments()
    index = (arguments.golden / "index.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in index][:: arguments.every]
    pages = [gzip.decompress((arguments.golden / f"{row['name']}.html.gz").read_bytes()) for row in rows]
    print(f"{len(pages)} pages, {sum(map(len, pages)) / 1e6:.1f} MB, {arguments.workers} workers")
    with dask_cluster(arguments.workers) as cluster:
        asyncio.run(_compare(cluster.address, arguments, rows, pages))


def _arguments() -> argparse.Namespace:
    shared = Path(__file__).resolve().parents[2] / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=Path, default=shared / "golden" / "modern")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--every", type=int, default=1)
    return parser.parse_args()


async def _compare(address: str, arguments: argparse.Namespace, rows: list[dict[str, str]], pages: list[bytes]) -> None:
    local = ConversionPool(workers=arguments.workers, timeout=60)
    limits = Limits(60, PATIENCE, 1 << 30)
    dask = DaskPool(Cluster(address), ConversionPool(workers=1), limits, convert_page)
    try:
        some = [(row, page) for row, page in zip(rows, pages, strict=True) if len(page) < 100_000][:64]
        for pool in (local, dask, dask):
            await _seconds(pool, [row for row, _ in some], [page for _, page in some])
        while dask.width < arguments.workers:  # noqa: ASYNC110 - workers join without an event
            await asyncio.sleep(0.1)
        ratios = []
        for number in range(arguments.rounds):
            order = (local, dask) if number % 2 else (dask, local)
            spent = {pool: await _seconds(pool, rows, pages) for pool in order}
            ratios.append(spent[dask] / spent[local])
            print(f"local {spent[local]:6.2f} s  Dask {spent[dask]:6.2f} s  Dask / local {ratios[-1]:.3f}")
        print(f"median of Dask / local: {statistics.median(ratios):.3f}")
    finally:
        await dask.close()
        await local.close()


async def _seconds(pool: JobPool, rows: list[dict[str, str]], pages: list[bytes]) -> float:
    begun = time.perf_counter()
    calls = [partial(_convert, pool, row, page) for row, page in zip(rows, pages, strict=True)]
    async with in_order(calls, lambda: max(AT_ONCE, 2 * pool.width)) as results:
        async for _ in results:
            pass
    return time.perf_counter() - begun


async def _convert(pool: JobPool, row: dict[str, str], page: bytes) -> Document | None:
    try:
        return await pool.convert(page, url=row["url"], timestamp=row["timestamp"], domain=row["domain"])
    except Exception as error:
        print(f"{row['name']}: {error}")
        raise


if __name__ == "__main__":
    main()
