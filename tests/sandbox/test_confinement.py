"""What a process can still do after its confinement, tried with Python, which can do all that a process may."""

from __future__ import annotations

import subprocess
import sys

import pytest

CONFINED = """
import os, resource, socket, sys, time
from syncline_server.sandbox import syscalls
from syncline_server.sandbox.confinement import confine_script, confine_worker

{before}
confine_worker()
near, far = os.pipe()
parent = os.getpid()
if not os.fork():
    confine_script(far, parent, memory_bytes=16 << 20, seconds=2.5)
    try:
        {attempt}
        told = "done"
    except (OSError, ValueError, MemoryError) as error:
        told = type(error).__name__ + str(getattr(error, "errno", ""))
    os.write(far, told.encode())
    os._exit(0)
os.close(far)
print(os.read(near, 1000).decode(), os.wait()[1])
"""


def confined(attempt: str, before: str = "") -> str:
    """Return what came of a statement in a confined process, and how that process ended."""
    program = CONFINED.format(attempt=attempt, before=before)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/passwd')",
        "open('/tmp/x', 'w')",
        "socket.socket()",
        "os.pipe()",
        "os.listdir('/')",
        "os.unlink('/nowhere')",
        "os.rename('/nowhere', '/elsewhere')",
        "os.chmod('/nowhere', 0)",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(parent, 9)",
        "os.kill(os.getpid(), 9)",
        "os.setuid(1)",
        "os.nice(1)",
        "os.setpgid(0, 0)",
        "os.getppid() == 0 or os.chdir('/')",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    ],
)
def test_the_kernel_does_nothing_for_a_confined_process(attempt: str) -> None:
    assert confined(attempt) in ("PermissionError1 0", "ValueError 0")


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        ("pass", "done 0"),
        ("os.urandom(8)", "done 0"),
        ("time.time() + time.monotonic()", "done 0"),
        ("bytearray(100 << 20)", "done 0"),
        ("bytearray(1 << 30)", "MemoryError 0"),
    ],
)
def test_a_confined_process_can_compute(attempt: str, told: str) -> None:
    assert confined(attempt) == told


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        ("open('/etc/passwd')", "OSError24 0"),
        ("open('/tmp/x', 'w')", "OSError24 0"),
        ("socket.socket()", "OSError24 0"),
        ("os.pipe()", "OSError24 0"),
        ("os.listdir('/')", "OSError24 0"),
        ("os.read(0, 1)", "OSError9 0"),
        ("os.write(1, b'x')", "OSError9 0"),
        ("os.write(2, b'x')", "OSError9 0"),
        ("os.read(near, 1)", "OSError9 0"),
    ],
)
def test_without_a_filter_of_the_kernel_it_still_opens_nothing(attempt: str, told: str) -> None:
    assert confined(attempt, before="syscalls.forbid = lambda: None") == told


def test_a_confined_process_has_its_limits() -> None:
    wanted = {"CPU": 4, "NOFILE": 0, "NPROC": 0, "FSIZE": 0, "CORE": 0}
    attempt = f"assert all(resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) == (v, v) for n, v in {wanted}.items())"

    assert confined(attempt, before="syscalls.forbid = lambda: None") == "done 0"


def test_a_script_whose_parent_is_gone_does_not_start() -> None:
    assert confined("confine_script(far, 1, memory_bytes=1, seconds=1.0)") == "256"
