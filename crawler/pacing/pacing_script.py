"""The script that a Redis server runs for SharedPacing: each call is one atomic step, by the server's own clock.

The slots are pyrate-limiter's: its GCRA script is the function `gcra` here, with a burst of 1. Called alone, it only says
whether a request may be sent now. Processes that wait would all ask again at the same moment, and each answer would be late
by its way back. So this script asks it twice: for now, and if the budget is used, for the moment at which it is not. That
reserves this slot, in the order in which processes ask. What pyrate-limiter has not, is beside it: the pause after a refusal
and the probe after a pause (local_pacing.py has both for one process).

KEYS: the archive's pause, then one budget for each service. All times are microseconds of the server's clock.
"""

from __future__ import annotations

import json
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from uuid import uuid4

from pyrate_limiter import GCRA, Rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from redis import Redis

_UNITS: Final = 1000
"""Slots to a Rate: pyrate-limiter's intervals are whole milliseconds."""


_CONSTANTS: Final = {
    "lease": 10_000_000,  # of the probe and of a lower rate, which a living process renews at each call
    "settle": 1_000_000,  # without slots after the server has lost its state: longer than a living process is silent
    "kept": 3_600_000_000,  # a pause or budget that no process has asked for is forgotten
    "longest": 86_400_000_000,  # of a Retry-After
    "tolerance": 100_000,  # between the clocks of two processes
}
"""Constants of the script, in microseconds."""


def emission_of(interval: float) -> int:
    """Return the microseconds from slot to slot, as pyrate-limiter's script takes them. 0 for no limit."""
    if not interval:
        return 0
    return int(GCRA().redis_args([Rate(_UNITS, ceil(interval * 1_000_000), burst=1)])[0])


def keys_of(archive: str, services: Iterable[str]) -> list[str]:
    """Return the keys of an archive: its pause, and a budget for each service. A cluster keeps them on one node."""
    return [f"wayback-policies:{{{quote(archive, safe=':/+')}}}:{part}" for part in ("pause", *services)]


def arguments(emissions: Sequence[int], *operations: dict[str, Any], probe: str = "") -> dict[str, Any]:
    """Return the argument of a call: the service's `emission_of` each, the operations, and the probe of this process."""
    return {**_CONSTANTS, "fresh": uuid4().hex, "emissions": emissions, "probe": probe, "operations": operations}


def try_script(server: Redis) -> None:
    """Run each part of the script once, on keys of its own that are deleted again. Raises RedisError."""
    keys = keys_of(f"try/{uuid4().hex}", ["playback"])
    refused = {"name": "refused", "sent": 0, "cause": "", "waits": [0]}
    take = {"name": "take", "service": 1, "probe": "try"}
    asked = {**arguments([emission_of(1)], refused, take, probe="try"), "unsure": False}
    server.register_script(SCRIPT)(keys=keys, args=[json.dumps(asked)])
    server.delete(*keys)


SCRIPT: Final = """
local function gcra(KEYS, ARGV)
--GCRA--
end

local asked = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local pause = KEYS[1]
local slot, is_probe = 0, 0

local function get(key, field) return tonumber(redis.call('HGET', key, field) or 0) or 0 end
local function put(key, field, value) redis.call('HSET', key, field, string.format('%.0f', value)) end
local function keep(key, ends)
  redis.call('PEXPIRE', key, string.format('%.0f', (math.max(0, ends - now) + asked.kept) / 1000))
end

-- Budgets. The longest interval of all processes that were here lately holds.
local emissions = {}
for i, own in ipairs(asked.emissions) do
  local key = KEYS[i + 1]
  if own >= get(key, 'emission') or get(key, 'emission_until') < now then
    put(key, 'emission', own)
    put(key, 'emission_until', now + asked.lease)
  end
  emissions[i] = get(key, 'emission')
  -- Slots that were reserved in a state that is lost, are used or dropped before the first one of the new state.
  local first = now + asked.settle + emissions[i]
  local is_new = redis.call('HSETNX', key, 'generation', asked.fresh) == 1
  local due = get(key, 'tat1')
  if is_new or asked.unsure then due = math.max(due, first) end
  if due > now + asked.settle + 60000000 + 256 * emissions[i] then due = first end  -- the clock was set back
  put(key, 'tat1', due)
  keep(key, due)
end

local function reserve(i)
  local key, emission = KEYS[i + 1], emissions[i]
  if emission == 0 then return now end
  local step = {now / 1000, 1, asked.kept / 1000, 1, emission, 1}
  local at = now
  if gcra({key}, step)[1] >= 0 then
    at = get(key, 'tat1') + 1  -- a microsecond more, as the script multiplies what is divided here
    step[1] = at / 1000
    gcra({key}, step)
  end
  keep(key, at + emission)
  return at
end

-- The pause, as in Cooldown.
redis.call('HSETNX', pause, 'generation', asked.fresh)
if get(pause, 'since') > 0 and get(pause, 'until') + asked.kept < now then
  redis.call('HDEL', pause, 'until', 'began', 'times', 'since', 'cause', 'probe', 'probe_until')
end
if redis.call('HGET', pause, 'probe') == asked.probe then put(pause, 'probe_until', now + asked.lease) end

local does = {}

function does.refused(op)
  local times, began, ends = get(pause, 'times'), get(pause, 'began'), get(pause, 'until')
  local wait = op.retry_after
  if wait then wait = math.min(wait, asked.longest) end
  -- A request that was sent while another process knew of the pause already belongs to it as well.
  if times == 0 or op.sent > math.max(began, ends - math.min(asked.tolerance, (ends - began) / 2)) then
    times = times + 1
    put(pause, 'times', times)
    put(pause, 'began', now)
    if get(pause, 'since') == 0 then put(pause, 'since', now) end
    wait = wait or op.waits[math.min(times, #op.waits)]
  end
  put(pause, 'until', math.max(ends, now + (wait or 0)))
  redis.call('HSET', pause, 'cause', op.cause)
end

function does.succeeded(op)
  local began, ends = get(pause, 'began'), get(pause, 'until')
  if op.sent >= ends - math.min(asked.tolerance, (ends - began) / 2) then
    redis.call('HDEL', pause, 'times', 'since', 'probe', 'probe_until')
  end
end

function does.release(op)
  if redis.call('HGET', pause, 'probe') == op.probe then redis.call('HDEL', pause, 'probe', 'probe_until') end
end

function does.restore(op)
  for _, field in ipairs({'until', 'began', 'times'}) do put(pause, field, math.max(get(pause, field), op[field])) end
  local since = get(pause, 'since')
  if since == 0 or op.since < since then put(pause, 'since', op.since) end
  redis.call('HSETNX', pause, 'cause', op.cause)
end

function does.take(op)
  if get(pause, 'until') > now then return end
  if get(pause, 'since') > 0 then
    local holder = redis.call('HGET', pause, 'probe')
    if holder and holder ~= op.probe and get(pause, 'probe_until') > now then return end
    redis.call('HSET', pause, 'probe', op.probe)
    put(pause, 'probe_until', now + asked.lease)
    is_probe = 1
  end
  slot = reserve(op.service)
end

for _, op in ipairs(asked.operations) do does[op.name](op) end
keep(pause, get(pause, 'until'))

local others = 0
if get(pause, 'since') > 0 and redis.call('HGET', pause, 'probe') ~= asked.probe then others = get(pause, 'probe_until') end
local reply = {
  now, get(pause, 'until'), get(pause, 'began'), get(pause, 'times'), get(pause, 'since'), others, slot, is_probe,
  redis.call('HGET', pause, 'generation'), redis.call('HGET', pause, 'cause') or ''
}
for i, emission in ipairs(emissions) do
  table.insert(reply, emission)
  table.insert(reply, get(KEYS[i + 1], 'tat1'))
  table.insert(reply, redis.call('HGET', KEYS[i + 1], 'generation'))
end
return reply
""".replace("--GCRA--", GCRA().redis_script() or "")
