"""The tools of `make check`: that they see what they are there to see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import breaking
import stubs

CHANGELOG = """\
# Changelog

## Unreleased

- Breaking (task.proto, error.proto): name tasks by id.
- Something else about access.proto.

## 0.1.0

- Breaking (process.proto): long ago.
"""
BREAKS = [breaking.Break("task.proto", "a"), breaking.Break("access.proto", "b")]


def test_breaks_are_announced_in_the_unreleased_section_alone() -> None:
    assert breaking.announced(CHANGELOG) == {"task.proto", "error.proto"}
    assert breaking.announced("# Changelog\n") == set()


def test_what_was_not_announced_is_left() -> None:
    assert breaking.unexcused(BREAKS, {"task.proto"}) == BREAKS[1:]
    assert breaking.unexcused(BREAKS, set()) == BREAKS


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A copy of the contract, to be changed."""
    for name in ("proto", "third_party"):
        shutil.copytree(breaking.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.py", "*.pyi"))
    shutil.copy(breaking.ROOT / "buf.yaml", tmp_path)
    return tmp_path


def test_an_unchanged_contract_breaks_nobody(changed: Path) -> None:
    assert breaking.breaks(breaking.ROOT, changed) == []


def test_a_changed_field_and_a_lost_file_break_callers(changed: Path) -> None:
    contract = changed / "proto" / "syncline" / "v1"
    task = contract / "task.proto"
    task.write_text(task.read_text().replace("string process_id = 2;", "string process_name = 2;"))
    (contract / "process_service.proto").unlink()  # no other file imports it

    assert {one.file for one in breaking.breaks(breaking.ROOT, changed)} == {"task.proto", "process_service.proto"}


def test_stubs_that_differ_are_named(tmp_path: Path) -> None:
    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    for folder, names in ((fresh, "same new changed"), (committed, "same changed old")):
        (folder / stubs.CONTRACT).mkdir(parents=True)
        for name in names.split():
            content = folder.name if name == "changed" else ""
            (folder / stubs.CONTRACT / f"{name}_pb2.py").write_text(content)
        (folder / stubs.PACKAGE / "contract.binpb").write_text(folder.name)

    assert stubs.differences(fresh, committed) == [
        "syncline/contract.binpb is out of date",
        "syncline/v1/changed_pb2.py is out of date",
        "syncline/v1/new_pb2.py is missing",
        "syncline/v1/old_pb2.py has no .proto file any more",
    ]


def test_a_source_file_is_no_stub(tmp_path: Path) -> None:
    (tmp_path / stubs.CONTRACT).mkdir(parents=True)
    (tmp_path / stubs.CONTRACT / "__init__.py").touch()

    assert stubs.generated(tmp_path) == set()


def test_what_ci_runs_is_what_make_checks() -> None:
    script = Path(breaking.ROOT, ".ci", "run").read_text()

    assert script.rstrip().endswith("make check")
