from __future__ import annotations

import socket

import pytest

from syncline_cli.dev import ports


def test_a_named_port_is_kept() -> None:
    assert ports.choose("127.0.0.1", 8080) == 8080


def test_a_chosen_port_is_free_and_never_somebodys_near_end() -> None:
    first_ephemeral = int(ports.EPHEMERAL.read_text().split()[0])

    chosen = {ports.choose("127.0.0.1", 0) for _ in range(20)}

    assert len(chosen) > 10
    assert all(ports.LOWEST <= port < first_ephemeral and not ports.refusal("127.0.0.1", port) for port in chosen)


def test_a_port_that_is_taken_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_first_ephemeral", lambda: ports.LOWEST + ports.TRIES)
    everything = range(ports.LOWEST, ports.LOWEST + ports.TRIES)
    taken = set(everything) - {ports.LOWEST + 7, ports.LOWEST + 8}

    assert ports.choose("127.0.0.1", 0, taken) not in taken


def test_a_port_is_refused_while_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        assert ports.refusal("127.0.0.1", port) == "Address already in use"
    assert ports.refusal("127.0.0.1", port) == ""


@pytest.mark.parametrize("host", ["198.51.100.1", "nobody.invalid"])
def test_an_address_of_somebody_else_is_refused(host: str) -> None:
    assert ports.refusal(host, 0)


@pytest.mark.parametrize(
    ("host", "written"),
    [("127.0.0.1", "127.0.0.1:1"), ("::1", "[::1]:1"), ("localhost", "localhost:1")],
)
def test_an_address_is_written_with_its_port(host: str, written: str) -> None:
    assert ports.joined(host, 1) == written


@pytest.mark.parametrize(("host", "near"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.1.2.3", "10.1.2.3")])
def test_a_listener_on_all_addresses_is_reached_on_loopback(host: str, near: str) -> None:
    assert ports.reachable(host) == near
