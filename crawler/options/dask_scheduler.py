"""DASK_SCHEDULER: the form of the address, and a look at the scheduler and its workers before a crawl begins."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from pipelines.catalog.connection_remedy import with_remedy
from pipelines.installation import install_command

if TYPE_CHECKING:
    from distributed import Client

_FORM: Final = "tcp://host:8786 or tls://host:8786"
_ADDRESS: Final = re.compile(r"(?:tcp|tls)://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_MAX_PORT: Final = 65_535


def check_scheduler(value: Any) -> None:
    """Check the form of a scheduler's address, which may be empty. Raises ValueError."""
    if not value:
        return
    text = value if isinstance(value, str) else ""
    if not _ADDRESS.fullmatch(text) or not 0 < int(text.rpartition(":")[2]) <= _MAX_PORT:
        raise ValueError(f"write {_FORM}")


def check_installed(_: Any) -> None:
    """Raise ValueError without the package, which is not imported for it."""
    if find_spec("distributed") is None:
        raise ValueError(f"needs distributed: {install_command('dask')}")


def reach(address: str) -> None:
    """Connect to a scheduler, and look at its workers. Raises ValueError with the fault and the remedy.

    A scheduler without workers will do: these may come later. It works in a thread, as the caller may have an event loop.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _look(address)).result()


async def _look(address: str) -> None:
    from pipelines.convert.dask_cluster import closed, unfit_workers  # noqa: PLC0415 - loads the converter
    from pipelines.convert.jobs import cause_of  # noqa: PLC0415

    client = await _client(address)
    try:
        workers = await client.scheduler.ncores()  # type: ignore[union-attr]
        unfit = await unfit_workers(client, workers)
    except Exception as error:  # noqa: BLE001 - Dask's client raises of all kinds
        raise ValueError(f"the scheduler does not answer ({cause_of(error)})") from None
    finally:
        await closed(client)
    for worker, reason in unfit.items():
        raise ValueError(f"worker {worker}: {reason}")


async def _client(address: str) -> Client:
    from pipelines.convert.dask_cluster import connected  # noqa: PLC0415
    from pipelines.convert.jobs import cause_of  # noqa: PLC0415

    try:
        return await connected(address)
    except ImportError as error:
        raise ValueError(f"{error}; {install_command('dask')}") from None
    except Exception as error:  # noqa: BLE001
        what = "; see distributed.comm.tls in Dask's configuration" if address.startswith("tls:") else ""
        fault = with_remedy(f"can't connect to a Dask scheduler there ({cause_of(error)})")
        raise ValueError(f"{fault}{what}") from None
