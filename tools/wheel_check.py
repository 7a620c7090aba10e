"""Builds the wheel, looks at what is in it, installs it in a folder without sources, and calls a process through it.

The new environment takes the dependencies from the one that runs this; the project itself it can only get from the
wheel, because an editable install is a `.pth` file, and those of a foreign site-packages are not read.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("syncline", "syncline_cli", "syncline_gateway", "syncline_server")
NEEDED = (
    r"syncline/py\.typed",
    r"syncline/contract\.binpb",
    r"syncline/v1/task_service\.proto",
    r"syncline/v1/task_service_pb2\.pyi?",
    r"syncline/v1/task_service_pb2_grpc\.py",
    r"syncline_server/py\.typed",
    r"syncline_server/store/.*\.sql",
    r"syncline_server/sandbox/prelude\.js",
    r"syncline_server/sandbox/libraries/lodash\.min\.js",
    r"syncline_server/sandbox/libraries/.*\.LICENSE\.txt",
    r"syncline_gateway/py\.typed",
    r"syncline_gateway/openapi/openapi\.json",
    r"syncline_gateway/openapi/page/index\.html",
    r"syncline_gateway/openapi/page/swagger-ui/swagger-ui-bundle\.js",
    r"syncline_gateway/openapi/page/swagger-ui/LICENSE",
    r"syncline_cli/py\.typed",
    r"syncline_cli/samples/echo\.json",
    r"syncline-[^/]*\.dist-info/licenses/LICENSE",
)
ANY_PORT = "127.0.0.1:0"
START_SECONDS = 30


def build(into: Path) -> Path:
    """Build the wheel into a folder and return its path."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", into],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    [wheel] = into.glob("*.whl")
    return wheel


def faults(names: list[str]) -> list[str]:
    """Return what is wrong with the names of a wheel's files."""
    strangers = sorted({name.split("/")[0] for name in names if not _is_ours(name)})
    missing = [pattern for pattern in NEEDED if not any(re.fullmatch(pattern, name) for name in names)]
    return [f"holds {name}, which is not ours to install" for name in strangers] + [
        f"lacks {pattern}" for pattern in missing
    ]


def names_in(wheel: Path) -> list[str]:
    """Return the names of the files in a wheel."""
    with zipfile.ZipFile(wheel) as files:
        return files.namelist()


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel into a new environment in the folder; return where its programs are."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    subprocess.run(
        [programs / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True
    )
    site = subprocess.run(
        [programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    paths = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    Path(site, "dependencies.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return programs


def strangers(programs: Path, folder: Path) -> list[str]:
    """Return the packages of ours that the environment would import from anywhere but itself."""
    code = f"import importlib; print(*(importlib.import_module(name).__file__ for name in {PACKAGES!r}), sep='\\n')"
    found = _run([programs / "python", "-c", code], folder).splitlines()
    return [path for path in found if not Path(path).is_relative_to(programs.parent)]


def call_echo(programs: Path, folder: Path) -> object:
    """Run `syncline dev` in the folder, call a process through it, and return the output."""
    ready, ready_far = os.pipe()
    life_near, life = os.pipe()
    with subprocess.Popen(
        [programs / "syncline", "dev", "--http", ANY_PORT, "--http-async", ANY_PORT, "--grpc", ANY_PORT],
        cwd=folder,
        env=_environ() | {"SYNCLINE_READY_FD": str(ready_far), "SYNCLINE_LIFE_FD": str(life_near)},
        pass_fds=(ready_far, life_near),
        stdout=subprocess.DEVNULL,
    ) as dev:
        os.close(ready_far)
        try:
            with os.fdopen(ready) as announcement:
                if not announcement.readline():
                    raise SystemExit("wheel: `syncline dev` did not start")
            return json.loads(_run([programs / "syncline", "call", "@echo", '{"param":"1"}'], folder))
        finally:
            os.close(life)  # it ends when its parent is gone, and this tells it so
            os.close(life_near)
            dev.wait(START_SECONDS)


def main() -> int:
    """Print what is wrong with the wheel; the exit status is 1 when anything is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder / "dist")
        found = faults(names_in(wheel))
        programs = install(wheel, folder / "environment")
        found += [f"is shadowed by {path}" for path in strangers(programs, folder)]
        output = call_echo(programs, folder)
    if output != {"info": {"param": "1"}}:
        found.append(f"answers a call with {output}")
    for line in found:
        print(f"wheel: {line}")
    return 1 if found else 0


def _is_ours(name: str) -> bool:
    return name.partition("/")[0] in PACKAGES or re.match(r"syncline-[^/]*\.dist-info/", name) is not None


def _run(command: list[object], folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=_environ(), check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def _environ() -> dict[str, str]:
    """Return an environment in which nothing points at the sources."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and "SYNCLINE" not in name}


if __name__ == "__main__":
    sys.exit(main())
