"""What `syncline dev` was asked for, and what it asks of the programs it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from syncline import environment
from syncline.environment import BadSetting
from syncline_cli import devfile
from syncline_cli.commands.programs import MODULES, command_for
from syncline_cli.dev import ports
from syncline_cli.dev.program import Command
from syncline_cli.failures import CommandFailed
from syncline_cli.target import data_folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

LOOPBACK = "127.0.0.0/8,::1/128"
DEFAULTS = {"http": "127.0.0.1:8080", "http_async": "127.0.0.1:8081", "grpc": "127.0.0.1:50051"}
FACES = tuple(DEFAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevSettings:
    """The command line and the environment, read once."""

    data: Path
    wanted: Mapping[str, tuple[str, int]]
    """Host and port of each face; port 0 lets `addresses` choose."""
    environ: Mapping[str, str]
    """What the programs get besides what is set for them here."""
    programs: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {program: command_for(program) for program in MODULES}
    )
    """The command that starts each."""
    ready_fd: int | None = None
    life_fd: int | None = None

    @classmethod
    def read(cls, arguments: argparse.Namespace, environ: Mapping[str, str]) -> DevSettings:
        """Read options, and settings where there are none; `BadSetting` says what is wrong with which."""
        environment.refuse_unknown(environ)
        passed_on = {name: value for name, value in environ.items() if name not in _OURS_ALONE}
        # the terminal is for the banner and for trouble; whoever wants every event asks for it
        passed_on.setdefault("SYNCLINE_LOG_LEVEL", "warning")
        passed_on.setdefault("GRPC_VERBOSITY", "NONE")
        return cls(
            data=data_folder(arguments, environ),
            wanted={face: _address(face, getattr(arguments, face), environ) for face in FACES},
            environ=passed_on,
            ready_fd=environment.read(environ, "SYNCLINE_READY_FD", environment.file_number, None),
            life_fd=environment.read(environ, "SYNCLINE_LIFE_FD", environment.file_number, None),
        )

    def addresses(self) -> Addresses:
        """Choose ports where none were given; `BadSetting` for an address that cannot be listened on now."""
        for face, address in self.wanted.items():
            refusal = ports.refusal(*address)
            if refusal:
                raise BadSetting(f"{_variable(face)}: {ports.joined(*address)}: {refusal}")
        taken = {port for _, port in self.wanted.values()}
        before = _ports_before(self.data)
        chosen = {}
        for face, (host, port) in self.wanted.items():
            chosen[face] = host, ports.choose(host, port, taken, before.get(face, 0))
            taken.add(chosen[face][1])
        return Addresses(**chosen, public=self.environ.get("SYNCLINE_PUBLIC_URL", "").rstrip("/"))

    def lost(self, addresses: Addresses) -> bool:
        """Tell whether somebody else took a port that was chosen here, so that choosing again may help."""
        return any(not self.wanted[face][1] and ports.refusal(*getattr(addresses, face)) for face in FACES)

    def server(self, addresses: Addresses) -> Command:
        """Return how to start the server, which may call this machine's own addresses."""
        allowed = self.environ.get("SYNCLINE_ALLOW_TARGETS", "")
        return self._command(
            "server",
            SYNCLINE_DATA=str(self.data),
            SYNCLINE_GRPC=ports.joined(*addresses.grpc),
            SYNCLINE_PUBLIC_URL=addresses.public or addresses.url("http"),
            SYNCLINE_ALLOW_TARGETS=f"{allowed},{LOOPBACK}".lstrip(","),
        )

    def gateway(self, addresses: Addresses) -> Command:
        """Return how to start the gateway."""
        return self._command(
            "gateway",
            SYNCLINE_HTTP=ports.joined(*addresses.http),
            SYNCLINE_HTTP_ASYNC=ports.joined(*addresses.http_async),
            SYNCLINE_GRPC=addresses.grpc_target,
        )

    def _command(self, program: str, **settings: str) -> Command:
        return Command(name=program, arguments=self.programs[program], environ={**self.environ, **settings})


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the programs listen, each host with a real port."""

    http: tuple[str, int]
    http_async: tuple[str, int]
    grpc: tuple[str, int]
    public: str = ""
    """The base of callback URLs where an operator has set one."""

    def url(self, face: str) -> str:
        """Return the base URL of a face as this machine reaches it."""
        host, port = getattr(self, face)
        return f"http://{ports.joined(ports.reachable(host), port)}"

    @property
    def grpc_target(self) -> str:
        host, port = self.grpc
        return ports.joined(ports.reachable(host), port)


def _ports_before(data: Path) -> Mapping[str, int]:
    """Return the ports of the last run in this folder: callback URLs that were handed out then lead there."""
    try:
        known = devfile.read(data)
        return {face: int(getattr(known, face).rpartition(":")[2]) for face in FACES}
    except (CommandFailed, ValueError):
        return {}


_OURS_ALONE = frozenset({"SYNCLINE_READY_FD", "SYNCLINE_LIFE_FD"})


def _variable(face: str) -> str:
    return f"SYNCLINE_{face.upper()}"


def _address(face: str, option: str | None, environ: Mapping[str, str]) -> tuple[str, int]:
    name = _variable(face)
    if option:
        return environment.read({name: option}, name, environment.address, ("", 0))
    return environment.read(environ, name, environment.address, environment.address(DEFAULTS[face]))
