"""For scrapyd-deploy, which builds its egg by running this file. Everything stands in pyproject.toml."""

from setuptools import setup

setup()
