"""The document of the HTTP API: `openapi.py write` makes it, `openapi.py verify` fails unless what is there is what
would be made. It comes out of the contract, its comments, and the golden cases of the tests, which are its examples.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from syncline_gateway.openapi import api, document
from syncline_gateway.openapi.examples import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "gateway/syncline_gateway/openapi/openapi.json"
DIALECTS = ROOT / "tests/gateway/golden"
CONTRACT = ROOT / "tests/openapi/golden"
SHOWN = {
    "postOps": (
        "ops",
        *("success", "several", "timeout", "async-success", "modify", "show", "history", "delete", "bad-signature"),
        *("incorrect-body", "async-away"),
    ),
    "postDirect": ("direct", "bare", "envelope", "wrong-hash", "away"),
    "postCallback": ("callback", "accepted", "repeated", "ignored", "unknown", "not-json", "away"),
    "postNodeCallback": ("node_callback", "accepted", "moved-on", "no-task-id", "unknown-task"),
}
"""The dialects' cases that are examples: their folder and their names, by operation."""


def cases() -> Iterator[Case]:
    """Yield the examples: those of the contract, named by folders as their operations, then the dialects'."""
    paths = {
        operation["operationId"]: path for path, methods in plain()["paths"].items() for operation in methods.values()
    }
    for folder in sorted(CONTRACT.glob("*/*/")):
        yield read_case(folder, folder.parent.name, paths)
    for operation, (dialect, *names) in SHOWN.items():
        for name in names:
            yield read_case(DIALECTS / dialect / name, operation, paths)


def read_case(folder: Path, operation: str, paths: dict[str, str]) -> Case:
    """Return the example in a golden case's folder."""
    request, response = (json.loads((folder / f"{name}.json").read_text("utf-8")) for name in ("request", "response"))
    went_well = response["status"] < 400  # how else to ask is nothing to show
    asked = {**values_in(request["path"], paths[operation]), **dict(parse_qsl(request["query"]))}
    return Case(
        operation=operation,
        name=folder.name,
        parameters=asked if went_well else {},
        body=body_text(request) if went_well else "",
        status=response["status"],
        content_type=response["headers"].get("content-type", "").partition(";")[0],
        answer=response["text"] if "text" in response else body_text(response),
    )


def body_text(message: dict[str, object]) -> str:
    """Return the body of a golden request or response, where text is the body as it is and all else its JSON."""
    body = message.get("body", "")
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def values_in(path: str, template: str) -> dict[str, str]:
    """Return the values of a path's variables, each of one segment, by name."""
    values = {}
    for part, name in zip(path.split("/"), template.split("/"), strict=True):
        if name.startswith("{"):
            label, _, verb = name.removeprefix("{").partition("}")
            values[label] = unquote(part.removesuffix(verb))
    return values


def plain() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """Return the document without examples."""
    return json.loads(document.render(api.openapi(api.contract())))  # type: ignore[no-any-return]


def main(verb: str) -> int:
    """Write or verify; the exit status is 1 when what is committed is out of date."""
    made = document.render(api.openapi(api.contract(), cases()))
    if verb == "write":
        COMMITTED.write_bytes(made)
        return 0
    if COMMITTED.is_file() and COMMITTED.read_bytes() == made:
        return 0
    print(f"{COMMITTED.relative_to(ROOT)} is out of date: run `make proto`")
    return 1


if __name__ == "__main__":
    if sys.argv[1:] not in (["write"], ["verify"]):
        sys.exit("usage: openapi.py write|verify")
    sys.exit(main(sys.argv[1]))
