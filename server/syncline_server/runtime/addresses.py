"""Which addresses outgoing calls may reach, and how names become addresses.

A process's author decides where a call goes, so the machine's own network must not be within reach: an address has to
be public, or in a network that the operator allows. The rule judges addresses, never names: only what is connected to
counts.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The standard library's `is_global` changed between patch releases, so the registries are written out.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",
    )
)
"""IANA's special-purpose addresses, multicast, and the one public address at which a cloud serves its metadata."""
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""Nothing outside of this has been given out."""
_NOT_PUBLIC_V6 = tuple(ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
"""IETF protocol assignments (Teredo among them), documentation, and 6to4, whose addresses hold any IPv4 address."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""What DNS64 gives out for hosts that have only an IPv4 address, which is at the end of it."""


class TargetRefused(OSError):
    """The address is neither public nor allowed."""


class TargetRule:
    """Judges addresses by the networks that the operator allows besides the public ones."""

    def __init__(self, allow: Sequence[Network] = ()) -> None:
        self._allow = tuple(allow)
        self.permits: Callable[[str], bool] = lru_cache(maxsize=4096)(self._permits)
        """Tell whether a call may go to an address, given as text; what is no address in plain notation is refused."""

    def _permits(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return self._reaches(address)

    def _reaches(self, address: Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            # The kernel connects to the IPv4 address, so nothing said of IPv6 networks counts.
            return self._reaches(address.ipv4_mapped)
        if any(address in network for network in self._allow):
            return True
        if isinstance(address, ipaddress.IPv4Address):
            return not any(address in network for network in _NOT_PUBLIC_V4)
        if address in _NAT64:
            return self._reaches(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        return address in _UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


class SystemLookup:
    """Asks the system's resolver, a bounded number of names at a time.

    Each lookup has a daemon thread: a resolver that hangs holds up neither the other users of the loop's executor nor
    the end of the program.
    """

    def __init__(self, at_a_time: int = 64) -> None:
        self._free = asyncio.Semaphore(at_a_time)

    async def __call__(self, host: str) -> Sequence[str]:
        """Return the addresses of a host, the best first; raise `OSError` when it has none."""
        async with self._free:
            return await _in_daemon_thread(lambda: _addresses(host))


def _addresses(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("not a host name") from None
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def _in_daemon_thread(work: Callable[[], Sequence[str]]) -> asyncio.Future[Sequence[str]]:
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(result: Sequence[str] | OSError) -> None:
        if outcome.done():
            return
        if isinstance(result, OSError):
            outcome.set_exception(result)
        else:
            outcome.set_result(result)

    def run() -> None:
        result: Sequence[str] | OSError
        try:
            result = work()
        except OSError as error:
            result = error
        try:
            loop.call_soon_threadsafe(settle, result)
        except RuntimeError:
            return  # The loop was closed meanwhile; nobody waits.

    threading.Thread(target=run, name="lookup", daemon=True).start()
    return outcome
