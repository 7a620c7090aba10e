"""The entry point: reads the command line, runs the command, and turns what went wrong into one line."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from syncline.environment import BadSetting
from syncline_cli import terminal
from syncline_cli.failures import CommandFailed
from syncline_cli.parser import make_parser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit status."""
    try:
        parsed = make_parser().parse_args(arguments)
        # a command is imported only when it is run: half of them need no gRPC, which takes a while
        command = getattr(importlib.import_module(parsed.module), parsed.function)
        return int(command(parsed, environ))
    except BadSetting as error:
        return _failed(str(error), 2, environ)
    except CommandFailed as error:
        return _failed(str(error), error.status, environ)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # whoever read the output has had enough; nothing more can be said, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _failed(line: str, status: int, environ: Mapping[str, str]) -> int:
    if line:
        print(f"{terminal.Style(sys.stderr, environ).red('syncline:')} {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
