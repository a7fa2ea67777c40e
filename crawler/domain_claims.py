"""Domain claims: which listed domains this process works on, where several processes write to one output folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from crawler.arguments import SHARD

if TYPE_CHECKING:
    from crawler.run import Run

logger = logging.getLogger(__name__)


class DomainClaims:
    """The listed domains of a run, each claimed while it is open: no other process works on it meanwhile.

    All of a long list at once would be more than the server that keeps the claims has room for: some thousands.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    async def claim_run(self) -> None:
        """Claim the run's work as a whole. Raises OutputError if another process works on just these companies."""
        run = self._run
        domains = [domain for company in run.arguments.companies for domain in company.listed_domains]
        work = f"{SHARD.name} {run.given[SHARD.name]}" if SHARD.name in run.given else ""
        await run.folder.claim(domains, work)
        run.has_begun = True

    async def claim(self, domain: str) -> bool:
        """Claim a listed domain; return whether that was possible. If not, it is a loss: the next run takes it up."""
        owner = await self._run.folder.claim_domain(domain)
        if owner is not None:
            logger.warning("%s: left to %s, which works on it", domain, owner)
            self._run.stats.add_failure(domain, f"{owner} works on it")
        return owner is None

    async def release(self, domain: str) -> None:
        """Let another process have a listed domain on which nothing is under way."""
        await self._run.folder.release_domain(domain)
