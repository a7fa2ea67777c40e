"""The downloader middlewares, and what travels with a request.

Order, from the engine to the downloader; responses come back the other way:

| middleware | to the downloader | back to the engine |
|---|---|---|
| ThrottleMiddleware | waits for a place in flight | frees the place; pauses on a refusal; retries |
| WarcCacheMiddleware | answers from our own WARC files | writes mementos to them |
| RateLimitMiddleware | waits for a slot of the budget and for the end of a pause | |
| ClassifyMiddleware | | puts what the response says into `meta["answer"]` |
| DecodeBodyMiddleware | asks for gzip | undoes content encodings |

A request stays in flight until its memento is in a WARC file: a kill repeats the requests in flight, and no others. A
cached response takes no budget. Nothing delays a request after RateLimitMiddleware.

Keys of `Request.meta`, besides Scrapy's own:

| key | type | set by | read by |
|---|---|---|---|
| `download_slot` | str | archives (`listing`, `playback`, `local`) | all: which service and budget |
| `job` | SnapshotJob, Listing or Nearest | DomainCrawl, Listings | spider: whose answer it is |
| `capture` | Capture | DomainCrawl | ClassifyMiddleware: is an empty body whole |
| `answer` | Memento, Pointer, Absence, Refusal or None | ClassifyMiddleware | throttle, cache, spider, listings |
| `sent` | float, monotonic seconds | Throttle | Throttle: sent before or after a pause |
| `tries` | int, from 1 | Retries | Retries |
| `retry_after` | float, seconds | Retries | ThrottleMiddleware |
| `refused_alone` | int | ThrottleMiddleware | the same: refusals of this request while others are answered |
"""
