"""Jobs of converting processes, and the interface of the pools that do them: here (pool) or on a cluster (dask_pool)."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from pipelines.errors import ConversionCrashed, ConversionError
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.convert.readings import Wanted
    from pipelines.document import Document

_P = ParamSpec("_P")
_T = TypeVar("_T")

_MAX_CAUSE = 300  # characters of a foreign exception's text


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use: `seconds` of processor time, `patience` times as many on the clock, `memory` in bytes."""

    seconds: float
    patience: float
    memory: int


@dataclass(frozen=True, slots=True)
class Job:
    """A call to make in a worker's process; `about` names its subject in errors."""

    about: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]

    def __str__(self) -> str:
        return self.about

    def do(self) -> Any:
        return self.function(*self.arguments, **self.named)


class JobPool(ABC):
    """Does jobs (conversion of pages, search for links) in processes. Use it from one event loop.

    `convert` is an importable function with the signature of `pipelines.convert.pool.convert_page`, which must return
    something picklable.
    """

    on_lost: Callable[[str], None] | None = None
    """Called once, with the reason in one line, when the pool can do no more jobs: then each raises PoolLost."""

    def __init__(self, convert: Callable[..., Document]) -> None:
        self._convert = convert

    async def convert(
        self,
        html: bytes,
        *,
        url: str,
        timestamp: str,
        domain: str,
        content_type: str = "",
        reading: Wanted = "auto",
        kind: str = PRIVACY.name,
    ) -> Document:
        """Convert one page. Raises ConversionError, by cause, for this page only; cancelling stops its process."""
        about = f"{url} of {timestamp}"
        facts = {"url": url, "timestamp": timestamp, "domain": domain, "content_type": content_type}
        if reading != "auto":
            facts["reading"] = reading
        if kind != PRIVACY.name:
            facts["kind"] = kind
        return await self.run(about, self._convert, html, **facts)

    @property
    @abstractmethod
    def width(self) -> int:
        """Jobs that are done at the same time, as far as it is known now."""

    @abstractmethod
    async def run(self, about: str, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call `function` in a process. Raises ConversionError, by cause, with the job's `about`.

        The function must be importable without Scrapy. Its arguments and its result must be picklable. Cancelling stops
        the process.
        """

    @abstractmethod
    async def close(self) -> None:
        """End all processes now. Unfinished jobs raise PoolClosed. Closing again does nothing."""


def opened(job: Job, outcome: bytes) -> Any:
    """Return the result that a worker has pickled. Raises ConversionError if that is one, or can't be read."""
    try:
        result = pickle.loads(outcome)  # noqa: S301 - written by a worker of ours
    except Exception as error:
        raise ConversionCrashed(f"{job}: its result can't be read ({cause_of(error)})") from error
    if isinstance(result, ConversionError):
        raise result
    return result


def cause_of(error: BaseException) -> str:
    """Return an exception's class and text in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_CAUSE]
