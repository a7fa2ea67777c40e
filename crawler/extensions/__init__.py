"""Scrapy extensions: the progress of a run, its report and what that writes, and at its end who is told of changes."""
