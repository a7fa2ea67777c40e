"""Scrapy extensions: what a user sees of a run."""
