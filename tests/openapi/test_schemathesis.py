"""Schemathesis against both real programs: whatever is sent, the answer is one that the document has."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from fakes.needed import module
from running import running_dev

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.rest import RestClient
    from running import RunningDev

HERE = Path(__file__).parent
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance", "every_line_fits_its_schema"),
    *("what_does_not_fit_is_refused", "missing_required_header", "unsupported_method", "allow_header_conformance"),
    *("ignored_auth", "use_after_free", "ensure_resource_availability"),
)
LONGEST_WAIT = "0.5"
"""Seconds: waits for what does not come are over soon, whatever they ask for."""
SECONDS = 100.0
EXAMPLES = 10
"""Of each operation and phase: some 2,500 requests in all."""


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDev]:
    """A running `syncline dev` in which nobody waits for long."""
    environ = {"SYNCLINE_MAX_WAIT_SECONDS": LONGEST_WAIT}
    with running_dev(tmp_path_factory.mktemp("dev"), environ=environ) as running:
        running.wait_until_ready()
        yield running


@pytest.fixture(autouse=True)
def _schemathesis() -> None:
    module("schemathesis")


async def known_values(rest: RestClient, dev: RunningDev) -> dict[str, list[str]]:
    """Make something for every variable of a path to lead to. No request can take the caller's own key away."""
    waiting = (await rest.create("@waiting", {"n": 1}))["task"]
    ended = (await rest.create("@echo", {"param": 1}, wait="10s"))["task"]
    named = await rest.call("POST", "/v1/processes/@silent/tasks", {"ref": "a-ref", "data": {}})
    key = (await rest.call("POST", "/v1/keys", {"title": "for schemathesis"}))["key"]
    token = await rest.call("POST", "/v1/tokens", {"title": "for schemathesis"})
    assert named["task"]["ref"] == "a-ref"
    direct = dev.key.direct_urls["echo"].rsplit("/", 2)
    return {
        "taskId": [waiting["taskId"], ended["taskId"]],
        "process": ["@waiting", "@echo", "@silent", str(dev.key.processes["later"])],
        "ref": ["a-ref"],
        "callbackId": [urlsplit(waiting["data"]["__callback_url"]).path.rpartition("/")[2]],
        "login": [key["login"]],
        "tokenId": [token["tokenId"]],
        "companyId": ["me"],
        "conv_id": direct[1:2],
        "hash": direct[2:],
    }


async def test_every_answer_is_one_that_the_document_has(dev: RunningDev, rest: RestClient, tmp_path: Path) -> None:
    known = await known_values(rest, dev)
    command = (
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{dev.key.http}/openapi.json"),
        *("--auth", f"{dev.key.login}:{dev.key.secret}", "--checks", ",".join(CHECKS)),
        *("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES), "--seed", "1"),
        # One worker: on Python 3.11 lambdas cannot be read in two threads at once (hypothesis needs their source).
        *("--workers", "1", "--request-timeout", "10", "--continue-on-failure", "--generation-database", "none"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
    )
    environ = {
        **os.environ,
        "KNOWN_VALUES": json.dumps(known),
        "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent))),
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
    }

    status, said = await asyncio.to_thread(run, command, tmp_path, environ)

    assert status == 0, said
    assert "No issues found" in said, said
    assert dev.said().count("request.fault") == 0


def run(command: tuple[str, ...], folder: Path, environ: dict[str, str]) -> tuple[int, str]:
    """Return a program's exit status and the end of what it said."""
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return done.returncode, f"{done.stdout[-20_000:]}\n{done.stderr[-2_000:]}"
