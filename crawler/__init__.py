"""The Scrapy project: it decides what to request from a web archive, and limits the rate of requests."""

__version__ = "0.1.0"
