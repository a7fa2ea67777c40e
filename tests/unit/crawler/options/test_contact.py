"""Who asks a public archive says who they are; an archive of one's own need not know."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from crawler.options.contact import contact_warning


@pytest.mark.parametrize(
    ("archive", "warns"),
    [
        ("wayback", True),
        ("sample,wayback", True),
        ("commoncrawl", True),
        ("https://web.archive.org", True),
        ("https://web.archive.org.", True),
        ("pywb+https://arquivo.pt/wayback", True),
        ("sample", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("http://[", False),
        ("pywb+http://pywb.internal/all", False),
        ("/data/web.archive.org/files.warc.gz", False),
    ],
)
def test_contact_warning(archive: str, warns: bool) -> None:  # noqa: FBT001 - pytest's way
    settings = BaseSettings({"CONTACT": " ", "USER_AGENT": None}, priority="default")
    settings.set("USER_AGENT", "wayback-policies (+no contact given)", priority="spider")
    assert ("-s CONTACT=" in contact_warning(archive, settings)) == warns
    settings.set("CONTACT", "you@example.org")  # copied from the warning
    assert (
        contact_warning(archive, settings).startswith("CONTACT is the address of the example, you@example.org: ")
        == warns
    )
    settings.set("CONTACT", "me@example.org")
    assert contact_warning(archive, settings) == ""


def test_contact_warning_own_user_agent_is_enough() -> None:
    settings = BaseSettings({"CONTACT": ""}, priority="default")
    settings.set("USER_AGENT", "own/1 (me@example.org)", priority="cmdline")
    assert contact_warning("wayback", settings) == ""
