"""Every example runs, as its docstring says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
PRINTED = {
    "plain_python_client.py": ["{'info': {'param': 'hello'}}", "{'result': 'error', 'reason': 'insufficient funds'}"],
    "grpc_client.py": ["outcome {'info': {'param': 'hello'}}", "outcome {'answer': 'forty-two'}"],
}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_promises(name: str, dev_data: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, dev_data], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.stderr, done.returncode) == ("", 0)
    printed = done.stdout.splitlines()
    assert [line for line in printed if not line.startswith("moved")] == PRINTED[name]


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTED)
