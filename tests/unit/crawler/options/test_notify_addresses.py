"""The setting NOTIFY: what is an address, and that no message shows one."""

from __future__ import annotations

import re

import pytest
from scrapy.settings import Settings

from crawler.options import notify_addresses
from crawler.options.notify_addresses import addresses_of, check_notify, check_services, without_secrets
from crawler.options.own_settings import check_value
from crawler.options.setting_values import check_web_address
from pipelines.errors import UsageError
from pipelines.installation import install_command


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("", []),
        (None, []),
        ("json://a", ["json://a"]),
        ("json://a, mailto://b?to=c,d@e ;slack://x", ["json://a", "mailto://b?to=c,d@e", "slack://x"]),
        ("\n  json://a\n  json://b\n", ["json://a", "json://b"]),
        (["json://a", " json://b "], ["json://a", "json://b"]),
    ],
)
def test_addresses_of(value: object, found: list[str]) -> None:
    assert addresses_of(value) == found


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("s3cret@example.org", "address 1 is none of Apprise's"),
        ("json://a s3cret", "address 1 (json://) is not understood"),
        ("json://", "address 1 is none of Apprise's"),
        (["json://a", "s3cret"], "address 2 is none of Apprise's"),
        ("nosuch://s3cret", "address 1 (nosuch://) is not understood"),
        ("json://a slack://s3cret", "address 2 (slack://) is not understood"),
        ("mailto://", "address 1 is none of Apprise's"),
        (7, "write addresses"),
    ],
)
def test_wrong_address_is_one_line_without_it(value: object, says: str) -> None:
    pytest.importorskip("apprise")
    settings = Settings({"NOTIFY": value})
    problem = ""
    try:
        check_value(settings, "NOTIFY", check_notify)
        check_value(settings, "NOTIFY", check_services)
    except UsageError as error:
        problem = str(error)
    assert says in problem
    assert bool(says) == bool(problem)
    assert "s3cret" not in problem
    assert "\n" not in problem


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify_addresses, "find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=f"needs Apprise: {re.escape(install_command('notify'))}"):
        check_notify("json://a")
    check_notify("")


@pytest.mark.parametrize(
    "value", ["ftp://a", "https://", "http://a:99999", "https://a/?b", "//a", "https://user@a", "https://a b"]
)
def test_output_url_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="PUBLIC_URL"):
        check_value(Settings({"PUBLIC_URL": value}), "PUBLIC_URL", check_web_address)


def test_without_secrets_keeps_host_and_words() -> None:
    address = (
        "mailto://name:pa%2Fss-word@smtp.example.org:587/path-token?from=a@b.example&to=me@x.example&-key=qu%20ery"
    )
    said = "smtp.example.org refused name:pa/ss-word pa%2Fss-word of path-token, qu ery: to me"
    assert without_secrets(said, address) == "smtp.example.org refused ***:*** *** of ***, ***: to me"
