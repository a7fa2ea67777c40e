"""Passwords do not survive in what is shown; everything else does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipelines.redaction import MASK, redacted

if TYPE_CHECKING:
    from collections.abc import Callable

ENCODED = "postgresql+psycopg://policies:{}@db.example:5432/policies"
AS_PARAMETER = "postgresql+psycopg://policies@db.example/policies?connect_timeout=5&password={}&sslmode=require"
MESSAGES = (
    "{address}: can't use this as the catalog",
    "Could not parse SQLAlchemy URL from string '{address}'",
    "failed to resolve host '{misread}': Name or service not known",
    "invalid literal for int() with base 10: {written!r}",
    "connection info string: user=policies password={decoded} dbname=policies",
    "{{'password': {decoded!r}}}",
)
passwords = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=30)


@given(
    passwords,
    st.sampled_from(MESSAGES),
    st.sampled_from([ENCODED, AS_PARAMETER]),
    st.sampled_from([str, partial(quote, safe="")]),
)
@example("half@secret", MESSAGES[2], ENCODED, str)
@example("a/b?c#d:secret", MESSAGES[0], ENCODED, str)
@example('it\'s "secret"', MESSAGES[5], AS_PARAMETER, quote)
def test_redacted_known_password(password: str, message: str, form: str, spelling: Callable[[str], str]) -> None:
    written = spelling(password)
    assume(not (form is AS_PARAMETER and "&" in written))  # a parameter ends there
    address = form.format(written)
    secrets = {password, written, written.rpartition("@")[2]}
    template = redacted(message.format(address=form.format(""), misread="@", written="", decoded=""))
    assume(all(len(secret) >= 4 and secret not in template + MASK for secret in secrets))
    facts = {"misread": f"{written.rpartition('@')[2]}@db.example", "written": written, "decoded": password}
    shown = redacted(message.format(address=address, **facts), address)
    assert not any(secret in shown for secret in secrets), shown


@given(
    user=st.text("abcXYZ019._~%!$&'()*+,;=-", max_size=12),
    password=st.text("abcXYZ019._~%!$&'()*+,;=-:@", min_size=6, max_size=30),
)
def test_redacted_login_of_unknown_url(user: str, password: str) -> None:
    shown = redacted(f"GET <http://{user}:{password}@host.example:8080/web/2020id_/https://a.example/@b> timed out")
    assert shown == f"GET <http://{MASK}@host.example:8080/web/2020id_/https://a.example/@b> timed out"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://token@host/x", "http://***@host/x"),
        ("pywb+https://u:p@[::1]:80/c", "pywb+https://***@[::1]:80/c"),
        ("{b'Proxy-Authorization': [b'Basic dXNlcjpw']}", "{b'Proxy-Authorization': [b'Basic ***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("'HTTPAUTH_PASS': 'a b', 'CDX': 1", "'HTTPAUTH_PASS': ***, 'CDX': 1"),
        ("host=db password='it\\'s' user=u", "host=db password=*** user=u"),
        ("postgresql://db/x?password=abc: no", "postgresql://db/x?password=***: no"),
    ],
)
def test_redacted_masks(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        'FATAL:  password authentication failed for user "policies"',
        "https://medium.example/@acme/privacy",
        "https://acme.example/privacy?mail=me@acme.example",
        "wayback-policies/0.1.0 (+me@example.org)",
        "sqlite:////home/me@work/catalog.db",
        "Basic information about our authorization policy",
        "/data/a:b@c: no such file or folder",
        "archive=/etc/passwd: no WARC record",
    ],
)
def test_redacted_keeps(text: str) -> None:
    assert redacted(text) == text
    assert redacted(text, "sqlite:////home/me@work/catalog.db", "/data/a:b@c", "http://127.0.0.1:80") == text


def test_redacted_short_password_as_whole_word() -> None:
    address = "postgresql://u:a@h/d"
    assert redacted("a host can't be found: 'a'", address) == "*** host can't be found: '***'"


@pytest.mark.parametrize(
    "piece", ["://", "://a", "password='", "password=", "authorization basic ", "?", "@", "a:", "://:@"]
)
def test_redacted_hostile_text_is_linear(piece: str) -> None:
    text = piece * (200_000 // len(piece))  # in quadratic time: minutes
    assert len(redacted(text)) <= 2 * len(text)


@pytest.mark.parametrize(
    "address", ["http:/joe:s3cr3t@127.0.0.1:9", "//joe:s3cr3t@h", "postgresql:/joe:s3cr3t@127.0.0.1/db"]
)
def test_redacted_address_with_slashes_missing(address: str) -> None:
    for shown in (redacted(f"archive={address}: no such file"), redacted(f"{address}: no such file", address)):
        assert "s3cr3t" not in shown
        assert "joe" not in shown


@pytest.mark.parametrize("path", ["/home/a/x.warc", "sqlite:////a/b.db", "a@b/c.warc"])
def test_redacted_leaves_paths(path: str) -> None:
    assert redacted(f"{path}: no such file", path) == f"{path}: no such file"
