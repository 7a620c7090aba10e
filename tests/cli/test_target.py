from __future__ import annotations

import argparse
import json
import stat
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from syncline_cli import devfile, target
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = devfile.DevFile(
    login="1001",
    secret="s3cr3t",
    company_id="i1",
    processes={"echo": 1},
    direct_urls={"echo": "/api/1/json/public/1/aa"},
    http="http://127.0.0.1:8080",
    http_async="http://127.0.0.1:8081",
    grpc="127.0.0.1:50051",
)
FROM_FILE = target.Target(url=KNOWN.http, grpc=KNOWN.grpc, login=KNOWN.login, secret=KNOWN.secret)
ELSEWHERE = {"SYNCLINE_URL": "https://sync.example/", "SYNCLINE_LOGIN": "7", "SYNCLINE_SECRET": "x"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    devfile.write(tmp_path, KNOWN)
    return tmp_path


def test_the_key_file_holds_what_clients_rely_on(data: Path) -> None:
    content = json.loads((data / "dev-key.json").read_text())

    assert content == asdict(KNOWN)
    assert devfile.read(data) == KNOWN


def test_nobody_else_may_read_the_key_file(data: Path) -> None:
    assert stat.S_IMODE((data / "dev-key.json").stat().st_mode) == 0o600


def test_the_key_file_is_replaced_as_a_whole(data: Path) -> None:
    with (data / "dev-key.json").open() as old:
        devfile.write(data, KNOWN)

        assert json.load(old) == asdict(KNOWN)
    assert [path.name for path in data.iterdir()] == ["dev-key.json"]


def test_a_secret_is_not_shown() -> None:
    assert KNOWN.secret not in repr(KNOWN) + repr(FROM_FILE)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"login": "1"}', "\\xff"])
def test_a_damaged_key_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "dev-key.json").write_text(content)

    with pytest.raises(CommandFailed, match=r"dev-key\.json is damaged"):
        devfile.read(tmp_path)


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="start `syncline dev`"):
        devfile.read(tmp_path)


def test_a_named_folder_wins_over_the_environment(data: Path) -> None:
    assert target.find(_arguments(data), ELSEWHERE, "url") == FROM_FILE


def test_the_environment_wins_over_a_folder_nobody_named(data: Path) -> None:
    found = target.find(_arguments(None), {**ELSEWHERE, "SYNCLINE_DATA": str(data)}, "url")

    assert found == target.Target(url="https://sync.example", grpc="", login="7", secret="x")


def test_without_a_key_in_the_environment_the_folder_counts(data: Path) -> None:
    # SYNCLINE_GRPC alone is where a server listens, and may hold a port of 0
    environ = {"SYNCLINE_DATA": str(data), "SYNCLINE_GRPC": "127.0.0.1:0"}

    assert target.find(_arguments(None), environ, "grpc") == FROM_FILE


@pytest.mark.parametrize(
    ("missing", "needed"), [("SYNCLINE_SECRET", "url"), ("SYNCLINE_URL", "url"), ("SYNCLINE_GRPC", "grpc")]
)
def test_half_a_target_is_refused(missing: str, needed: str) -> None:
    environ = {name: value for name, value in ELSEWHERE.items() if name != missing}

    with pytest.raises(CommandFailed, match=f"{missing} must be set too"):
        target.find(_arguments(None), environ, needed)


def _arguments(data: Path | None) -> argparse.Namespace:
    return argparse.Namespace(data=str(data) if data else None)
