"""Settings of the project, as far as the companies command needs them."""

from pathlib import Path

BOT_NAME = "wayback-policies"
SPIDER_MODULES = ["crawler.spiders"]
COMMANDS_MODULE = "crawler.commands"
COMPANIES_FILE = str(Path(__file__).with_name("companies.yaml"))
OUTPUT_DIR = "output"
