"""The archives: the Wayback Machine, a pywb collection, a folder of WARC files. Each is one class of the same interface.

Nothing is imported here: the worker processes use `urlkey`, and must not load Scrapy with it.
"""
