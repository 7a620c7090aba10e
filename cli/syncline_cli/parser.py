"""The command line: every command, its options, and what `--help` says of them."""

from __future__ import annotations

import argparse
from importlib import metadata
from typing import TYPE_CHECKING

from syncline_cli import resource_parser

if TYPE_CHECKING:
    from collections.abc import Callable

RIGHTS = ("create", "view", "modify", "delete")

ABOUT = "Synchronous answers from asynchronous processes."
FIRST_STEPS = """\
first steps:
  syncline dev                             run everything on this machine
  syncline call @echo '{"param":"1"}'      in another shell: one answer

A command finds the server in DIR/dev-key.json (--data DIR, default ./.syncline), which `syncline dev` writes; or in
SYNCLINE_URL (http commands), SYNCLINE_GRPC (all others), SYNCLINE_LOGIN and SYNCLINE_SECRET.
"""
DEV_EXAMPLES = """\
examples:
  syncline dev
  syncline dev --data /tmp/try --http 127.0.0.1:0 --http-async 127.0.0.1:0 --grpc 127.0.0.1:0
  SYNCLINE_MAX_WAIT_SECONDS=600 syncline dev

Every SYNCLINE_... setting of the environment goes to both programs. An option wins over its setting. Port 0 takes a
free one. Ctrl-C ends both programs.
"""
CALL_EXAMPLES = """\
examples:
  syncline call @echo '{"param":"1"}'
  syncline call @later "{\\"until\\":$(($(date +%s) + 5)),\\"param\\":\\"x\\"}" --timeout 30
  cat order.json | syncline call 1042 - --ref order-17

Prints the output as JSON, exactly as the process posted it. When there is none, the exit status is 1, and the line on
stderr names the task, which goes on: its answer can still be awaited.
"""
KEY_EXAMPLES = """\
example:
  syncline key create --title "web shop" --rate 50

Prints {"login": ..., "secret": ...}. The secret is shown once. The key has no rights: see `syncline grant --help`.
"""
ISSUE_EXAMPLES = """\
examples:
  syncline token create
  syncline token create --ttl 7d --title "nightly import" --login 1003

Prints {"token": ..., "token_id": ..., "expire_time": ...}. The token is shown once. Send it instead of the key, as
`Authorization: Bearer TOKEN`. It may do what its key may do at that moment, except make tokens, keys and companies.
TIME is a number of seconds, or a number with s, m, h or d. A token for another key is for owners to make.
"""
LISTING_EXAMPLES = """\
examples:
  syncline token list
  syncline token list --login 1003

Lists your key's tokens; for an owner, those of the whole company. The tokens themselves are not shown.
"""
REVOKE_EXAMPLES = """\
example:
  syncline token revoke 0197f3a1c2de41b7

The next call with it is refused. Calls that are under way end by themselves.
"""
GRANT_EXAMPLES = """\
examples:
  syncline grant 1003 @echo create          it may create, modify and cancel tasks
  syncline grant 1003 @echo create,view     and read them, too
  syncline grant 1003 @echo none            nothing any more

The rights named are all that the key has from then on.
"""
IMPORT_EXAMPLES = """\
examples:
  syncline import order.json --alias order
  syncline import exports/*.json
  syncline import draft.json --no-deploy    keep it though parts of it cannot run yet; they are listed

A process that cannot run here is refused as a whole, with every fault and its node.
"""
EXPORT_EXAMPLES = """\
examples:
  syncline export @echo
  syncline export 1042 -o order.json
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; what it returns holds `module` and `function`, the code of the command."""
    parser = argparse.ArgumentParser(
        prog="syncline", description=ABOUT, epilog=FIRST_STEPS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"syncline {metadata.version('syncline')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_programs(commands)
    _add_call(commands)
    _add_keys(commands)
    _add_tokens(commands)
    resource_parser.add_to(commands, _add, _add_data)
    _add_files(commands)
    return parser


def _add_programs(commands: Commands) -> None:
    dev = _add(commands, "dev", "run server and gateway on this machine, with sample processes", DEV_EXAMPLES)
    dev.set_defaults(module="syncline_cli.dev.run", function="run")
    _add_data(dev, "the folder for everything that is kept")
    faces = (
        ("--http", "127.0.0.1:8080", "where HTTP requests are answered with output"),
        ("--http-async", "127.0.0.1:8081", "where HTTP requests are answered with a task's id"),
        ("--grpc", "127.0.0.1:50051", "where the server serves the contract"),
    )
    for option, default, text in faces:
        dev.add_argument(option, metavar="HOST:PORT", help=f"{text} (default {default})")
    for program, text in (("server", "the server"), ("gateway", "the HTTP gateway")):
        alone = _add(commands, program, f"run {text} alone", "Its settings are SYNCLINE_... variables; see README.md.")
        alone.set_defaults(module="syncline_cli.commands.programs", function="run")


def _add_call(commands: Commands) -> None:
    call = _add(commands, "call", "create a task and print its process's output", CALL_EXAMPLES)
    call.set_defaults(module="syncline_cli.commands.call", function="run")
    call.add_argument("process", type=_process, metavar="PROCESS", help="@alias, or a process's number")
    call.add_argument("data_json", metavar="JSON", help="the task's data, a JSON object; - reads it from stdin")
    call.add_argument("--timeout", type=_seconds, metavar="S", help="seconds to wait for the output (default 60)")
    call.add_argument("--ref", metavar="R", help="your own key for the task, unique among the process's live tasks")
    _add_data(call)


def _add_keys(commands: Commands) -> None:
    key = _add(commands, "key", "make API keys", "")
    verbs = key.add_subparsers(dest="verb", metavar="VERB", required=True)
    create = _add(verbs, "create", "make a key that has no rights yet", KEY_EXAMPLES)
    create.set_defaults(module="syncline_cli.commands.keys", function="create")
    create.add_argument("--title", required=True, metavar="T", help="what people know it by")
    create.add_argument("--rate", type=_count, default=0, metavar="N", help="operations per second (default: no limit)")
    _add_data(create)
    grant = _add(commands, "grant", "say what a key may do with a process", GRANT_EXAMPLES)
    grant.set_defaults(module="syncline_cli.commands.keys", function="grant")
    grant.add_argument("login", metavar="LOGIN", help="the key's login")
    grant.add_argument("process", type=_process, metavar="PROCESS", help="@alias, or a process's number")
    grant.add_argument("rights", type=_rights, metavar="RIGHTS", help=f"any of {','.join(RIGHTS)}; or none")
    _add_data(grant)


def _add_tokens(commands: Commands) -> None:
    token = _add(commands, "token", "make, list and revoke tokens: credentials that expire", "")
    verbs = token.add_subparsers(dest="verb", metavar="VERB", required=True)
    create = _add(verbs, "create", "make a token that stands for a key", ISSUE_EXAMPLES)
    create.set_defaults(module="syncline_cli.commands.tokens", function="create")
    create.add_argument("--ttl", type=_lifetime, metavar="TIME", help="how long it holds, up to 90d (default 1h)")
    create.add_argument("--title", default="", metavar="T", help="what people know it by")
    create.add_argument("--login", default="", metavar="LOGIN", help="the key it stands for (default: your own)")
    listing = _add(verbs, "list", "list live tokens, newest first, a line of JSON each", LISTING_EXAMPLES)
    listing.set_defaults(module="syncline_cli.commands.tokens", function="list_tokens")
    listing.add_argument("--login", default="", metavar="LOGIN", help="only those of this key")
    revoke = _add(verbs, "revoke", "end a token before its time", REVOKE_EXAMPLES)
    revoke.set_defaults(module="syncline_cli.commands.tokens", function="revoke")
    revoke.add_argument("token_id", metavar="TOKEN_ID", help="its name, as create and list show it; not the token")
    for verb in (create, listing, revoke):
        _add_data(verb)


def _add_files(commands: Commands) -> None:
    importing = _add(commands, "import", "import exported processes", IMPORT_EXAMPLES)
    importing.set_defaults(module="syncline_cli.commands.files", function="import_files")
    importing.add_argument("files", nargs="+", metavar="FILE", help="an export: a JSON array of objects, or one object")
    importing.add_argument("--alias", metavar="A", help="a name for the process of the one file")
    importing.add_argument(
        "--deploy", action=argparse.BooleanOptionalAction, default=True, help="let it take tasks at once (default)"
    )
    _add_data(importing)
    export = _add(commands, "export", "write a process as an export file", EXPORT_EXAMPLES)
    export.set_defaults(module="syncline_cli.commands.files", function="export")
    export.add_argument("process", type=_process, metavar="PROCESS", help="@alias, or a process's number")
    export.add_argument("-o", "--output", metavar="FILE", help="write it there instead of to stdout")
    _add_data(export)


def _add(commands: Commands, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_data(parser: argparse.ArgumentParser, text: str = "the data folder of `syncline dev`") -> None:
    parser.add_argument("--data", metavar="DIR", help=f"{text} (default ./.syncline)")


def _process(text: str) -> str:
    if text.startswith("@") and len(text) > 1:
        return text
    if text.isascii() and text.isdigit():
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor an @alias")


def _rights(text: str) -> tuple[str, ...]:
    if text == "none":
        return ()
    rights = tuple(part.strip() for part in text.split(","))
    unknown = [right for right in rights if right not in RIGHTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(RIGHTS)}")
    return rights


def _seconds(text: str) -> float:
    return _number(text, float, "a number of seconds from 0 on")


def _lifetime(text: str) -> float:
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1)
    try:
        return unit * _number(number, float, "")
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90, 30s, 15m, 1h or 7d") from None


def _count(text: str) -> int:
    return int(_number(text, int, "a whole number from 0 on"))


def _number(text: str, parse: Callable[[str], float], wanted: str) -> float:
    try:
        value = parse(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return int(value) if value == int(value) else value


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Add = Callable[[Commands, str, str, str], argparse.ArgumentParser]
    AddData = Callable[[argparse.ArgumentParser], None]
