"""Digests that a channel has not received: what failed, or was killed before it was sent, is sent after the next run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipelines.catalog.database import Database
from pipelines.catalog.schema import deliveries

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """A digest that a channel has not received: of the changes since a moment (as the catalog writes it), and why."""

    channel: str
    since: str
    tries: int = 0
    cause: str = ""


class DeliveryWriter(Database):
    """The table `deliveries`. A channel is named by its service, never by its address, which can be a secret."""

    def expect_deliveries(self, channels: Iterable[str], since: str) -> None:
        """Note that channels have to receive the changes since a moment, unless they already wait for earlier ones."""
        self._add_new(
            deliveries, [{"channel": each, "since": since, "tries": 0, "cause": "not sent yet"} for each in channels]
        )

    def open_deliveries(self) -> list[OpenDelivery]:
        """Return the digests that have not been received, by channel."""
        with self.transaction():
            return open_deliveries(self._db)

    def end_delivery(self, channel: str, cause: str) -> None:
        """Note that a channel has received its digest, or why it has not."""
        mine = deliveries.c.channel == channel
        with self.transaction():
            if cause:
                values = {"tries": deliveries.c.tries + 1, "cause": cause}
                self._db.execute(sa.update(deliveries).where(mine).values(values))
            else:
                self._db.execute(sa.delete(deliveries).where(mine))


def open_deliveries(connection: sa.Connection) -> list[OpenDelivery]:
    """Return the digests that have not been received, by channel."""
    return [OpenDelivery(*row) for row in connection.execute(sa.select(deliveries).order_by(deliveries.c.channel))]
