"""How a command says that it could not do what it was asked for."""

from __future__ import annotations


class CommandFailed(Exception):
    """The command ends with this one line on stderr; it says what to do about it where that is known."""

    def __init__(self, message: str, *, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
        """The exit status: 2 where the command line or a setting is at fault, 1 for everything else."""


class SaidAlready(CommandFailed):
    """A program that was started has said what is wrong; the command adds nothing."""

    def __init__(self, *, status: int) -> None:
        super().__init__("", status=status)
