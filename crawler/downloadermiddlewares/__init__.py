"""Downloader middlewares: how to ask an archive politely, and what to keep of its answers."""
