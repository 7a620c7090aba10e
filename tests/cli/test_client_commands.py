"""The commands that are clients, against the real programs."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from syncline_cli import devfile
from syncline_cli.__main__ import main
from syncline_cli.dev.samples import samples

if TYPE_CHECKING:
    from pathlib import Path

    from running import RunningDev

ECHO = next(sample for sample in samples() if sample.alias == "echo").file_json
WAITING = next(sample for sample in samples() if sample.alias == "waiting").file_json


class Shell:
    """Runs commands as a shell would, and keeps what they print."""

    def __init__(self, dev: RunningDev, capsys: pytest.CaptureFixture[str]) -> None:
        self._data = str(dev.data)
        self._capsys = capsys

    def __call__(self, *words: str, status: int = 0) -> str:
        """Return what a command printed: on stdout when it went well, else on stderr."""
        self._capsys.readouterr()
        ended = main([*words, "--data", self._data], {})
        printed = self._capsys.readouterr()
        assert ended == status, printed
        return printed.err if status else printed.out


@pytest.fixture
def shell(shared_dev: RunningDev, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(shared_dev, capsys)


@pytest.fixture
def alias() -> str:
    return f"copy-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A process with two nodes that cannot run here."""
    [process] = json.loads(ECHO)
    answer = process["scheme"]["nodes"][1]
    answer["condition"]["logics"].insert(0, {"type": "git_call", "version": 2, "err_node_id": ""})
    process["scheme"]["nodes"][0]["condition"]["logics"] = [{"type": "go", "to_node_id": "f" * 24}]
    return written(tmp_path / "faulty.json", [process])


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_call_prints_the_output(shell: Shell) -> None:
    assert shell("call", "@echo", '{"param":"ü \\"1\\""}') == '{"info":{"param":"ü \\"1\\""}}\n'


def test_a_process_may_be_named_by_its_number(shell: Shell, shared_dev: RunningDev) -> None:
    number = shared_dev.key.processes["p2p-transfer"]
    data = '{"from":"a","to":"b","amount":"x","balance":1}'

    assert json.loads(shell("call", str(number), data)) == {"result": "error", "reason": "bad amount"}


def test_a_call_without_an_output_names_the_task(shell: Shell) -> None:
    said = shell("call", "@silent", "{}", "--timeout", "0.1", status=1)

    assert said.startswith("syncline: Timeout for create task (task ")
    assert len(said.strip().removesuffix(")").rpartition(" ")[2]) == 24


def test_a_call_to_nothing_says_so(shell: Shell) -> None:
    assert shell("call", "@nothing", "{}", status=1) == "syncline: conveyor not found\n"


def test_a_key_may_do_what_it_was_granted(shell: Shell, shared_dev: RunningDev, tmp_path: Path) -> None:
    key = json.loads(shell("key", "create", "--title", "web shop", "--rate", "50"))
    devfile.write(tmp_path, replace(shared_dev.key, login=key["login"], secret=key["secret"]))
    as_the_key = ("call", "@echo", '{"param":"1"}', "--data", str(tmp_path))

    assert main(as_the_key, {}) == 1
    assert shell("grant", key["login"], "@echo", "create,view") == f"{key['login']} may create, view on @echo\n"
    assert main(as_the_key, {}) == 0
    assert shell("grant", key["login"], "@echo", "none") == f"{key['login']} may do nothing on @echo\n"
    assert main(as_the_key, {}) == 1


def test_an_unknown_key_cannot_be_granted_anything(shell: Shell) -> None:
    assert "KEY_NOT_FOUND" in shell("grant", "99999", "@echo", "create", status=1)


def test_a_token_is_made_and_listed_and_revoked(shell: Shell, shared_dev: RunningDev) -> None:
    title = f"ü {uuid.uuid4().hex}"
    made = json.loads(shell("token", "create", "--ttl", "2h", "--title", title))
    listed = [json.loads(line) for line in shell("token", "list").splitlines()]
    (shown,) = [token for token in listed if token["title"] == title]
    begin, end = (datetime.fromisoformat(shown[name]) for name in ("create_time", "expire_time"))

    assert made["token"].startswith("slt_")
    assert shown["token_id"] == made["token_id"]
    assert shown["expire_time"] == made["expire_time"]
    assert shown["login"] == shared_dev.key.login
    assert end - begin == timedelta(hours=2)
    assert shell("token", "revoke", made["token_id"]) == f"revoked {made['token_id']}\n"
    assert title not in shell("token", "list")
    assert "TOKEN_NOT_FOUND" in shell("token", "revoke", made["token_id"], status=1)


def test_an_owner_makes_a_token_for_another_key(shell: Shell) -> None:
    login = json.loads(shell("key", "create", "--title", "page"))["login"]
    made = json.loads(shell("token", "create", "--login", login))
    (shown,) = [json.loads(line) for line in shell("token", "list", "--login", login).splitlines()]

    assert (shown["token_id"], shown["login"], shown["title"]) == (made["token_id"], login, "")
    assert "KEY_NOT_FOUND" in shell("token", "create", "--login", "1", status=1)


def test_a_lifetime_that_is_too_long_is_said(shell: Shell) -> None:
    assert "1 to 7,776,000 seconds" in shell("token", "create", "--ttl", "91d", status=1)


def test_a_wrong_secret_is_said(shared_dev: RunningDev, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {
        "SYNCLINE_LOGIN": shared_dev.key.login,
        "SYNCLINE_SECRET": "wrong",
        "SYNCLINE_URL": shared_dev.key.http,
        "SYNCLINE_GRPC": shared_dev.key.grpc,
    }

    assert main(["call", "@echo", "{}"], environ) == 1
    assert main(["export", "@echo"], environ) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "syncline: Bad signature"
    assert "BAD_CREDENTIALS" in second


def test_what_is_exported_can_be_imported_and_called(shell: Shell, alias: str, tmp_path: Path) -> None:
    file = tmp_path / "echo.json"

    assert shell("export", "@echo", "-o", str(file)) == ""
    assert json.loads(file.read_text()) == json.loads(shell("export", "@echo")) == json.loads(ECHO)
    said = shell("import", str(file), "--alias", alias)

    assert said.startswith(f"imported {file}: ")
    assert f"@{alias} “echo”, active" in said
    assert shell("call", f"@{alias}", '{"param":"2"}') == '{"info":{"param":"2"}}\n'


def test_urls_of_nodes_are_said(shell: Shell, alias: str, tmp_path: Path) -> None:
    process = json.loads(WAITING)
    process[0]["scheme"]["nodes"][1]["condition"]["logics"][0]["obj_id_path"] = "task_id"
    said = shell("import", str(written(tmp_path / "waiting.json", process)), "--alias", alias)

    _, line = said.splitlines()
    assert line.startswith("  callbacks of node Wait for a callback 65a0c0de0003000000000002: http://")
    assert "/api/1/plugins/callback/node/" in line


def test_an_imported_alias_is_found_by_clients(
    shell: Shell, shared_dev: RunningDev, alias: str, tmp_path: Path
) -> None:
    shell("import", str(written(tmp_path / "a.json", json.loads(ECHO))), "--alias", f"@{alias}")

    assert alias in shared_dev.key.processes
    assert shared_dev.key.direct_urls[alias].startswith("/")


def test_a_process_that_cannot_run_is_refused_with_every_fault(shell: Shell, faulty: Path) -> None:
    said = shell("import", str(faulty), status=1)

    assert said.startswith(f"refused {faulty}: ")
    assert "Git Call" in said
    assert "f" * 24 in said


def test_a_process_that_cannot_run_is_kept_when_that_is_wanted(shell: Shell, faulty: Path, alias: str) -> None:
    said = shell("import", str(faulty), "--no-deploy", "--alias", alias)

    assert f"@{alias} “echo”, draft" in said
    assert said.count("  cannot run yet: node ") == 2
    assert shell("call", f"@{alias}", "{}", status=1) == "syncline: conveyor is not active\n"


def test_files_are_imported_one_by_one(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("[{]")
    (tmp_path / "zip.json").write_bytes(b"PK\x03\x04\xff")
    files = [str(tmp_path / "broken.json"), str(tmp_path / "zip.json"), str(tmp_path / "none.json")]

    said = shell("import", *files, str(written(tmp_path / "good.json", json.loads(ECHO))), status=1)

    broken, packed, missing = said.splitlines()
    assert "line 1, column 3 (INVALID_JSON)" in broken
    assert "it is not UTF-8 text; a zip has to be unpacked first" in packed
    assert "it cannot be read: No such file or directory" in missing


def test_an_alias_goes_with_one_file(shell: Shell) -> None:
    assert "goes with one file" in shell("import", "a.json", "b.json", "--alias", "x", status=2)


def test_an_alias_that_is_taken_is_said(shell: Shell, tmp_path: Path) -> None:
    file = str(written(tmp_path / "a.json", json.loads(ECHO)))

    assert "ALIAS_TAKEN" in shell("import", file, "--alias", "later", status=1)


def test_an_export_that_cannot_be_written_is_said(shell: Shell, tmp_path: Path) -> None:
    said = shell("export", "@echo", "-o", str(tmp_path / "no" / "a.json"), status=1)

    assert said == f"syncline: {tmp_path}/no/a.json cannot be written: No such file or directory\n"


def test_a_server_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"SYNCLINE_LOGIN": "1", "SYNCLINE_SECRET": "x", "SYNCLINE_GRPC": "127.0.0.1:1"}

    assert main(["export", "@echo", "-o", str(tmp_path / "a")], environ) == 1
    assert capsys.readouterr().err == "syncline: 127.0.0.1:1 cannot be reached: is `syncline dev` running?\n"


@pytest.mark.parametrize("command", [["export", "@echo"], ["key", "create", "--title", "t"], ["token", "create"]])
def test_a_secret_goes_nowhere_in_the_clear(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"SYNCLINE_LOGIN": "1", "SYNCLINE_SECRET": "x", "SYNCLINE_GRPC": "198.51.100.1:50051"}

    assert main(command, environ) == 2
    assert "unencrypted" in capsys.readouterr().err
