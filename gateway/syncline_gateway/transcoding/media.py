"""Content types of bodies: which ones are JSON."""

from __future__ import annotations

import re
from functools import lru_cache

from syncline_gateway.transcoding.faults import unsupported_media_type

JSON = "application/json"
LINES = "application/x-ndjson"
RAW = "application/octet-stream"

_JSON = re.compile(r"application/json|[0-9a-z-]+/[!#$%&'*.^_`|~0-9a-z+-]+\+json")  # RFC 6839, 3.1
_LINES = re.compile(r"application/(x-ndjson|ndjson|jsonl|x-jsonlines)")
_UTF_8 = ("utf-8", "utf8", "us-ascii")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


def check_json(content_type: str | None) -> None:
    """Raise `Fault` 415 unless it is `application/json` or any `…/…+json`, in UTF-8; none at all is JSON."""
    if content_type and content_type != JSON and not _is(content_type, lines=False):
        raise unsupported_media_type(f"{JSON} in UTF-8")


def check_lines(content_type: str | None) -> None:
    """The same for newline-delimited JSON, which has names of its own and may be called JSON."""
    if content_type and not _is(content_type, lines=True):
        raise unsupported_media_type(f"{LINES} or {JSON} in UTF-8")


def printable(content_type: str) -> str:
    """Return what can be a header's value: the content type, or `RAW` when it is empty or holds control characters."""
    return content_type if _PRINTABLE.fullmatch(content_type) else RAW


@lru_cache(maxsize=64)
def _is(content_type: str, *, lines: bool) -> bool:
    kind, *parameters = (part.strip() for part in content_type.lower().split(";"))
    if not kind and not any(parameters):
        return True
    if not (_JSON.fullmatch(kind) or (lines and _LINES.fullmatch(kind))):
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF_8:
            return False
    return True
