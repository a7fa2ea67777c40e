"""The pool that the settings choose: processes of this machine, or a Dask cluster. Nothing else is imported for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from pipelines.convert.jobs import JobPool

DASK: Final = "dask"
POOLS: Final = ("local", DASK)
"""Values of CONVERSION_POOL."""


def pool_from_settings(settings: BaseSettings) -> JobPool:
    """Return the pool of CONVERSION_POOL, whose processes and connections start on first use."""
    from pipelines.convert.pool import PATIENCE, ConversionPool, convert_page  # noqa: PLC0415

    local = ConversionPool.from_settings(settings)
    if settings["CONVERSION_POOL"] != DASK:
        return local
    from pipelines.convert.dask_cluster import Cluster  # noqa: PLC0415
    from pipelines.convert.dask_pool import DaskPool  # noqa: PLC0415
    from pipelines.convert.jobs import Limits  # noqa: PLC0415

    limits = Limits(settings.getfloat("CONVERSION_SECONDS"), PATIENCE, settings.getint("CONVERSION_MEMORY"))
    return DaskPool(Cluster(str(settings["DASK_SCHEDULER"])), local, limits, convert_page)
