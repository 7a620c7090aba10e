from __future__ import annotations

import ipaddress
import random
import socket
import sys
from pathlib import Path

import pytest

from syncline import environment
from syncline.environment import BadSetting
from syncline_cli import devfile
from syncline_cli.dev import ports
from syncline_cli.dev.settings import DevSettings
from syncline_cli.parser import make_parser


def settings(*options: str, **environ: str) -> DevSettings:
    return DevSettings.read(make_parser().parse_args(["dev", *options]), environ)


ANY_PORTS = ("--http", "127.0.0.1:0", "--http-async", "127.0.0.1:0", "--grpc", "127.0.0.1:0")


def test_without_options_the_documented_addresses_are_used() -> None:
    found = settings()

    assert found.data == Path(".syncline")
    assert found.wanted == {
        "http": ("127.0.0.1", 8080),
        "http_async": ("127.0.0.1", 8081),
        "grpc": ("127.0.0.1", 50051),
    }


def test_an_option_wins_over_its_setting() -> None:
    environ = {"SYNCLINE_HTTP": "127.0.0.1:1", "SYNCLINE_GRPC": "127.0.0.1:2", "SYNCLINE_DATA": "a"}

    found = settings("--http", "127.0.0.1:3", "--data", "b", **environ)

    assert (found.wanted["http"][1], found.wanted["grpc"][1], found.data) == (3, 2, Path("b"))


@pytest.mark.parametrize(
    ("options", "environ", "complaint"),
    [
        (["--http", "8080"], {}, "SYNCLINE_HTTP: '8080' is not HOST:PORT"),
        ([], {"SYNCLINE_GRPC": "x"}, "SYNCLINE_GRPC: 'x' is not HOST:PORT"),
        ([], {"SYNCLINE_COLOUR": "x"}, "SYNCLINE_COLOUR: no such setting"),
    ],
)
def test_a_bad_setting_is_named(options: list[str], environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(BadSetting, match=complaint):
        settings(*options, **environ)


def test_both_programs_get_the_settings_they_need() -> None:
    found = settings(*ANY_PORTS, "--data", "d", "--grpc", "0.0.0.0:0", SYNCLINE_MAX_WAIT_SECONDS="600", PATH="p")
    addresses = found.addresses()
    http, http_async, grpc = (str(getattr(addresses, face)[1]) for face in ("http", "http_async", "grpc"))

    server, gateway = found.server(addresses), found.gateway(addresses)

    assert server.arguments == (sys.executable, "-m", "syncline_server")
    assert gateway.arguments == (sys.executable, "-m", "syncline_gateway")
    quiet = {"SYNCLINE_LOG_LEVEL": "warning", "GRPC_VERBOSITY": "NONE"}
    passed_on = {"SYNCLINE_MAX_WAIT_SECONDS": "600", "PATH": "p", **quiet}
    assert server.environ == passed_on | {
        "SYNCLINE_DATA": "d",
        "SYNCLINE_GRPC": f"0.0.0.0:{grpc}",
        "SYNCLINE_PUBLIC_URL": f"http://127.0.0.1:{http}",
        "SYNCLINE_ALLOW_TARGETS": "127.0.0.0/8,::1/128",
    }
    assert gateway.environ == passed_on | {
        "SYNCLINE_HTTP": f"127.0.0.1:{http}",
        "SYNCLINE_HTTP_ASYNC": f"127.0.0.1:{http_async}",
        "SYNCLINE_GRPC": f"127.0.0.1:{grpc}",
    }


def test_loopback_targets_are_added_to_those_that_an_operator_allows() -> None:
    found = settings(*ANY_PORTS, SYNCLINE_ALLOW_TARGETS="10.0.0.0/8")

    allowed = environment.networks(found.server(found.addresses()).environ["SYNCLINE_ALLOW_TARGETS"])

    assert [str(network) for network in allowed] == ["10.0.0.0/8", "127.0.0.0/8", "::1/128"]
    assert ipaddress.ip_address("127.0.0.1") in allowed[1]


def test_a_public_url_that_is_set_stays() -> None:
    found = settings(*ANY_PORTS, SYNCLINE_PUBLIC_URL="https://sync.example/")

    assert found.server(found.addresses()).environ["SYNCLINE_PUBLIC_URL"] == "https://sync.example"


def test_the_pipes_of_this_program_are_not_those_of_its_children() -> None:
    found = settings(SYNCLINE_READY_FD="7", SYNCLINE_LIFE_FD="8")

    assert (found.ready_fd, found.life_fd) == (7, 8)
    assert not {"SYNCLINE_READY_FD", "SYNCLINE_LIFE_FD"} & set(found.environ)


def test_port_0_is_chosen_once_and_told_when_it_was_lost() -> None:
    found = settings(*ANY_PORTS)
    addresses = found.addresses()

    assert not found.lost(addresses)
    with socket.create_server(addresses.http):
        assert found.lost(addresses)


def test_chosen_ports_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    def same_first(population: range, _count: int) -> list[int]:
        return list(population)

    monkeypatch.setattr(random, "sample", same_first)
    addresses = settings(*ANY_PORTS).addresses()

    assert len({addresses.http[1], addresses.http_async[1], addresses.grpc[1]}) == 3


def test_a_port_that_was_named_is_never_chosen_anew() -> None:
    found = settings(*ANY_PORTS, "--grpc", f"127.0.0.1:{ports.choose('127.0.0.1', 0)}")
    addresses = found.addresses()

    with socket.create_server(addresses.grpc):
        assert not found.lost(addresses)


def test_an_address_that_cannot_be_listened_on_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        found = settings(*ANY_PORTS, "--http-async", address)

        with pytest.raises(BadSetting, match=f"SYNCLINE_HTTP_ASYNC: {address}: Address already in use"):
            found.addresses()


def test_port_0_takes_the_ports_of_the_last_run_when_they_are_free(tmp_path: Path) -> None:
    """
    Callback URLs that were handed out before a restart still lead here after it.
    """
    first = settings(*ANY_PORTS, "--data", str(tmp_path)).addresses()
    known = {"login": "1", "secret": "s", "company_id": "i1", "processes": {}, "direct_urls": {}}
    faces = {"http": first.url("http"), "http_async": first.url("http_async"), "grpc": first.grpc_target}
    devfile.write(tmp_path, devfile.DevFile(**known, **faces))  # type: ignore[arg-type]

    assert settings(*ANY_PORTS, "--data", str(tmp_path)).addresses() == first
    with socket.socket() as somebody:
        # Connections of an earlier listener on this port may linger.
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(first.http)
        somebody.listen()
        other = settings(*ANY_PORTS, "--data", str(tmp_path)).addresses()
    assert other.http != first.http
    assert other.grpc == first.grpc
