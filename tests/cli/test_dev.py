"""`syncline dev` with the real programs: from its first start to its end, and what happens when something dies."""

from __future__ import annotations

import json
import os
import select
import shlex
import signal
import socket
import stat
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from running import DidNotStart, RunningDev, get, running_dev
from syncline_cli import signing
from syncline_cli.dev.samples import ALIASES

if TYPE_CHECKING:
    from pathlib import Path

SOON = 20


def answered(dev: RunningDev, alias: str, data: str, *, timeout: float = 10) -> dict[str, Any]:
    """Return the entry of one synchronous create."""
    key = dev.key
    body = signing.create_body(f"@{alias}", data, timeout=timeout)
    return posted(key.http + signing.signed_path(key.login, key.secret, int(time.time()), body), body)


def posted(url: str, body: bytes) -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as response:
        [entry] = json.load(response)["ops"]
    return dict(entry)


def ended(pid: int) -> bool:
    """Tell whether a process ends soon."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], SOON)[0])
    finally:
        os.close(handle)


def pids(dev: RunningDev) -> list[int]:
    return [pid for program in ("server", "gateway") if (pid := dev.pid(program))]


def test_clients_find_everything_in_the_key_file(shared_dev: RunningDev) -> None:
    key = shared_dev.key

    assert key.login.isdigit()
    assert set(ALIASES) <= set(key.processes)
    assert set(key.direct_urls) == set(key.processes)
    assert stat.S_IMODE((shared_dev.data / "dev-key.json").stat().st_mode) == 0o600
    assert [get(f"{face}/readyz") for face in (key.http, key.http_async)] == [200, 200]


def test_the_printed_curl_works(shared_dev: RunningDev) -> None:
    [line] = [line for line in shared_dev.said().splitlines() if "curl" in line]
    words = shlex.split(line)

    assert posted(words[-1], words[words.index("-d") + 1].encode()) == {"proc": "ok", "data": {"info": {"param": "1"}}}


def test_a_direct_url_takes_a_task(shared_dev: RunningDev) -> None:
    request = urllib.request.Request(shared_dev.key.http_async + shared_dev.key.direct_urls["silent"], b"{}")

    with urllib.request.urlopen(request, timeout=30) as response:
        assert json.load(response)["request_proc"] == "ok"


def test_api_calls_may_reach_this_machine(shared_dev: RunningDev) -> None:
    """The task is handed to a listener here, which answers in the process's place."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SOON)
        peer = threading.Thread(target=_answer_in_its_place, args=(listener,))
        peer.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        entry = answered(shared_dev, "external", json.dumps({"url": url, "n": 7}))
        peer.join()

    assert entry == {"proc": "ok", "data": {"n": "7"}}


def test_a_second_start_keeps_what_the_first_made(tmp_path: Path) -> None:
    with running_dev(tmp_path) as dev:
        first = dev.key
        assert answered(dev, "echo", '{"param":"1"}')["proc"] == "ok"
    with running_dev(tmp_path) as dev:
        second = dev.key
        assert answered(dev, "echo", '{"param":"2"}')["data"] == {"info": {"param": "2"}}

    assert (second.login, second.secret, second.company_id) == (first.login, first.secret, first.company_id)
    assert (second.processes, second.direct_urls) == (first.processes, first.direct_urls)


@pytest.mark.parametrize("program", ["server", "gateway"])
def test_a_program_that_is_killed_comes_back_at_the_same_address(tmp_path: Path, program: str) -> None:
    with running_dev(tmp_path) as dev:
        before = dev.key
        killed = dev.kill(program)
        dev.wait_for(f"{program} runs again")
        dev.wait_until_ready()

        assert dev.pid(program) != killed
        assert dev.key == before
        assert answered(dev, "echo", '{"param":"1"}')["data"] == {"info": {"param": "1"}}


def test_ctrl_c_ends_everything_within_two_seconds_with_a_caller_waiting(tmp_path: Path) -> None:
    with running_dev(tmp_path, own_life=True) as dev:
        programs = pids(dev)
        with _parked(dev):
            start = time.monotonic()
            os.killpg(dev.process.pid, signal.SIGINT)
            status = dev.wait()
            seconds = time.monotonic() - start

    assert status == 0
    assert all(ended(pid) for pid in programs)
    assert "was killed" not in dev.said()
    assert '"level":"error"' not in dev.said()
    assert seconds < 2


@pytest.mark.parametrize("own_life", [True, False])
def test_both_programs_end_when_it_is_killed(tmp_path: Path, *, own_life: bool) -> None:
    with running_dev(tmp_path, own_life=own_life) as dev:
        programs = pids(dev)
        dev.process.kill()
        dev.process.wait(SOON)

        assert len(programs) == 2
        assert all(ended(pid) for pid in programs)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    with running_dev(tmp_path) as dev:
        programs = pids(dev)
        dev.cut_off()

        assert dev.wait() == 0
        assert all(ended(pid) for pid in programs)


@pytest.mark.parametrize(
    ("options", "environ", "complaint"),
    [
        ((), {"SYNCLINE_RETENTION_SECONDS": "long"}, "SYNCLINE_RETENTION_SECONDS: 'long' is not a number of seconds"),
        ((), {"SYNCLINE_BODY_SECONDS": "long"}, "SYNCLINE_BODY_SECONDS: 'long' is not a number of seconds"),
        ((), {"SYNCLINE_HTPP": "1"}, "SYNCLINE_HTPP: no such setting"),
        (("--http", "8080"), {}, "SYNCLINE_HTTP: '8080' is not HOST:PORT"),
        (("--data", "/dev/null"), {}, "/dev/null"),
    ],
    ids=["server's", "gateway's", "nobody's", "its own", "folder"],
)
def test_a_bad_setting_ends_it_with_one_line(
    tmp_path: Path, options: tuple[str, ...], environ: dict[str, str], complaint: str
) -> None:
    with pytest.raises(DidNotStart) as failed, running_dev(tmp_path, options=options, environ=environ):
        pass

    assert failed.value.status == 2
    [line] = failed.value.said.splitlines()
    assert complaint in line


@pytest.mark.parametrize("face", ["http", "http-async", "grpc"])
def test_an_address_that_is_taken_ends_it_with_one_line(tmp_path: Path, face: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(DidNotStart) as failed, running_dev(tmp_path, options=[f"--{face}={address}"]):
            pass

    assert failed.value.status == 2
    [line] = failed.value.said.splitlines()
    assert address in line


def test_a_data_folder_has_one_owner(shared_dev: RunningDev, tmp_path: Path) -> None:
    options = ["--data", str(shared_dev.data)]

    with pytest.raises(DidNotStart) as failed, running_dev(tmp_path, options=options):
        pass

    assert failed.value.status == 2
    assert len(failed.value.said.splitlines()) == 1


class _parked:  # noqa: N801 - reads as what it does
    """A caller that waits for an answer that does not come, for as long as the block lasts."""

    def __init__(self, dev: RunningDev) -> None:
        key = dev.key
        body = signing.create_body("@waiting", "{}", timeout=60)
        path = signing.signed_path(key.login, key.secret, int(time.time()), body)
        host, _, port = key.http.removeprefix("http://").rpartition(":")
        self._caller = socket.create_connection((host, int(port)), SOON)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self._caller.sendall(head.encode() + body)

    def __enter__(self) -> None:
        """Nothing comes back while the caller is parked."""
        assert not select.select([self._caller], [], [], 0.2)[0]

    def __exit__(self, *_: object) -> None:
        self._caller.close()


def _answer_in_its_place(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        request = b""
        while not request.endswith(b"}"):
            request += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    handed = json.loads(request.partition(b"\r\n\r\n")[2])
    with urllib.request.urlopen(handed["callback_url"], json.dumps({"n": handed["n"]}).encode(), timeout=30):
        pass
