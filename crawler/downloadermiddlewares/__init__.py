"""The downloader middlewares, their order, and the keys of `Request.meta`.

Order from the engine to the downloader. Responses pass in the opposite order:

| middleware | to the downloader | back to the engine |
|---|---|---|
| ProxyMiddleware | names the proxy in `meta["proxy"]` | |
| ThrottleMiddleware | waits for a place in flight | frees the place; pauses all requests after a refusal; retries |
| WarcCacheMiddleware | answers from our own WARC files | writes mementos to them |
| RateLimitMiddleware | waits for a slot of the budget and for the end of a pause | |
| ClassifyMiddleware | refuses to leave the archive's hosts | classifies the response in `meta["answer"]` |
| DecodeBodyMiddleware | asks for gzip | undoes content encodings |
| ReplayMiddleware | | gives a record of an archive without playback as a memento |

A request stays in flight until its memento is in a WARC file: a kill repeats the requests in flight, and no others. A
cached response takes no budget. Nothing delays a request after RateLimitMiddleware.

Keys of `Request.meta`, besides Scrapy's own:

| key | type | set by | read by |
|---|---|---|---|
| `archive` | str | archives | Run: the archive by its name, and its throttle |
| `service` | str | archives (`listing`, `playback`, `local`) | Throttle, Progress: the budget |
| `download_slot` | str | archives | Scrapy, which bounds the requests in flight of each |
| `target` | (str, str): timestamp, URL; absent for a listing | archives | WarcCacheMiddleware, ClassifyMiddleware |
| `next_request` | Request or None | ClassifyMiddleware | Throttle: what follows an answered look-up |
| `job` | SnapshotJob, Listing or Nearest | DomainCrawl, Listings | spider: the job that is answered |
| `capture` | Capture | DomainCrawl | ClassifyMiddleware: whether an empty body is whole |
| `answer` | Memento, Pointer, Absence, Refusal or None | ClassifyMiddleware | throttle, cache, spider, listings |
| `is_patient` | bool, else True | Listings | Throttle: whether a query that took the archive too long is asked again |
| `sent` | float, monotonic seconds | Throttle | Throttle: whether it was sent before a pause |
| `tries` | int, from 1 | Retries | Retries |
| `defect`, `same_defect` | Defect or None; int | Retries | Retries: tries in a row with the same defect |
| `resume_key` | str or None | TimeMapArchive | TimeMapArchive: the TimeMaps that are left |
| `no_cache` | bool | Control | WarcCacheMiddleware: the archive itself has to answer |
| `max_tries` | int | SelftestSpider | Retries: tries of this request, MAX_TRIES without it |
| `question` | str | SelftestSpider | RecordMiddleware: the question of the self-test that it asks |
| `retry_after` | float, seconds | Retries | ThrottleMiddleware |
| `refused_alone` | int | ThrottleMiddleware | ThrottleMiddleware: refusals of this request while others are answered |
"""
