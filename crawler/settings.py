"""Scrapy settings. The comment of an override gives the default and the reason to change it."""

from __future__ import annotations

import os

from crawler.packaged import packaged

BOT_NAME = "wayback-policies"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"  # default "": the project's own commands

# Own settings, each with the modules that read it

COMPANIES_FILE = str(packaged("companies.yaml"))  # arguments, commands.companies
OUTPUT_DIR = "output"  # run, commands: the folder of all files that a run writes
TOPICS_FILE = ""  # run, commands: topics added to pipelines/kinds/privacy/topics.yaml
TAKEDOWN_FILE = ""  # run, commands: a list of domains, addresses and hashes whose texts are withheld everywhere
CATALOG_URL = ""  # run, commands: SQLAlchemy's form; empty for catalog.db in OUTPUT_DIR
SPOOL_DIR = ""  # run, commands: of an OUTPUT_DIR in an object store; empty for a folder in the user's cache
PUBLIC_URL = ""  # feeds, digest: where OUTPUT_DIR is served; empty for links to files
NOTIFY = ""  # notify: services that are told of changes, as addresses of Apprise
ON_CHANGES = ""  # notify: a command line to run after a run with changes, with the digest on standard input
ON_CHANGES_SECONDS = 600  # notify: after which it is ended
PROXY = ""  # proxies: http://user:password@host:port; empty for that of the environment (http_proxy, https_proxy)
CONTACT = ""  # spiders.policies: your mail address or web page, by which an archive can reach you before it blocks
CDX_CALLS_PER_MINUTE = 24  # rate_limit: 80 % of the Wayback Machine's limit (edgi#206); 0 for no limit
PLAYBACK_CALLS_PER_SECOND = 8  # rate_limit: 80 % of the limit (edgi _client.py); 0 for no limit
COMMONCRAWL_CALLS_PER_MINUTE = 20  # arguments: one every 3 s and one at a time, as cdx_toolkit asks it; 0 for no limit
COMMONCRAWL_RECORDS_PER_SECOND = 2  # arguments: records read, one at a time; 0 for no limit
COMMONCRAWL_INDEX_URL = "https://index.commoncrawl.org"  # arguments: another server of the same layout
COMMONCRAWL_DATA_URL = "https://data.commoncrawl.org"  # arguments: the same for the records
COMMONCRAWL_PARQUET = (
    ""  # arguments: the columnar index: folders, Parquet files, lists of them; empty for the index server
)
RATE_LIMIT_URL = ""  # run: redis://user:password@host:port/db, where processes share budgets and pauses; empty for none
COOLDOWN_SECONDS = 60  # throttle: first pause after a refusal without Retry-After; doubles
COOLDOWN_GIVE_UP_SECONDS = 7200  # throttle: refused for so long, the run ends with status 3
RETRY_SECONDS = 2  # throttle: before the second of six tries at a transient failure; doubles
LISTING_TIMEOUT = 300  # listings: other clients' 25 s are too few for bulk listings (agntn/archives PR#70)
LISTING_ROWS = 10_000  # arguments: rows a page; fewer is the remedy for listings that end in 504 (edgi PR#209)
BULK_LISTING_ROWS = 0  # discovery: rows of a listing of the whole domain; 0: none, the dearest question of all
HOME_PAGES = True  # domain: look for links to the policy on one archived home page per half-year
LANGUAGES = ""  # arguments: only texts in these (de,en); empty for all; a company's own `languages:` come first
REJECTED_TEXTS = False  # item_pipelines: write the text of a page that is no policy to OUTPUT_DIR/rejected
GIVE_UP_RUNS = 5  # spiders.policies: runs in which a capture has the same defect, until it is "unreadable"; 0 for never
RELIST_DAYS = 30  # listings: days after which a listing is read whole again; before that, only its end
PROGRESS_SECONDS = 60  # progress: between two log lines (live on a terminal instead); 0 for neither
CONVERSION_POOL = "local"  # pool_choice: where pages are converted; "dask" for the cluster of DASK_SCHEDULER
DASK_SCHEDULER = ""  # pool_choice: tcp://host:8786 or tls://host:8786; trusted machines only
CONVERSION_WORKERS = os.cpu_count() or 1  # pool: processes that convert pages and read home pages
CONVERSION_SECONDS = 10  # pool: processor time for one page
CONVERSION_MEMORY = 1 << 30  # pool: bytes for one worker

# Scrapy's

# USER_AGENT: made of CONTACT by the spider, unless it is set here, in the user's own settings module or with -s
ROBOTSTXT_OBEY = False  # as the default: an archive's robots.txt is for crawlers of the archive's own pages
COOKIES_ENABLED = False  # default True: playback needs none
TELNETCONSOLE_ENABLED = False  # default True: lets anyone with access to the port run code
REMOTE_CONTROL_ENABLED = False  # default True since Scrapy 2.19: as the telnet console, over HTTP
RETRY_ENABLED = False  # default True: retries by status alone; throttle tells mementos from failures
REDIRECT_ENABLED = False  # default True: the spider follows redirects, within the archive only
METAREFRESH_ENABLED = False  # default True: it would follow the refresh of an archived page out of the archive
COMPRESSION_ENABLED = False  # default True: trusts Content-Encoding; decode_body looks at the bytes
HTTPERROR_ALLOW_ALL = True  # default False: an archived 404 is data
DOWNLOAD_FAIL_ON_DATALOSS = False  # default True: HeaderLimitHandler raises, and says after how many bytes it was cut
DOWNLOAD_TIMEOUT = 60  # default 180: edgi's client waits 60 s
DOWNLOAD_MAXSIZE = (
    16 * 1024 * 1024
)  # default 1 GiB: no larger page is converted; a listing request may have its own limit
DOWNLOAD_WARNSIZE = 0  # default 32 MiB: the warning has no remedy
DOWNLOAD_DELAY = 0  # as the default: rate_limit paces
CONCURRENT_REQUESTS = 48  # default 16: includes requests that wait for a slot
CONCURRENT_REQUESTS_PER_DOMAIN = 20  # default 8: in flight to either of an archive's services, and connections kept
# alive (8/s at 2 s latency takes 16)
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64 * 1024 * 1024  # default 5 MB: fewer pages than a large machine has workers
CONCURRENT_ITEMS = 1  # default 100: tasks started for each response, whose callback gives one item or one request here
DNS_TIMEOUT = 20  # default 60
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"  # the default knows IPv4 alone
URLLENGTH_LIMIT = 0  # default 2083: drops requests silently; pipelines.untrusted bounds the URLs of archives
DEPTH_STATS_VERBOSE = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.archives.header_limit.HeaderLimitHandler",  # the default reads headers without end
    "https": "crawler.archives.header_limit.HeaderLimitHandler",
    "warc": "crawler.archives.warc_handler.WarcHandler",
    "columns": "crawler.archives.columns_handler.ColumnsHandler",
    "file": None,  # an archive's response must not open local files
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOADER_MIDDLEWARES = {  # crawler/downloadermiddlewares/__init__.py explains the order
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # only archive classes make requests
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,  # ignores what it can't use, and PROXY
    "crawler.downloadermiddlewares.proxy.ProxyMiddleware": 930,
    "crawler.downloadermiddlewares.throttle.ThrottleMiddleware": 940,
    "crawler.downloadermiddlewares.warc_cache.WarcCacheMiddleware": 950,
    "crawler.downloadermiddlewares.rate_limit.RateLimitMiddleware": 960,
    "crawler.downloadermiddlewares.classify.ClassifyMiddleware": 970,
    "crawler.downloadermiddlewares.decode_body.DecodeBodyMiddleware": 980,
    "crawler.downloadermiddlewares.replay.ReplayMiddleware": 985,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,  # archives need no Referer
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
ITEM_PIPELINES = {
    "pipelines.item_pipelines.Convert": 100,
    "pipelines.item_pipelines.Gate": 200,
    "pipelines.item_pipelines.Record": 300,
}
EXTENSIONS = {
    "crawler.extensions.progress.Progress": 10,
    "crawler.extensions.run_report.RunReport": 20,
    "scrapy.extensions.feedexport.FeedExporter": None,  # items are answers, not versions; `scrapy export` has these
}
LOGSTATS_INTERVAL = 0  # default 60: Progress logs more
STATS_DUMP = False  # default True: run.json has the counts
LOG_LEVEL = "INFO"  # default DEBUG: prints every item
LOG_FORMATTER = "crawler.console.logs.LogFormatter"  # the default prints a failed item whole
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
