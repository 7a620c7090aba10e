"""What a script's process may still ask of the kernel: memory, the time, random bytes, its pipe, its end.

A seccomp filter, as prctl(2) and seccomp(2) describe it. All else fails with EPERM: so a fault of the engine gives
nobody a way to signal another process, or to change a file by its name.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

_ALLOWED = {
    # read write close mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield mremap madvise
    # getpid exit gettimeofday time futex restart_syscall clock_gettime clock_getres exit_group getrandom
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 39, 60, 96, 201, 202, 219, 228, 229, 231, 318),
    ),
    # The same, in the order of their numbers there; it has no time.
    "aarch64": (
        0xC00000B7,
        (57, 63, 64, 93, 94, 98, 113, 114, 124, 128, 134, 135, 139, 169, 172, 214, 215, 216, 222, 226, 233, 278),
    ),
}
"""For each kind of processor its number in the kernel's audit.h, and the system calls."""

_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000 | errno.EPERM
_LIBC = ctypes.CDLL(None)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def program(architecture: int, allowed: tuple[int, ...]) -> bytes:
    """Return the filter: instructions of eight bytes."""
    after = len(allowed) + 1
    steps = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_JUMP_IF_EQUAL, 0, after, architecture), (_LOAD, 0, 0, _NUMBER_AT)]
    steps += [(_JUMP_IF_EQUAL, after - place, 0, number) for place, number in enumerate(allowed, 1)]
    steps += [(_RETURN, 0, 0, _FAIL), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def forbid() -> None:
    """Forbid all other system calls to this process, for good, where the kernel can; needs no new privileges before."""
    kind = _ALLOWED.get(os.uname().machine) if sys.platform == "linux" else None
    if kind is not None and sys.maxsize > 2**32:
        steps = program(*kind)
        _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(steps) // 8, steps)), 0, 0)
