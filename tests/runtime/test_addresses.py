from __future__ import annotations

import asyncio
import ipaddress
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.environment import networks
from syncline_server.runtime import addresses
from syncline_server.runtime.addresses import SystemLookup, TargetRule

PUBLIC = TargetRule()

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.8.8.8
    168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1
    192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::10.1.2.3 64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1::8.8.8.8
    100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1 5f00::1
    2002:7f00:1:: 2002:0a00:0001::1 2002:c0a8:101::1 2002:a9fe:a9fe:: 2002:808:808::1
    fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""
REACHABLE = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255
    172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450::1
"""
NO_ADDRESS = ["", "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "127.0.0.1.", "１２７.0.0.1", "[::1]"]


@pytest.mark.parametrize("text", NOT_PUBLIC.split())
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert not PUBLIC.permits(text)


@pytest.mark.parametrize("text", REACHABLE.split())
def test_a_public_address_is_permitted(text: str) -> None:
    assert PUBLIC.permits(text)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_plain_address_is_refused_even_if_all_is_allowed(text: str) -> None:
    assert not PUBLIC.permits(text)
    assert not TargetRule(networks("0.0.0.0/0, ::/0")).permits(text)


@pytest.mark.parametrize(
    ("allowed", "text", "permitted"),
    [
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.0/8", "::ffff:127.0.0.1", True),
        ("127.0.0.0/8", "64:ff9b::7f00:1", True),
        ("127.0.0.0/8", "::1", False),
        ("127.0.0.0/8", "10.0.0.1", False),
        ("10.1.0.0/16", "10.1.255.255", True),
        ("10.1.0.0/16", "10.2.0.0", False),
        ("::1/128", "::1", True),
        ("::1/128", "127.0.0.1", False),
        ("::/0", "fd00::1", True),
        ("::/0", "::ffff:127.0.0.1", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.0.0.0/8, fd00::/8", "fd00::1", True),
    ],
)
def test_the_operator_may_allow_networks(allowed: str, text: str, permitted: bool) -> None:
    assert TargetRule(networks(allowed)).permits(text) is permitted


@given(number=st.integers(0, 2**32 - 1))
def test_an_ipv4_address_cannot_be_disguised(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    expected = PUBLIC.permits(str(plain))
    assert PUBLIC.permits(f"::ffff:{plain}") is expected
    assert PUBLIC.permits(f"64:ff9b::{plain}") is expected
    assert not PUBLIC.permits(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))))


@given(address=st.ip_addresses())
def test_nothing_is_permitted_that_the_standard_library_calls_private(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if PUBLIC.permits(str(address)):
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast
        assert not address.is_unspecified
        assert not address.is_private


async def test_the_system_knows_localhost() -> None:
    found = await SystemLookup()("localhost")
    assert set(found) <= {"127.0.0.1", "::1"}
    assert found


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 64 + ".test", "x" * 300, "bad\udc80name"])
async def test_a_host_without_address_is_an_os_error(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - the words are the system's
        await SystemLookup()(host)


async def test_a_lookup_that_hangs_holds_nobody_but_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, go_on = threading.Semaphore(0), threading.Event()

    def hang(host: str) -> list[str]:
        stuck.release()
        go_on.wait(30)
        return [host]

    monkeypatch.setattr(addresses, "_addresses", hang)
    lookup = SystemLookup(at_a_time=2)
    works = [asyncio.create_task(lookup(name)) for name in ("a", "b", "c")]
    for _ in range(2):
        assert await asyncio.to_thread(stuck.acquire, timeout=10)
    works[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await works[0]
    assert await asyncio.to_thread(stuck.acquire, timeout=10)
    go_on.set()
    assert await asyncio.gather(*works[1:]) == [["b"], ["c"]]
