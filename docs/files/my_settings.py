"""Settings of the scheduled runs: /etc/wayback-policies/my_settings.py, readable by the user policies alone."""

from crawler.settings import *

CONTACT = "you@example.org"
OUTPUT_DIR = "/var/lib/wayback-policies/output"
NOTIFY = "mailtos://user:password@smtp.example.org?from=policies@example.org&to=you@example.org"
