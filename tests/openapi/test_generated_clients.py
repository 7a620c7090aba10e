"""Typed clients that public generators make of the document: they compile, and a small journey goes well.

`sh tools/clients.sh .cache/clients` installs the generators.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.needed import missing

if TYPE_CHECKING:
    from running import RunningDev

pytestmark = pytest.mark.clients

ROOT = Path(__file__).parents[2]
JOURNEYS = Path(__file__).parent / "clients"
INSTALLED = ROOT / ".cache" / "clients"
SECONDS = 100.0


@pytest.fixture(autouse=True)
def _generators() -> None:
    if not (INSTALLED / ".installed").exists() or shutil.which("node") is None:
        missing("what generates clients (sh tools/clients.sh .cache/clients)")


def test_a_python_client(dev: RunningDev, tmp_path: Path) -> None:
    programs = INSTALLED / "python" / "bin"
    for name in ("journey.py", "mypy.ini"):
        shutil.copy(JOURNEYS / "python" / name, tmp_path)
    run(
        tmp_path,
        *(programs / "openapi-python-client", "generate", "--url", f"{dev.key.http}/openapi.json"),
        *("--meta", "none", "--output-path", "syncline_api", "--fail-on-warning"),
        path=programs,
    )

    run(tmp_path, programs / "mypy", "journey.py", "syncline_api")

    assert run(tmp_path, programs / "python", "journey.py", dev=dev) == "arrived\n"


def test_a_typescript_client(dev: RunningDev, tmp_path: Path) -> None:
    modules = INSTALLED / "typescript" / "node_modules"
    for name in ("journey.ts", "package.json", "tsconfig.json"):
        shutil.copy(JOURNEYS / "typescript" / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)
    run(tmp_path, modules / ".bin" / "openapi-typescript", f"{dev.key.http}/openapi.json", "-o", "schema.d.ts")

    run(tmp_path, modules / ".bin" / "tsc")

    assert run(tmp_path, "node", "built/journey.js", dev=dev) == "arrived\n"


def run(folder: Path, *command: str | Path, path: Path | None = None, dev: RunningDev | None = None) -> str:
    """Run a program to its good end, and return what it printed."""
    environ = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else dict(os.environ)
    if dev is not None:
        environ |= {"JOURNEY_URL": dev.key.http, "JOURNEY_LOGIN": dev.key.login, "JOURNEY_SECRET": dev.key.secret}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
