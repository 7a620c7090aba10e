"""Compares the contract with what callers were given: the last release, or the commit before where there is none yet.

From 1.0 on a break is never right. Before, each .proto file that breaks needs a line in the unreleased section of
CHANGELOG.md that begins with `- Breaking` and names the file, because callers have to hear of it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPARED = ("buf.yaml", "proto", "third_party")
DELETED = re.compile(r'file "(?:.*/)?([^"/]+\.proto)" was deleted')


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that callers may stumble over."""

    file: str
    """The name of the .proto file, without its folder."""
    message: str


class NothingToCompare(Exception):
    """There is no history here, or none with a contract."""


def main() -> int:
    """Print every break that nobody is told of; the exit status is 1 when there is one."""
    try:
        base = base_commit()
        with tempfile.TemporaryDirectory() as folder:
            extract(base, Path(folder))
            found = breaks(Path(folder))
    except NothingToCompare as reason:
        print(f"breaking changes: not checked, {reason}")
        return 0
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    untold = unexcused(found, announced(changelog) if version.startswith("0.") else set())
    for one in untold:
        print(f"{one.file}: {one.message}")
    if untold:
        print(f"breaks what callers have (compared with {base}); before 1.0, CHANGELOG.md may announce it:")
        print("  ## Unreleased … `- Breaking (name.proto): what callers have to do`")
    return 1 if untold else 0


def base_commit() -> str:
    """Return the last release before this commit, or this commit's first parent."""
    if not shutil.which("git"):
        raise NothingToCompare("there is no git here")
    parent = _git("rev-parse", "--verify", "--quiet", "HEAD^")
    if not parent:
        raise NothingToCompare("there is no earlier commit here")
    return _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^") or parent


def extract(commit: str, into: Path) -> None:
    """Write the contract as it was at a commit into a folder."""
    archive = subprocess.run(
        ["git", "archive", "--format=zip", commit, "--", *COMPARED], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        raise NothingToCompare(f"{commit} holds no contract")
    with zipfile.ZipFile(io.BytesIO(archive.stdout)) as files:
        files.extractall(into)


def breaks(before: Path, now: Path = ROOT) -> list[Break]:
    """Return what in the contract of one folder breaks callers of another's."""
    buf = Path(sys.executable).parent / "buf"
    result = subprocess.run(
        [buf, "breaking", "--against", before, "--error-format", "json"],
        cwd=now,
        env={"BUF_CACHE_DIR": str(ROOT / ".cache" / "buf"), **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode not in (0, 100):
        raise SystemExit(f"buf breaking: {result.stderr}")
    return [_break(json.loads(line)) for line in result.stdout.splitlines()]


def announced(changelog: str) -> set[str]:
    """Return the .proto files that the unreleased section names as broken."""
    section = re.search(r"^## Unreleased$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^- Breaking.*$", section[1] if section else "", re.MULTILINE)
    return {name for line in lines for name in re.findall(r"\w+\.proto", line)}


def unexcused(found: list[Break], excused: set[str]) -> list[Break]:
    """Return the breaks in files that were not announced."""
    return [one for one in found if one.file not in excused]


def _break(row: dict[str, str]) -> Break:
    deleted = DELETED.search(row["message"])
    file = deleted[1] if deleted else Path(row.get("path", "buf.yaml")).name
    return Break(file, row["message"])


def _git(*arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
