"""What an object store refuses, in one line: what, and which variable or setting mends it. No secret is in it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from pipelines.redaction import redacted


class ObjectStoreError(OSError):
    """The object store has refused a request, or can't be reached."""


KEYS: Final = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_KEY: Final = f"the store refuses the key ({{code}}); see {KEYS}"
_REGION: Final = "the bucket is in another region ({code}); see AWS_REGION"
_DENIED: Final = (
    "the key has no permission for this ({code}); the bucket's policy must allow ListBucket, GetObject, PutObject and "
    "DeleteObject"
)
_BY_CODE: Final = {
    "NoSuchBucket": "there is no such bucket; make it, or name another in OUTPUT_DIR",
    "InvalidBucketName": "the store takes no bucket of this name; name another in OUTPUT_DIR",
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "InvalidAccessKeyId": _KEY,
    "SignatureDoesNotMatch": _KEY,
    "ExpiredToken": f"{_KEY} and AWS_SESSION_TOKEN",
    "InvalidToken": f"{_KEY} and AWS_SESSION_TOKEN",
    "RequestTimeTooSkewed": "this machine's clock is wrong ({code}); set it",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "PreconditionFailed": "the object was changed while it was read; try again",
    "KeyTooLongError": "the prefix is too long; name a shorter one in OUTPUT_DIR",
    "EntityTooLarge": "the file is larger than the store takes ({code})",
    "QuotaExceeded": "the store is full ({code})",
    "XMinioStorageFull": "the store is full ({code})",
}
"""What the error codes of S3 mean to a user (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)."""
_CODE: Final = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_RETRIES: Final = re.compile(r"after (\d{1,4}) retries")
_CONNECTION: Final = {
    "dns error": "its name is not known",
    "Connection refused": "the connection was refused",
    "operation timed out": "no answer in time",
    "deadline has elapsed": "no answer in time",
    "certificate": "its certificate is not valid",
}
"""What the errors of the HTTP client say, and in our words."""
_NO_KEY: Final = ("Missing AccessKeyId", "Missing SecretAccessKey", "/latest/api/token", "/latest/meta-data")
"""Of the client, which without a key asks the machine that an instance of Amazon's runs on."""
_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+/?", re.IGNORECASE)
_UNCLEAR: Final = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.BAD_REQUEST}
"""What HEAD is answered, which has no body, for a wrong region or a malformed key."""
_MOST: Final = 200
"""Characters of an error that none of these is."""


def code_of(error: Exception) -> str:
    """Return the error code in the store's answer, empty if there is none."""
    found = _CODE.search(str(error))
    return found[1] if found else ""


def endpoint_problem(endpoint: str) -> str:
    """Return what is wrong with the server's address, empty if nothing is: the client would end the program."""
    if not endpoint or _ADDRESS.fullmatch(endpoint):
        return ""
    return f"AWS_ENDPOINT_URL={redacted(endpoint)} is no address; write https://host or http://host:port"


def reason_of(error: Exception, endpoint: str) -> str:
    """Return in words why a request failed. `endpoint` is the server's address, empty for Amazon's."""
    text = str(error)
    code = code_of(error)
    if code in _BY_CODE:
        return _BY_CODE[code].format(code=code)
    if any(each in text for each in _NO_KEY):
        return f"no key: set {KEYS} (~/.aws is not read)"
    if "redirect without LOCATION" in text:
        return _REGION.format(code="a redirect")
    retries = _RETRIES.search(text)
    tries = f", after {retries[1]} retries" if retries and retries[1] != "0" else ""
    if status := _STATUS.search(text):
        return _of_status(HTTPStatus(int(status[1])), code) + tries
    return _of_connection(text, redacted(endpoint) or "Amazon S3", tries)


def _of_status(status: HTTPStatus, code: str) -> str:
    shown = code or str(status.value)
    if status is HTTPStatus.UNAUTHORIZED:
        return _KEY.format(code=shown)
    if status is HTTPStatus.FORBIDDEN:
        return _DENIED.format(code=shown)
    if status in _UNCLEAR and not code:
        return f"the store refuses the request ({shown}); see AWS_REGION, {KEYS}"
    return f"the store answered {status.value}" + (f" {code}" if code else "")


def _of_connection(text: str, where: str, tries: str) -> str:
    if "error sending request" in text or "HTTP error" in text:
        cause = next((ours for theirs, ours in _CONNECTION.items() if theirs in text), "the connection failed")
        return f"can't reach {where}: {cause}{tries}; see AWS_ENDPOINT_URL"
    first = text.partition("\n")[0].partition("<")[0].strip()
    return redacted(first)[:_MOST]
