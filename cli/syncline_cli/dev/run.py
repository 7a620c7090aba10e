"""`syncline dev` from start to end: the server, the samples, the gateway, the banner; then both are kept running."""

from __future__ import annotations

import asyncio
import http.client
import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from syncline import lifecycle
from syncline_cli import contract, terminal
from syncline_cli.dev.banner import banner
from syncline_cli.dev.keeper import Backoff, Keeper
from syncline_cli.dev.prepare import prepare
from syncline_cli.dev.program import LifeLine, NotReady
from syncline_cli.dev.settings import DevSettings
from syncline_cli.failures import CommandFailed, SaidAlready
from syncline_cli.target import DEFAULT_DATA

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from syncline_cli.dev.program import Command
    from syncline_cli.dev.settings import Addresses
    from syncline_cli.devfile import DevFile

CHOICES = 5
"""How often ports are chosen again when somebody else takes them first."""
PATIENCE_SECONDS = 15.0
"""How long a program that died while everything was starting is waited for."""
PAUSE_SECONDS = 0.05


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Run until told to stop."""
    return asyncio.run(Dev(DevSettings.read(arguments, environ)).run())


class Dev:
    """Both programs, and what happens round them."""

    def __init__(self, settings: DevSettings) -> None:
        self._settings = settings
        self._keepers: list[Keeper] = []
        self._keeping: list[asyncio.Task[NoReturn]] = []

    async def run(self) -> int:
        """Start everything, and end it when told to, or when it cannot be started."""
        life = LifeLine()
        with lifecycle.StopSignal(self._settings.life_fd) as stop:
            told = asyncio.create_task(stop.wait())
            serving = asyncio.create_task(self._serve(life))
            try:
                await asyncio.wait({told, serving}, return_when=asyncio.FIRST_COMPLETED)
                if serving.done():
                    serving.result()
                return 0
            finally:
                await _cancelled(told, serving)
                await self._stop()
                life.cut()

    async def _serve(self, life: LifeLine) -> NoReturn:
        key = await self._start(life)
        await _ready(key.http)
        self._greet(key)
        await lifecycle.announce(
            self._settings.ready_fd, {"http": key.http, "http_async": key.http_async, "grpc": key.grpc}
        )
        await asyncio.gather(*self._keeping)
        raise AssertionError("a keeper goes on until it is cancelled")

    async def _start(self, life: LifeLine) -> DevFile:
        """Start both programs; with other ports when chosen ones were lost before the programs had them."""
        for _ in range(CHOICES):
            addresses = self._settings.addresses()
            try:
                await self._keep(self._settings.server(addresses), life)
                key = await self._prepared(addresses)
                await self._keep(self._settings.gateway(addresses), life)
            except NotReady as error:
                await self._stop()
                if not self._settings.lost(addresses):
                    raise _gave_up(error) from None
            else:
                return key
        raise CommandFailed("free ports were taken by somebody else time after time; name the ports to use")

    async def _prepared(self, addresses: Addresses) -> DevFile:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await asyncio.to_thread(prepare, self._settings.data, addresses, self._settings.environ)
            except contract.Refused as refused:
                if refused.reason != "UNAVAILABLE" or time.monotonic() > until:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    async def _keep(self, command: Command, life: LifeLine) -> None:
        keeper = Keeper(command, life, _say, Backoff())
        self._keepers.append(keeper)
        await keeper.start()
        self._keeping.append(asyncio.create_task(keeper.keep()))

    async def _stop(self) -> None:
        """End both programs at the same time: neither has to outlive the other."""
        await _cancelled(*self._keeping)
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers))
        self._keeping.clear()
        self._keepers.clear()

    def _greet(self, key: DevFile) -> None:
        style = terminal.Style(sys.stdout, self._settings.environ)
        data = self._settings.data
        print(banner(key, data, call_command(data), int(time.time()), style), flush=True)


def call_command(data: Path) -> str:
    """Return how `syncline call` is typed here, so that it finds this data folder."""
    name = "syncline"
    here = Path(os.path.abspath(sys.argv[0]))
    found = shutil.which(name)
    if here.name == name and (found is None or not here.samefile(found)):
        name = shlex.quote(str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here))
    return f"{name} call" if data == Path(DEFAULT_DATA) else f"{name} call --data {shlex.quote(str(data))}"


def _gave_up(error: NotReady) -> CommandFailed:
    """Return how this command ends when a program did not start: one that refuses to has said why."""
    return SaidAlready(status=2) if error.status > 0 else CommandFailed(str(error))


async def _ready(base: str) -> None:
    """Return when the gateway reaches the server, so that what the banner shows works at once."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(_is_ready, base):
        if time.monotonic() > until:
            raise CommandFailed(f"{base}/readyz says that the gateway does not reach the server")
        await asyncio.sleep(PAUSE_SECONDS)


def _is_ready(base: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _say(line: str) -> None:
    print(f"syncline: {line}", file=sys.stderr, flush=True)
