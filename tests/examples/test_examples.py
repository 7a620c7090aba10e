"""Every example runs, as its docstring says; the README's too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from running import RunningDev

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
README = ROOT / "README.md"
PRINTED = {
    "plain_python_client.py": ["{'info': {'param': 'hello'}}", "{'result': 'error', 'reason': 'insufficient funds'}"],
    "http_client.py": ["outcome {'answer': 'forty-two'}"],
    "grpc_client.py": ["outcome {'info': {'param': 'hello'}}", "outcome {'answer': 'forty-two'}"],
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_promises(name: str, shared_dev: RunningDev) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, shared_dev.data], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.stderr, done.returncode) == ("", 0)
    printed = done.stdout.splitlines()
    assert [line for line in printed if not line.startswith("moved")] == PRINTED[name]


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTED)


@pytest.fixture
def folder(tmp_path: Path, shared_dev: RunningDev) -> Path:
    """A folder in which the README's commands find a running `syncline dev`."""
    (tmp_path / ".syncline").symlink_to(shared_dev.data)
    return tmp_path


@pytest.mark.skipif(not shutil.which("curl"), reason="the README's example needs curl")
def test_the_curl_of_the_readme_works(folder: Path) -> None:
    script, *_ = [block for block in blocks("sh") if "curl" in block]

    done = subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=folder, capture_output=True, timeout=60, check=True)

    assert json.loads(done.stdout)["ops"] == [{"proc": "ok", "data": {"info": {"param": "1"}}}]


@pytest.mark.skipif(not shutil.which("curl"), reason="the README's example needs curl")
def test_the_plain_http_of_the_readme_works(folder: Path) -> None:
    signed, *plain = [block for block in blocks("sh") if "key " in block]
    (key,) = [line for line in signed.splitlines() if line.startswith("key() ")]
    # The answers are not ended by a newline each.
    script = "\n".join([key, *plain]).replace('"$@"; }', '"$@"; echo; }')

    done = subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=folder, capture_output=True, timeout=60, check=True)

    echoed, made, changed, waited, *stream, token = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert echoed["outcome"]["data"] == {"info": {"param": "1"}}
    assert made["task"]["taskId"] == changed["taskId"] == waited["task"]["taskId"]
    assert waited["outcome"]["data"] == {"answer": "yes"}
    assert "outcome" in stream[-2]["result"]
    assert stream[-1] == {"end": {}}
    assert set(token) == {"token", "expireTime"}


def test_the_stubs_of_the_readme_work(folder: Path) -> None:
    [script] = blocks("python")

    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, timeout=60, check=True)

    assert json.loads(done.stdout) == {"info": {"param": "1"}}


def blocks(language: str) -> list[str]:
    """Return the README's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
