"""What is taken away from a worker process, and from each script's process once more.

A script reaches nothing of this through its engine, which has no file, socket or clock that waits. These are for the
day when an engine has a fault: a process that can neither open nor make anything has little to do harm with. Limits
that a platform lacks are left out; Linux has them all.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from math import ceil

from syncline_server.sandbox import syscalls

NESTING_BYTES = 16 << 20
"""Stack that a script may use: about 10,000 calls inside each other."""
SLACK_BYTES = 128 << 20
"""Address space beside what a script may take: its stack, and the texts that go in and out."""

_STACK_BYTES = 2 * NESTING_BYTES
_DESCRIPTORS = 16
_NICENESS = 15
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_PAGE = resource.getpagesize()
_LIBC = ctypes.CDLL(None)


def confine_worker() -> None:
    """Confine the process that starts a process for each script."""
    # A group of its own: what a terminal sends to the server's group is the server's to act on.
    os.setpgid(0, 0)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if hard == resource.RLIM_INFINITY or hard >= _STACK_BYTES:
        resource.setrlimit(resource.RLIMIT_STACK, (_STACK_BYTES, hard))


def nesting_bytes() -> int:
    """Return how much stack an engine may use here: half of what the process has."""
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return NESTING_BYTES if soft == resource.RLIM_INFINITY else min(NESTING_BYTES, soft // 2)


def confine_script(keep: int, parent: int, *, memory_bytes: int, seconds: float) -> None:
    """Confine a process that is about to run a script: the descriptor *keep* is all it has left.

    It ends with its parent, or at once when that is gone already.
    """
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # Schedulers may weigh sessions against each other, whatever is nice inside of one: see `give_way`.
    os.setsid()
    os.closerange(0, keep)
    space = _address_space()
    os.closerange(keep + 1, keep + 1 + _DESCRIPTORS)
    if space:
        _limit(resource.RLIMIT_AS, space + memory_bytes + SLACK_BYTES)
    _limit(resource.RLIMIT_CPU, ceil(seconds) + 1)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    syscalls.forbid()


def give_way(script: int) -> None:
    """Let a script's process run only when hardly anything else on the machine wants to."""
    os.setpriority(os.PRIO_PROCESS, script, _NICENESS)
    with contextlib.suppress(OSError), open(f"/proc/{script}/autogroup", "wb", buffering=0) as group:
        group.write(str(_NICENESS).encode())


def _limit(name: int, value: int) -> None:
    """Lower a limit, for good."""
    # Where the hard limit is lower already, it is left as it is.
    with contextlib.suppress(ValueError):
        resource.setrlimit(name, (value, value))


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        _LIBC.prctl(option, value, 0, 0, 0)


def _address_space() -> int:
    """Return how many bytes of addresses the process has taken; 0 where nobody knows."""
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", "rb", buffering=0) as file:
        return int(file.read().split()[0]) * _PAGE
