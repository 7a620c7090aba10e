"""What was acknowledged is there after the worst end, and nothing by halves."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from store import committing
from syncline_server.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 8


def batches(data: Path) -> int:
    async def counted() -> int:
        store = SqliteStore(data)
        await store.open()
        try:
            return await committing.count(store)
        finally:
            await store.close()

    return asyncio.run(counted())


def printed(process: subprocess.Popen[str]) -> list[str]:
    """Return what it printed and nobody has read yet, once it has ended."""
    with process:
        assert process.stdout is not None
        return process.stdout.read().split()  # not `communicate`, which forgets what `readline` has read ahead


def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """Nor does it keep half a batch; the one under way may be there or not."""
    acknowledged = 0
    for _ in range(KILLS):
        process = committing.start(tmp_path)
        assert process.stdout is not None
        for _ in range(random.randint(1, 60)):
            acknowledged = int(process.stdout.readline())
        process.kill()
        acknowledged = max([acknowledged, *map(int, printed(process))])
        found = batches(tmp_path)

        assert acknowledged <= found
        assert found <= acknowledged + 1


def test_after_an_io_error_the_store_is_unusable(tmp_path: Path) -> None:
    """Nobody knows then what the disk holds, but for what was acknowledged."""
    *numbers, said = printed(committing.start(tmp_path, str(400_000)))

    assert said == "unusable"
    assert len(numbers) <= batches(tmp_path) <= len(numbers) + 1


def test_a_full_disk_refuses_and_keeps_the_rest(tmp_path: Path) -> None:
    """A real one: a file system of 2 MiB in a mount namespace of its own."""
    unshare = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False, timeout=30).returncode:
        pytest.skip("no user namespaces here")
    full = 'mount -t tmpfs -o size=2m none "$0" && "$@" && cp "$0"/syncline.db* "$0"/../'
    data = tmp_path / "data"
    data.mkdir()
    *numbers, said = printed(committing.start(data, before=[*unshare, "sh", "-c", full, str(data)]))

    assert said == "refused"
    assert batches(tmp_path) == len(numbers) > 10
