"""Behaviour: the switches of the archive double, one for each known fault of the real archive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Switches, all off by default. Times are in seconds. A switch that counts is off at 0.

    Listing
    - `repeat_every`: every n-th row of a page is sent twice (512 of 1,000 rows in a page recorded in 2026)
    - `overlap`: a continued page starts that many rows too early
    - `empty_every`: every n-th page of a listing has no rows, but a key
    - `key_returns_after`: from the n-th page on, every key is that of the first page; -1: only after the last row
    - `key_format`: `base64` (since 2026) or `old`; `key_inclusive`: the row named by a key is repeated
    - `key_on_exact_fit`: a last page that is exactly full has a key, and the next page is empty
    - `odd_rows`: names from `cdx.ODD_ROWS`; each adds one such row to the top of each page that is not empty
    - `twin_every`: every n-th row is repeated with another digest; playback serves only the first
    - `refused`: match types (exact, prefix, host, domain) that get 403 "requires authorization"
    - `pages_refused`: 400 for page=, pageSize= and showNumPages=
    - `ignores`: beginnings of parameters (`collapse`, `filter=urlkey`, `limit=-`) that the server acts as if it had not got
    - `cut_rows_at`: never more rows than this and no key (pywb, at 100,000)

    Listing and playback
    - `excluded`, `robots`: hosts that the archive excludes; `excluded_status`: 200 or 403 in playback of the excluded

    Playback
    - `lost_redirects`: a listed capture that is missing redirects to its nearest neighbour instead of being a 404
    - `loops`: a regular expression; matching URLs redirect back and forth between two timestamps
    - `location`: how an archived redirect's Location is written, a name from `playback.LOCATIONS`
    - `redirect_years`: archived redirects point that many years too late
    - `encoding`: how bodies are encoded, a name from `playback.ENCODINGS`, or `mixed`
    - `unknown_length`: x-archive-orig-content-length is -1; `missing_length`: there is none
    - `offline`: a regular expression; captures whose "timestamp URL" matches redirect to another capture of the page
    - `escaped_link`: the Link header has `&amp;` for `&`, as in 2020
    - `cut_at_1_mib`: every body is exactly 1 MiB, with the Warning header of a truncated capture

    Service
    - `needs_user_agent`: 400 without one
    - `latency`: before each answer, in parallel
    - `cdx_limit`, `playback_limit`: requests per `limit_window`; more get 429, with `retry_after` as header if not None
    - `block_after`: so many 429s in `limit_window`, and for `block_seconds` connections are refused (each time doubled)
    - `cdx_first`, `playback_first`: faults (names from `faults.FAULTS`, or "") of the first requests for each path
    - `faults_at`: (regular expression, fault) for the requests whose path and query, decoded, it is found in
    - `random_faults`: (fault, share of requests) of any kind, drawn by `seed`, path and attempt, not by order of arrival
    - `stall_seconds`: how long a stalled answer keeps its connection; `short_by`: bytes a "short" body lacks
    """

    repeat_every: int = 0
    overlap: int = 0
    empty_every: int = 0
    key_returns_after: int = 0
    key_format: str = "base64"
    key_inclusive: bool = False
    key_on_exact_fit: bool = False
    odd_rows: tuple[str, ...] = ()
    twin_every: int = 0
    refused: frozenset[str] = frozenset()
    pages_refused: bool = False
    ignores: tuple[str, ...] = ()
    cut_rows_at: int = 0
    excluded: frozenset[str] = frozenset()
    robots: frozenset[str] = frozenset()
    excluded_status: int = 200
    lost_redirects: bool = False
    loops: str = ""
    location: str = "absolute"
    redirect_years: int = 0
    encoding: str = "as archived"
    unknown_length: bool = False
    missing_length: bool = False
    offline: str = ""
    escaped_link: bool = False
    cut_at_1_mib: bool = False
    needs_user_agent: bool = False
    latency: float = 0.0
    cdx_limit: int = 0
    playback_limit: int = 0
    limit_window: float = 60.0
    retry_after: int | None = None
    block_after: int = 0
    block_seconds: float = 3600.0
    cdx_first: tuple[str, ...] = ()
    playback_first: tuple[str, ...] = ()
    faults_at: tuple[tuple[str, str], ...] = ()
    random_faults: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    stall_seconds: float = 3600.0
    short_by: int = 100
