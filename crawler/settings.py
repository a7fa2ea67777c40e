"""Scrapy settings. Each override says what the default is and why it is not kept; each own setting, who reads it."""

from __future__ import annotations

import os

from crawler import __version__
from crawler.packaged import packaged

BOT_NAME = "wayback-policies"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"  # default "": adds companies and the exit status of crawl

# Own settings

COMPANIES_FILE = str(packaged("companies.yaml"))  # crawler.arguments, scrapy companies
OUTPUT_DIR = "output"  # crawler.arguments, the spider: everything that a run writes is under it
CATALOG_URL = ""  # pipelines.library: SQLAlchemy's form; empty for catalog.db in OUTPUT_DIR
CONTACT = ""  # crawler.useragent: your mail address or web page; archives ask for it before they block
CDX_CALLS_PER_MINUTE = 24  # crawler.turns: 80 % of the Wayback Machine's limit (edgi#206); 0 for no limit
PLAYBACK_CALLS_PER_SECOND = 8  # crawler.turns: 80 % of the limit (edgi _client.py); 0 for no limit
COOLDOWN_SECONDS = 60  # crawler.politeness: first pause after a refusal without Retry-After; doubles
COOLDOWN_GIVE_UP_SECONDS = 7200  # crawler.politeness: refused for so long, the run ends with status 3
RETRY_SECONDS = 2  # crawler.politeness: before the second of six tries of what failed in passing; doubles
LISTING_TIMEOUT = 300  # crawler.listings: other clients' 25 s are too few for bulk listings (agntn/archives PR#70)
LISTING_ROWS = 10_000  # crawler.arguments: rows a page; fewer is the remedy for listings that end in 504 (edgi PR#209)
HOME_PAGES = True  # the spider: look for links to the policy on one archived home page per half-year
LANGUAGES = ""  # crawler.arguments: only texts in these (de,en); empty for all; a company's own `languages:` come first
REJECTED_TEXTS = False  # pipelines.items: write the text of what is no policy to OUTPUT_DIR/rejected
RELIST_DAYS = 30  # the spider: a listing is read whole again after so many days, not only its end
PROGRESS_SECONDS = 60  # crawler.extensions: between two lines of progress (none: live, on a terminal); 0 for neither
CONVERSION_WORKERS = os.cpu_count() or 1  # pipelines.workers: processes that convert pages and read home pages
CONVERSION_SECONDS = 10  # pipelines.workers: time for one page
CONVERSION_MEMORY = 1 << 30  # pipelines.workers: bytes for one worker

# Scrapy's

USER_AGENT = f"{BOT_NAME}/{__version__} (+no contact given)"  # default names Scrapy; crawler.useragent adds CONTACT
ROBOTSTXT_OBEY = False  # as the default: an archive's robots.txt is for crawlers of the archive's own pages
COOKIES_ENABLED = False  # default True: a cookie would tell replayed pages apart for nothing
TELNETCONSOLE_ENABLED = False  # default True: runs code for whoever reaches the port
REMOTE_CONTROL_ENABLED = False  # default True since 2.19: the same over HTTP
RETRY_ENABLED = False  # default True: decides by status alone; crawler.politeness knows mementos
REDIRECT_ENABLED = False  # default True: the spider follows redirects, within the archive only
METAREFRESH_ENABLED = False  # default True: a replayed page's refresh is its own affair
COMPRESSION_ENABLED = False  # default True: trusts Content-Encoding; crawler.bodies looks at the bytes
HTTPERROR_ALLOW_ALL = True  # default False: an archived 404 is data
DOWNLOAD_FAIL_ON_DATALOSS = True  # as the default: a cut body is asked for again
DOWNLOAD_TIMEOUT = 60  # default 180: edgi's client waits 60 s
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # default 1 GiB: no larger page is read (pipelines.decode); listings may have more
DOWNLOAD_WARNSIZE = 0  # default 32 MiB: nothing to do about it
DOWNLOAD_DELAY = 0  # as the default: crawler.turns paces
CONCURRENT_REQUESTS = 48  # default 16: requests waiting for their turn count, too
CONCURRENT_REQUESTS_PER_DOMAIN = 20  # default 8: in flight to either of an archive's services, and connections kept
# alive (8/s at 2 s latency takes 16)
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 64 * 1024 * 1024  # default 5 MB: fewer pages than a large machine has workers
CONCURRENT_ITEMS = 1  # default 100: tasks started for each response, whose callback gives one item or one request here
DNS_TIMEOUT = 20  # default 60
URLLENGTH_LIMIT = 0  # default 2083: drops requests without a word; pipelines.untrusted bounds what archives say
DEPTH_STATS_VERBOSE = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.header_limit.HeaderLimitHandler",  # the default reads headers without end
    "https": "crawler.header_limit.HeaderLimitHandler",
    "warc": "crawler.archives.warc.WarcHandler",
    "file": None,  # what an archive says must not open files of this machine
    "ftp": None,
    "s3": None,
    "data": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # requests are only ever built by an archive class
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,
    "crawler.useragent.UserAgentMiddleware": 500,
    "crawler.politeness.PolitenessMiddleware": 940,
    "crawler.keeping.KeepingMiddleware": 950,
    "crawler.turns.TurnsMiddleware": 960,
    "crawler.bodies.BodiesMiddleware": 970,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.referer.RefererMiddleware": None,  # an archive need not know where we came from
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
ITEM_PIPELINES = {
    "pipelines.items.Convert": 100,
    "pipelines.items.Gate": 200,
    "pipelines.items.Record": 300,
}
EXTENSIONS = {
    "crawler.extensions.Progress": 10,
    "crawler.extensions.RunReport": 20,
    "scrapy.extensions.feedexport.FeedExporter": None,  # items are answers, not what users want: see scrapy export
}
LOGSTATS_INTERVAL = 0  # default 60: crawler.extensions.Progress says more
STATS_DUMP = False  # default True: run.json says it
LOG_LEVEL = "INFO"  # default DEBUG: prints every item
LOG_FORMATTER = "crawler.logs.LogFormatter"  # the default prints whole items where one fails
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
