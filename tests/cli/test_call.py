from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from syncline_cli import signing
from syncline_cli.__main__ import main
from syncline_cli.commands.call import Answer, output_of
from syncline_cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTPUT = '{"proc":"ok","data":%s}'


class Face(HTTPServer):
    """A synchronous face that always gives the same answer, and remembers what it was asked."""

    def __init__(self, status: int, body: str, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = (status, body, headers)
        self.asked: list[tuple[str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Face

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        status, body, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Tests read stderr."""


@contextmanager
def face(body: str, status: int = 200, **headers: str) -> Iterator[Face]:
    with Face(status, body, {name.replace("_", "-"): value for name, value in headers.items()}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def called(url: str, *arguments: str) -> int:
    environ = {"SYNCLINE_URL": url, "SYNCLINE_LOGIN": "1001", "SYNCLINE_SECRET": "s3cr3t"}
    return main(["call", *arguments], environ)


def envelope(entry: str) -> str:
    return f'{{"request_proc":"ok","ops":[{entry}]}}'


def test_the_request_is_signed_as_any_client_signs(capsys: pytest.CaptureFixture[str]) -> None:
    with face(envelope(OUTPUT % '{"info":{"param":"1"}}')) as server:
        assert called(server.url, "@echo", '{"param":"1"}', "--timeout", "5", "--ref", "r1") == 0

    [(path, body)] = server.asked
    *_, login, timestamp, signature = path.split("/")
    assert login == "1001"
    assert signature == signing.signature("s3cr3t", int(timestamp), body)
    assert json.loads(body)["ops"][0]["ref"] == "r1"
    assert capsys.readouterr().out == '{"info":{"param":"1"}}\n'


@pytest.mark.parametrize("output", ['{"n": 1.10}', "9" * 5000, '"x"', "null", "[1 , 2]", '"\\u00e9"'])
def test_the_output_is_printed_as_it_came(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    with face(envelope(OUTPUT % output)) as server:
        assert called(server.url, "@echo", "{}") == 0

    assert capsys.readouterr().out == output + "\n"


def test_data_may_come_from_stdin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text('{"n": 1.10}')
    with face(envelope(OUTPUT % "1")) as server, (tmp_path / "data.json").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert called(server.url, "@echo", "-") == 0

    assert b'"data":{"n": 1.10}' in server.asked[0][1]


def test_data_that_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data.json").write_bytes(b'{"n": "\xff"}')
    with face("") as server, (tmp_path / "data.json").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert called(server.url, "@echo", "-") == 2

    assert capsys.readouterr().err == "syncline: the task's data is not UTF-8\n"


def test_a_refusal_is_one_line_with_the_handle(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = envelope('{"proc":"error","description":"Timeout for create task"}')
    with face(refusal, Syncline_Task_Id="65a0c0de0001000000000001") as server:
        assert called(server.url, "@silent", "{}") == 1

    told = capsys.readouterr()
    assert told.err == "syncline: Timeout for create task (task 65a0c0de0001000000000001)\n"
    assert told.out == ""


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Answer(200, envelope('{"proc":"error","description":"Bad signature"}'), "-", ""), "Bad signature"),
        (Answer(200, envelope('{"proc":"access_denied"}'), "", ""), "access_denied"),
        (Answer(200, envelope('{"proc":"ok","obj":"task"}'), "65", ""), "ok (task 65)"),
        (Answer(503, '{"error":"away"}', "", "1"), "the server answered HTTP 503; try again in 1 s"),
        (Answer(502, "<html>", "", ""), "the server answered HTTP 502"),
        (Answer(200, envelope(""), "", ""), "the server answered HTTP 200"),
        (Answer(200, "[" * 100_000, "", ""), "the server answered HTTP 200"),
    ],
)
def test_an_answer_without_output_says_why(answer: Answer, complaint: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        output_of(answer)

    assert str(failed.value) == complaint


def test_data_that_is_no_object_is_refused_before_anything_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    with face("") as server:
        assert called(server.url, "@echo", "[1]") == 2

    assert server.asked == []
    assert "must be an object" in capsys.readouterr().err


def test_nobody_there_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with face("") as server:
        url = server.url

    assert called(url, "@echo", "{}") == 1
    assert (
        capsys.readouterr().err
        == f"syncline: {url} cannot be reached (Connection refused): is `syncline dev` running?\n"
    )


def test_what_is_no_url_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("127.0.0.1:8080", "@echo", "{}") == 2
    assert "is not an http or https URL" in capsys.readouterr().err


def test_an_answer_that_breaks_off_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with face("{}", Content_Length="100") as server:
        assert called(server.url, "@echo", "{}") == 1

    assert capsys.readouterr().err.count("\n") == 1
