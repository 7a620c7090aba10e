"""What `syncline dev` prints when everything serves."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from syncline_cli import signing
from syncline_cli.dev.samples import samples
from syncline_cli.dev.settings import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

    from syncline_cli.devfile import DevFile
    from syncline_cli.terminal import Style

SAMPLE_DATA = '{"param":"1"}'


def banner(key: DevFile, data: Path, call: str, now: int, style: Style) -> str:
    """Return the text. `call` is how `syncline call` is typed here, with the options that it needs."""
    body = signing.create_body(str(key.processes["echo"]), SAMPLE_DATA, timeout=30)
    lines = [
        "",
        style.bold("Syncline is ready."),
        "",
        _row(style, "synchronous", key.http, "answers with a process's output"),
        _row(style, "asynchronous", key.http_async, "answers with a task's id"),
        _row(style, "gRPC", key.grpc, "services of syncline.v1"),
        _row(style, "data", str(data), "everything acknowledged is in here"),
        _row(style, "key", str(data / "dev-key.json"), "login, secret, process ids"),
        "",
        f"API Call nodes may reach this machine's own addresses ({LOOPBACK}); `syncline server` alone refuses them.",
        "",
        style.bold("Samples"),
        *(_row(style, f"@{sample.alias}", sample.description, "") for sample in samples()),
        "",
        style.bold("Try it"),
        f"  {signing.curl(key.http, key.login, key.secret, now, body)}",
        f"  {call} @echo {shlex.quote(SAMPLE_DATA)}",
        "",
        "Ctrl-C ends both programs.",
    ]
    return "\n".join(lines)


def _row(style: Style, name: str, value: str, remark: str) -> str:
    gap = f"{value:<30}  {style.dim(remark)}" if remark else value
    return f"  {name:<14}{gap}"
