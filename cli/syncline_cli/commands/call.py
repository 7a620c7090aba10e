"""`syncline call`: one signed, synchronous request, as any client of the ops protocol makes it."""

from __future__ import annotations

import http.client
import ssl
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from syncline_cli import json_text, signing, target
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

DEFAULT_WAIT_SECONDS = 60.0
SPARE_SECONDS = 10.0
"""How much longer than its own timeout the server may take to say anything at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: its status, its body, and the handle of the task where one was made."""

    status: int
    body: str
    handle: str
    retry_after: str


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the process's output as JSON, exactly as it came."""
    where = target.find(arguments, environ, "url")
    data = _data(arguments.data_json)
    body = signing.create_body(arguments.process, data, timeout=arguments.timeout, ref=arguments.ref)
    path = signing.signed_path(where.login, where.secret, int(time.time()), body)
    wait = DEFAULT_WAIT_SECONDS if arguments.timeout is None else arguments.timeout
    answer = post(where.url, path, body, seconds=wait + SPARE_SECONDS, authority=environ.get("SYNCLINE_TLS_CA"))
    print(output_of(answer))
    return 0


def post(base: str, path: str, body: bytes, *, seconds: float, authority: str | None = None) -> Answer:
    """Post a JSON body and return the answer, or fail with one line that says where and why."""
    url = urlsplit(base)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise CommandFailed(f"{base} is not an http or https URL", status=2)
    try:
        connection = _connection(url.scheme, url.hostname, url.port, seconds, authority)
        connection.request("POST", url.path.rstrip("/") + path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        connection.close()
    except TimeoutError:
        raise CommandFailed(f"{base} did not answer within {seconds:g} seconds") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandFailed(f"{base} cannot be reached ({_why(error)}): is `syncline dev` running?") from None
    headers = response.headers
    return Answer(response.status, text, headers.get("Syncline-Task-Id", ""), headers.get("Retry-After", ""))


def output_of(answer: Answer) -> str:
    """Return the text of the task's output, or fail with the reason that was given, and with the handle."""
    made = f" (task {answer.handle})" if answer.handle not in ("", "-") else ""
    try:
        entry = json_text.members(json_text.first_item(json_text.members(answer.body)["ops"]))
    except (ValueError, KeyError, RecursionError):
        again = f"; try again in {answer.retry_after} s" if answer.retry_after else ""
        raise CommandFailed(f"the server answered HTTP {answer.status}{again}{made}") from None
    if entry.get("proc") == '"ok"' and "data" in entry:
        return entry["data"]
    reason = entry.get("description") or entry.get("proc") or '"an answer without output"'
    raise CommandFailed(reason.strip('"') + made)


def _data(text: str) -> str:
    try:
        data = sys.stdin.buffer.read().decode() if text == "-" else text
        json_text.check_object(data)
    except UnicodeDecodeError:
        raise CommandFailed("the task's data is not UTF-8", status=2) from None
    except ValueError as error:
        raise CommandFailed(f"the task's data is not usable JSON: {error}", status=2) from None
    return data


def _connection(
    scheme: str, host: str, port: int | None, seconds: float, authority: str | None
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=seconds)
    context = ssl.create_default_context(cafile=authority or None)
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
