from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from syncline_cli import signing, terminal
from syncline_cli.dev import run
from syncline_cli.dev.banner import banner
from syncline_cli.dev.samples import samples
from syncline_cli.devfile import DevFile

KEY = DevFile(
    login="1001",
    secret="s3cr3t",
    company_id="i1",
    processes={"echo": 1042},
    direct_urls={},
    http="http://127.0.0.1:8080",
    http_async="http://127.0.0.1:8081",
    grpc="127.0.0.1:50051",
)


@pytest.fixture
def text() -> str:
    return banner(KEY, Path(".syncline"), "syncline call", 1700000000, terminal.Style(io.StringIO(), {}))


def test_the_banner_shows_addresses_samples_and_what_is_allowed(text: str) -> None:
    assert all(address in text for address in (KEY.http, KEY.http_async, KEY.grpc, ".syncline/dev-key.json"))
    assert all(f"@{sample.alias}" in text and sample.description in text for sample in samples())
    assert "127.0.0.0/8" in text
    assert KEY.secret not in text


def test_the_curl_command_is_signed_over_its_body(text: str) -> None:
    [line] = [line for line in text.splitlines() if "curl" in line]
    words = shlex.split(line)
    body = words[words.index("-d") + 1].encode()

    assert words[-1] == KEY.http + signing.signed_path("1001", "s3cr3t", 1700000000, body)
    assert b'"conv_id":1042' in body


def test_the_shell_command_is_whole(text: str) -> None:
    [line] = [line for line in text.splitlines() if "syncline call @" in line]

    assert shlex.split(line) == ["syncline", "call", "@echo", '{"param":"1"}']


@pytest.mark.parametrize(
    ("data", "options"), [(".syncline", ""), ("elsewhere", " --data elsewhere"), ("a b", " --data 'a b'")]
)
def test_the_shell_command_finds_the_data_folder(monkeypatch: pytest.MonkeyPatch, data: str, options: str) -> None:
    monkeypatch.setattr("sys.argv", ["whatever"])

    assert run.call_command(Path(data)) == f"syncline call{options}"


def test_the_shell_command_names_the_program_where_the_shell_would_not_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / ".venv" / "bin" / "syncline"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(program)])

    assert run.call_command(Path(".syncline")) == ".venv/bin/syncline call"
