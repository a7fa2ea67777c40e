"""Settings of the scheduled runs: /etc/wayback-policies/my_settings.py, readable by the user policies alone.

Put your own address in the place of you@example.org. For your own list, add COMPANIES_FILE with its whole path.
"""

from crawler.settings import *

CONTACT = "you@example.org"
OUTPUT_DIR = "/var/lib/wayback-policies/output"
NOTIFY = "mailtos://user:password@smtp.example.org?from=policies@example.org&to=you@example.org"
