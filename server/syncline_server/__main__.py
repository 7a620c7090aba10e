"""`python -m syncline_server`: the server as a program. Settings come from the environment."""

from __future__ import annotations

import os
import sys

# Read by gRPC when it is first imported; this program never forks.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import asyncio

import uvloop

from syncline import logs
from syncline.environment import BadSetting
from syncline_server import app
from syncline_server.errors import OurFault
from syncline_server.settings import Settings

BAD_SETTING = 2


def main() -> int:
    """Run the server; return its exit status."""
    try:
        settings = Settings.from_env(os.environ)
        logs.set_up(settings.log_level)
        # uvloop takes 8 to 10 % less processor time per operation than asyncio's own loop, Exchange or unary.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(app.run(settings))
    except BadSetting as error:
        print(f"syncline_server: {error}", file=sys.stderr)
        return BAD_SETTING
    except OurFault as error:  # The data folder is another server's, the disk is full, the database damaged.
        print(f"syncline_server: {error}", file=sys.stderr)
        return app.STORE_LOST
    return 0


if __name__ == "__main__":
    sys.exit(main())
