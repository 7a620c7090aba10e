"""The ops protocol's signature, and requests that carry it."""

from __future__ import annotations

import hashlib
import json
import shlex


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return hex(sha1(timestamp + secret + body + secret)), as the protocol has it."""
    key = secret.encode()
    return hashlib.sha1(str(timestamp).encode() + key + body + key).hexdigest()  # noqa: S324 - the protocol's hash


def signed_path(login: str, secret: str, timestamp: int, body: bytes) -> str:
    """Return the path that this body has to be posted to."""
    return f"/api/1/json/{login}/{timestamp}/{signature(secret, timestamp, body)}"


def create_body(process: str, data: str, *, timeout: float | None = None, ref: str | None = None) -> bytes:
    """Return a request that creates one task, with its data exactly as written.

    `process` is a decimal id, or an alias with its `@`. `data` must be the text of a JSON object.
    """
    operation: dict[str, object] = {"type": "create", "obj": "task"}
    operation.update({"obj_alias": process[1:]} if process.startswith("@") else {"conv_id": int(process)})
    if ref is not None:
        operation["ref"] = ref
    # the data's own text goes in, because a parser might change the digits of its numbers
    text = f'{_compact(operation)[:-1]},"data":{data}}}'
    wait = "" if timeout is None else f'"timeout":{_compact(timeout)},'
    return f'{{{wait}"ops":[{text}]}}'.encode()


def curl(base: str, login: str, secret: str, timestamp: int, body: bytes) -> str:
    """Return a command that posts the body, signed, and works when pasted into a shell."""
    url = base + signed_path(login, secret, timestamp, body)
    return f"curl -sS -H 'Content-Type: application/json' -d {shlex.quote(body.decode())} {url}"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
