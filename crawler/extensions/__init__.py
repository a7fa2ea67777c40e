"""Scrapy extensions: the progress of a run and its report, and at its end who is told of changes."""
