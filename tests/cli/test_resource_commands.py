"""`syncline env` and `syncline instance`, against the real programs."""

from __future__ import annotations

import io
import json
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from syncline_cli.__main__ import main

if TYPE_CHECKING:
    from running import RunningDev


class Shell:
    """Runs commands as a shell would, and keeps what they print."""

    def __init__(self, dev: RunningDev, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._data = str(dev.data)
        self._capsys = capsys
        self._patch = patch

    def __call__(self, *words: str, status: int = 0, stdin: bytes = b"") -> str:
        """Return what a command printed: on stdout when it went well, else on stderr."""
        self._capsys.readouterr()
        self._patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        ended = main([*words, "--data", self._data], {})
        printed = self._capsys.readouterr()
        assert ended == status, printed
        return printed.err if status else printed.out

    def listed(self, noun: str, key: str, wanted: str) -> Any:
        """Return what a list shows with a certain value."""
        (found,) = [one for one in map(json.loads, self(noun, "list").splitlines()) if one[key] == wanted]
        return found


@pytest.fixture
def shell(shared_dev: RunningDev, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(shared_dev, capsys, monkeypatch)


@pytest.fixture
def name() -> str:
    return f"v-{uuid.uuid4().hex[:8]}"


def test_a_variable_is_set_and_changed_and_deleted(shell: Shell, name: str) -> None:
    assert shell("env", "set", name, "1", "--title", "ü", "--use", "api_call") == f"set {name}\n"
    first = shell.listed("env", "name", name)
    shell("env", "set", name, '{"a":1.10}', "--json")
    second = shell.listed("env", "name", name)

    assert {**first, "change_time": ""} == {
        "name": name,
        "kind": "visible",
        "data_type": "raw",
        "value": "1",
        "uses": ["api_call"],
        "title": "ü",
        "description": "",
        "change_time": "",
    }
    assert second == {**first, "value": '{"a":1.10}', "data_type": "json", "change_time": second["change_time"]}
    assert shell("env", "delete", name) == f"deleted {name}\n"
    assert name not in shell("env", "list")
    assert "ENV_VAR_NOT_FOUND" in shell("env", "delete", name, status=1)


def test_a_secret_is_read_and_never_shown(shell: Shell, name: str) -> None:
    shell("env", "set", name, "--stdin", "--secret", stdin=b"s3cret-value\n")
    shown = shell.listed("env", "name", name)
    shell("env", "set", name, "--stdin", "--description", "d", stdin=b"another-s3cret")

    assert (shown["kind"], shown["value"]) == ("secret", None)
    assert shell.listed("env", "name", name)["kind"] == "secret"
    assert "s3cret" not in shell("env", "list")


def test_a_secret_becomes_visible_with_a_new_value(shell: Shell, name: str) -> None:
    shell("env", "set", name, "--stdin", "--secret", stdin=b"s3cret-value\n")
    shell("env", "set", name, "plain", "--visible")

    assert shell.listed("env", "name", name)["value"] == "plain"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((), "give either VALUE or --stdin"),
        (("1", "--stdin"), "give either VALUE or --stdin"),
        (("1", "--secret"), "a secret is read with --stdin"),
    ],
)
def test_a_wrong_line_is_said(shell: Shell, name: str, line: tuple[str, ...], said: str) -> None:
    assert said in shell("env", "set", name, *line, status=2)


def test_what_the_server_refuses_is_said(shell: Shell, name: str) -> None:
    assert "a-z 0-9 - _" in shell("env", "set", "Ü", "1", status=1)
    assert "INVALID_JSON" in shell("env", "set", name, "{", "--json", status=1)
    assert "is not UTF-8" in shell("env", "set", name, "--stdin", stdin=b"\xff", status=2)


def test_a_file_is_made_known_and_forgotten(shell: Shell) -> None:
    title = f"ü {uuid.uuid4().hex}"
    made = json.loads(shell("instance", "create", "--title", title, "--sqlite", "orders.db"))
    shown = shell.listed("instance", "title", title)

    assert shown == {
        "instance_id": made["instance_id"],
        "title": title,
        "max_connections": 5,
        "sqlite": "orders.db",
    }
    assert shell("instance", "delete", made["instance_id"]) == f"deleted {made['instance_id']}\n"
    assert title not in shell("instance", "list")
    assert "INSTANCE_NOT_FOUND" in shell("instance", "delete", made["instance_id"], status=1)


def test_a_server_is_made_known_without_showing_its_password(shell: Shell) -> None:
    title = uuid.uuid4().hex
    place = ("--postgresql", "[2001:db8::1]/shop", "--user", "u", "--tls", "verify-full")
    shell("instance", "create", "--title", title, *place, "--stdin", "--max-connections", "7", stdin=b"s3cret\n")
    shown = shell.listed("instance", "title", title)

    assert shown == {
        "instance_id": shown["instance_id"],
        "title": title,
        "max_connections": 7,
        "postgresql": "[2001:db8::1]:5432/shop",
        "user": "u",
        "tls": "verify-full",
    }
    assert "s3cret" not in shell("instance", "list")


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (("--sqlite", "a.db", "--user", "u"), 2, "go with --postgresql"),
        (("--postgresql", "db/d"), 2, "needs --user"),
        (("--sqlite", "../a.db"), 1, "A file's name is"),
        (("--sqlite", "a.db", "--max-connections", "51"), 1, "1 to 50"),
    ],
)
def test_a_wrong_instance_is_said(shell: Shell, line: tuple[str, ...], status: int, said: str) -> None:
    assert said in shell("instance", "create", "--title", "t", *line, status=status)
