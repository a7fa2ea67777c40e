"""Scrapy extensions: the progress of a run, and its report."""
