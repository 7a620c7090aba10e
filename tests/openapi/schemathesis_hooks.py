"""Loaded by schemathesis, not by pytest: leads every other request to something that is there, ends streams soon, and
checks two things more: every record of a stream, and that what does not fit its schema is refused, null excepted.

`KNOWN_VALUES` in the environment is JSON: by the name of a path's variable, the values that lead somewhere.
"""

from __future__ import annotations

import importlib
import json
import os
import zlib
from typing import Any

from fakes.openapi_documents import faults_of

schemathesis: Any = importlib.import_module("schemathesis")
checks: Any = importlib.import_module("schemathesis.specs.openapi.checks")
KNOWN: dict[str, list[str]] = json.loads(os.environ["KNOWN_VALUES"])
LINES = "application/x-ndjson"
STREAM_SECONDS = "0.5"


def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Put known values in the place of generated ones; which of them, and whether, follows from what was generated."""
    if not path_parameters:
        return path_parameters
    return {name: _chosen(name, value) for name, value in path_parameters.items()}


def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Give every stream a deadline: it would follow a task that waits for ever."""
    if case.operation.path.endswith(":await"):
        case.headers["X-Server-Timeout"] = STREAM_SECONDS


def every_line_fits_its_schema(_context: Any, response: Any, case: Any) -> None:
    """Every line of a stream is what the document says of lines, and the last one says how it ended."""
    if response.headers.get("content-type", [""])[0].partition(";")[0] != LINES:
        return
    document = case.operation.schema.raw_schema
    wanted = case.operation.definition.raw["responses"]["200"]["content"][LINES]["schema"]
    lines = [json.loads(line) for line in response.content.splitlines()]
    faults = [fault for line in lines for fault in faults_of(document, wanted, line)]
    assert not faults, faults
    assert {"end", "error"} & set(lines[-1]), "the stream was cut"


def what_does_not_fit_is_refused(context: Any, response: Any, case: Any) -> None:
    """Schemathesis' own check for the transcoded API, but for bodies that hold null.

    ProtoJSON reads null as "not set"; a document that said so would double the type of every member of a generated
    client. The vendor dialects answer 200 whatever is sent, with the fault in the body.
    """
    if case.operation.path.startswith("/v1/") and not _holds_null(case.body):
        checks.negative_data_rejection(context, response, case)


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_null(one) for one in value.values())
    return value is None or (isinstance(value, list) and any(_holds_null(one) for one in value))


def _chosen(name: str, value: Any) -> Any:
    known = KNOWN.get(name)
    number = zlib.crc32(str(value).encode())
    return known[number // 2 % len(known)] if known and number % 2 else value


schemathesis.hook(map_path_parameters)
schemathesis.hook(before_call)
schemathesis.check(every_line_fits_its_schema)
schemathesis.check(what_does_not_fit_is_refused)
