"""What to ask a web archive for, and how to ask politely: the Scrapy project."""

__version__ = "0.1.0"
