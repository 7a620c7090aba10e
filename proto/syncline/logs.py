"""Log lines: one JSON object each on stderr, for both programs.

A line is logged as `log.info("event.name", extra={"facts": {...}})`: the message is a constant, what varies is a fact.
Facts never hold secrets; the few names that could are masked here, so that a slip shows nothing.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

LEVELS = ("debug", "info", "warning", "error")
MASKED = frozenset({"secret", "signature", "authorization", "callback_id"})
"""Facts that are the right to do something."""
MASK = "***"

_OURS = "syncline"
_QUIET = ("asyncio", "grpc", "aiohttp")
_PEER_GONE = "ExecuteBatchError"
_DEEPEST = 4
_RESERVED = frozenset({"time", "level", "event", "message", "exception", "traceback"})


def level(text: str) -> str:
    """Parse the name of a level; raise `ValueError` for anything else."""
    if text.lower() not in LEVELS:
        raise ValueError(f"{text!r} is none of {', '.join(LEVELS)}")
    return text.lower()


def set_up(name: str) -> None:
    """Send lines of the level or above to stderr, of the libraries' only warnings; replaces what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.setLevel(level(name).upper())
    handler.addFilter(_is_news)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level(name).upper())
    for library in _QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class JsonFormatter(logging.Formatter):
    """Makes one line of JSON of a record: `time`, `level`, `event`, the facts beside them, an error's exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _instant(record.created),
            "level": record.levelname.lower(),
            "event": record.name,
        }
        if record.name.startswith(_OURS):
            line["event"] = record.getMessage()
        else:
            line["message"] = record.getMessage()
        for name, value in getattr(record, "facts", {}).items():
            line[f"fact_{name}" if name in _RESERVED else str(name)] = _safe(name, value, _DEEPEST)
        if record.exc_info and record.exc_info[0] is not None and record.levelno >= logging.ERROR:
            line["exception"] = record.exc_info[0].__qualname__
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        # ASCII only: a line must get through whatever stderr's encoding is, even with lone surrogates in it.
        return json.dumps(line, separators=(",", ":"))


def _is_news(record: logging.LogRecord) -> bool:
    """Tell gRPC's complaint that a peer was gone before its last word from what somebody has to look at."""
    kind = record.exc_info[0] if record.exc_info else None
    return not (record.name.startswith("grpc") and kind is not None and kind.__name__ == _PEER_GONE)


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _safe(name: object, value: object, depth: int) -> object:
    """Return what JSON can say of a fact, masked by its name."""
    if str(name).lower() in MASKED:
        return MASK
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping) and depth:
        return {str(key): _safe(key, member, depth - 1) for key, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [_safe("", member, depth - 1) for member in value]
    # A container below the depth may hold a masked name, so its text is not shown.
    return f"<{type(value).__name__}>" if isinstance(value, Mapping | list | tuple | set | frozenset) else str(value)
