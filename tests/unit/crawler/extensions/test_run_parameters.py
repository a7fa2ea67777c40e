"""What is kept of a run's parameters: enough to repeat it, and no secret, path or address of the user's."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler.extensions.run_parameters import run_parameters
from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def parameters(given: dict[str, str], **settings: object) -> dict[str, Any]:
    made = Settings()
    made.setmodule("crawler.settings")
    made.update({name: str(value) for name, value in settings.items()}, priority="cmdline")
    return json.loads(run_parameters(given, made, None, 3))


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        ("wayback", "wayback"),
        ("/home/anna/secret project/files.warc.gz", "files.warc.gz"),
        ("../warcs/", "warcs"),
        ("https://anna:pass%40word@archive.example/path", "https://***@archive.example/path"),
        ("sample,/home/anna/x.wacz", "sample,x.wacz"),
    ],
)
def test_run_parameters_archive(archive: str, told: str) -> None:
    assert parameters({"archive": archive})["arguments"] == {"archive": told}


def test_run_parameters_name_the_list(tmp_path: Path) -> None:
    own = tmp_path / "mine.txt"
    own.write_text("example.com\n")
    found = parameters(
        {"since": "2015"}, COMPANIES_FILE=own, LANGUAGES="de", CONTACT="me@example.org", PROXY="http://a:b@c:1"
    )
    assert found["companies_file"] == {"name": "mine.txt", "sha256": hashlib.sha256(b"example.com\n").hexdigest()}
    assert (found["companies"], found["arguments"], found["settings"]["LANGUAGES"]) == (3, {"since": "2015"}, "de")
    assert found["program"].startswith("wayback-policies ")
    assert not [word for word in ("example.org", "a:b", str(tmp_path)) if word in json.dumps(found)]
    sample = (ROOT / "crawler" / "archives" / "sample" / "companies.yaml").read_bytes()
    assert parameters({"archive": "sample"})["companies_file"]["sha256"] == hashlib.sha256(sample).hexdigest()
    assert parameters({"domain": "example.com"})["companies_file"] is None
