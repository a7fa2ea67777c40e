"""The files that a run leaves of its counts: run.json, and a shard's own beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from crawler.arguments import COMPANIES, DOMAIN, SHARD
from pipelines.output.run_file import PLAN_FILE, RUN_FILE, shard_file, shard_files

if TYPE_CHECKING:
    from crawler.run import Run


async def write_run_files(run: Run) -> None:
    """Write run.json, the file of the run that ended last; with shard= also one that other shards leave alone.

    Shard files of another division of the list are deleted, as are all of them by a run of the whole list: what they say is
    of earlier runs. A plan leaves plan.json alone.
    """
    data = (json.dumps(run.stats.as_json(), indent=2, ensure_ascii=False) + "\n").encode()
    if run.arguments.plan:
        await run.folder.write_file(PLAN_FILE, data)
        return
    storage = run.folder.store.storage
    part, parts = SHARD.of(run.given)
    own = shard_file(part, parts) if SHARD.name in run.given else ""
    if own:
        await run.folder.write_file(own, data)
    await run.folder.write_file(RUN_FILE, data)
    if (own or not {COMPANIES.name, DOMAIN.name} & run.given.keys()) and not await run.folder.other_runs():
        for name, of_parts in (await run.folder.run(shard_files, storage)).items():
            if not (own and of_parts == parts):
                await run.folder.run(storage.delete, name)
