"""`syncline dev` from start to end: the server, the samples, the gateway, the banner; then keep both until told to stop."""

from __future__ import annotations

import asyncio
import http.client
import os
import shlex
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from syncline import lifecycle
from syncline_cli import terminal
from syncline_cli.dev.banner import banner
from syncline_cli.dev.keeper import Backoff, Keeper
from syncline_cli.dev.prepare import prepare
from syncline_cli.dev.program import LifeLine, NotReady
from syncline_cli.dev.settings import DevSettings
from syncline_cli.failures import CommandFailed, SaidAlready

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from syncline_cli.dev.program import Command
    from syncline_cli.dev.settings import Addresses
    from syncline_cli.devfile import DevFile

CHOICES = 5
"""How often ports are chosen again when somebody else takes them first."""


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
        addresses, key = await self._start(life)
        await asyncio.to_thread(_wait_until_ready, addresses.url("http"))
        self._greet(key)
        facts = {name: value for name, value in asdict(key).items() if name in ("http", "http_async", "grpc")}
        await lifecycle.announce(self._settings.ready_fd, facts)
        await asyncio.gather(*self._keeping)
        raise AssertionError("keepers go on until they are cancelled")

    async def _start(self, life: LifeLine) -> tuple[Addresses, DevFile]:
        """Start both programs; with other ports when chosen ones were lost before the programs had them."""
        for _ in range(CHOICES):
            addresses = self._settings.addresses()
            try:
                await self._keep(self._settings.server(addresses), life)
                key = await asyncio.to_thread(prepare, self._settings.data, addresses, self._settings.environ)
                await self._keep(self._settings.gateway(addresses), life)
            except NotReady as error:
                await self._stop()
                if not self._settings.lost(addresses):
                    raise _gave_up(error) from None
            else:
                return addresses, key
        raise CommandFailed("free ports were taken by somebody else time after time: name the ports to use")

    async def _keep(self, command: Command, life: LifeLine) -> None:
        keeper = Keeper(command, life, _say, Backoff())
        self._keepers.append(keeper)
        await keeper.start()
        self._keeping.append(asyncio.create_task(keeper.keep()))

    async def _stop(self) -> None:
        """End both programs at once, not one after the other: neither has to outlive the other."""
        await _cancelled(*self._keeping)
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers))
        self._keeping.clear()
        self._keepers.clear()

    def _greet(self, key: DevFile) -> None:
        style = terminal.Style(sys.stdout, os.environ)
        print(banner(key, self._settings.data, own_command(self._settings.data), int(time.time()), style), flush=True)


def own_command(data: Path) -> str:
    """Return how another call of this command is typed here, for the same data folder."""
    name = "syncline"
    here = Path(sys.argv[0])
    found = shutil.which(name)
    if here.name == name and (found is None or not os.path.samefile(found, here)):
        with suppress(ValueError):
            here = Path(os.path.abspath(here)).relative_to(Path.cwd())
        name = shlex.quote(str(here))
    return name if str(data) == ".syncline" else f"{name} --data {shlex.quote(str(data))}"
