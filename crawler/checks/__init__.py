"""The parts of `scrapy check`: whether an output folder's catalog, text files, WARC records and versions.jsonl agree.

They only read. What they name as to be mended is what a crawl, or `scrapy convert --from-warc`, then mends.
"""
