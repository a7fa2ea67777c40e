"""The setting NOTIFY: addresses of Apprise's services. An address can be a secret as a whole, and is never shown."""

from __future__ import annotations

import logging
import re
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pipelines.installation import install_command
from pipelines.redaction import MASK, redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apprise import Apprise

_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://\S")
_BETWEEN: Final = re.compile(r"[\s,;]+(?=[a-zA-Z][a-zA-Z0-9+.-]*://)")
_PART: Final = re.compile(r"[/?&#:@,]+")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+|localhost")
"""A name with a dot, which is no token of any service. Chat services have a token in the host's place."""
_SHORT: Final = 4
"""Characters. Shorter parts of an address are ordinary words of a message as well."""


def addresses_of(value: Any) -> list[str]:
    """Return the addresses in a value of NOTIFY: a text with spaces or commas between them, or a list."""
    parts = value if isinstance(value, (list, tuple)) else [value or ""]
    return [found for part in parts for found in _BETWEEN.split(str(part).strip(" \t\r\n,;")) if found]


def check_notify(value: Any) -> None:
    """Check the form of NOTIFY, and that Apprise is installed. Raises ValueError, which shows no address."""
    if not isinstance(value, (str, list, tuple)):
        raise ValueError("write addresses of Apprise's services, such as 'mailtos://user:password@example.org'")  # noqa: TRY004 - a wrong value
    found = addresses_of(value)
    for number, address in enumerate(found, 1):
        if not _SCHEME.match(address):
            raise ValueError(
                f"{_nth(number)} is none of Apprise's; write SERVICE://..., as docs/notifications.md has it"
            )
    if found and find_spec("apprise") is None:
        raise ValueError(f"needs Apprise: {install_command('notify')}")


def check_services(value: Any) -> None:
    """Check that Apprise knows the service of each address, and takes it. Raises ValueError, which shows no address."""
    for number, address in enumerate(addresses_of(value), 1):
        if not len(notifier(address)):
            scheme = address.partition("://")[0]
            raise ValueError(
                f"{_nth(number)} ({scheme:.20}://) is not understood by Apprise: no such service, or a part is missing; "
                "see https://appriseit.com/services/"
            )


def notifier(address: str) -> Apprise:
    """Return Apprise with one service; with none if it does not understand the address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports a module that Python 3.13 no longer has
        import apprise  # noqa: PLC0415 - an optional extra, and 0.3 s

        said = logging.getLogger("apprise")
        said.propagate = False  # its messages may have parts of addresses
        said.setLevel(logging.DEBUG)  # for the result, which has the reasons of failures
        said.handlers = [logging.NullHandler()]
        # No limit of Apprise's own, as it leaves the thread of a late service to be waited for when the program ends.
        asset = apprise.AppriseAsset(app_id="wayback-policies", async_mode=False, service_timeout=0)
        found = apprise.Apprise(asset=asset)
        found.add(address)
    return found


def without_secrets(text: str, address: str) -> str:
    """Return text without any part of an address but the service and the host."""
    text = redacted(text)
    for part in sorted(_secrets(address), key=len, reverse=True):
        text = text.replace(part, MASK)
    return text


def _secrets(address: str) -> Iterator[str]:
    for part in _PART.split(address.partition("://")[2]):
        for form in (part, part.partition("=")[2]):
            for spelt in (form, unquote(form)):
                if len(spelt) >= _SHORT and not _HOST.fullmatch(spelt):
                    yield spelt


def _nth(number: int) -> str:
    return f"address {number}"
