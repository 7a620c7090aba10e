"""The command line of what processes use besides themselves: `syncline env` and `syncline instance`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from syncline_cli.parser import Add, AddData, Commands

USES = ("api_call", "set_param")
TLS = ("prefer", "disable", "require", "verify-full")

SET_EXAMPLES = """\
examples:
  syncline env set tariff 17.50
  syncline env set limits '{"day":1000}' --json
  pass show shop | syncline env set shop-key --stdin --secret --use api_call

Makes the variable, or changes what is named on the line. Processes see it as {{env_var[@tariff]}}, and parts of JSON as
{{env_var[@limits].day}}. A secret is shown to nobody again; it is read with --stdin, since others see command lines.
"""
ENV_LIST_EXAMPLES = """\
example:
  syncline env list

The values of secrets are left out; without an owner's key, all values are.
"""
ENV_DELETE_EXAMPLES = """\
example:
  syncline env delete tariff

For processes that name it, it is then as if it had no value.
"""
INSTANCE_EXAMPLES = """\
examples:
  syncline instance create --title Orders --sqlite orders.db
  pass show db | syncline instance create --title Shop --postgresql db.example:5432/shop --user shop --stdin

Prints {"instance_id": ...}, which processes name. A SQLite file is made when it is first used, in the server's data
folder under databases/COMPANY. The address of a PostgreSQL server has to be public, or in SYNCLINE_ALLOW_TARGETS of the
server. Its password is read with --stdin.
"""
INSTANCE_LIST_EXAMPLES = """\
example:
  syncline instance list

Passwords are never shown; without an owner's key, connections are not either.
"""
INSTANCE_DELETE_EXAMPLES = """\
example:
  syncline instance delete 104217

The database itself stays as it is.
"""


class Place(NamedTuple):
    """A database in a server."""

    host: str
    port: int
    """0 is the usual one."""
    database: str


def add_to(commands: Commands, add: Add, add_data: AddData) -> None:
    """Add the commands."""
    _add_env(commands, add, add_data)
    _add_instance(commands, add, add_data)


def _add_env(commands: Commands, add: Add, add_data: AddData) -> None:
    env = add(commands, "env", "set, list and delete environment variables of processes", "")
    verbs = env.add_subparsers(dest="verb", metavar="VERB", required=True)
    setting = add(verbs, "set", "make an environment variable, or change it", SET_EXAMPLES)
    setting.set_defaults(module="syncline_cli.commands.env_vars", function="set_env_var")
    setting.add_argument("name", metavar="NAME", help="its name: 1 to 127 of a-z, 0-9, - and _")
    setting.add_argument("value", nargs="?", metavar="VALUE", help="its value")
    setting.add_argument("--stdin", action="store_true", help="read the value from stdin, but for a newline at its end")
    kind = setting.add_mutually_exclusive_group()
    kind.add_argument("--secret", dest="kind", action="store_const", const="secret", help="show the value to nobody")
    kind.add_argument(
        "--visible", dest="kind", action="store_const", const="visible", help="show the value to owners (default)"
    )
    data_type = setting.add_mutually_exclusive_group()
    data_type.add_argument("--json", dest="data_type", action="store_const", const="json", help="the value is JSON")
    data_type.add_argument(
        "--raw", dest="data_type", action="store_const", const="raw", help="the value is text (default)"
    )
    setting.add_argument(
        "--use", type=_uses, metavar="USES", help=f"only for any of {','.join(USES)}; or any (default)"
    )
    setting.add_argument("--title", metavar="T", help="what people know it by")
    setting.add_argument("--description", metavar="D", help="what it is for")
    listing = add(verbs, "list", "list environment variables by name, a line of JSON each", ENV_LIST_EXAMPLES)
    listing.set_defaults(module="syncline_cli.commands.env_vars", function="list_env_vars")
    delete = add(verbs, "delete", "delete an environment variable", ENV_DELETE_EXAMPLES)
    delete.set_defaults(module="syncline_cli.commands.env_vars", function="delete")
    delete.add_argument("name", metavar="NAME", help="its name")
    for verb in (setting, listing, delete):
        add_data(verb)


def _add_instance(commands: Commands, add: Add, add_data: AddData) -> None:
    instance = add(commands, "instance", "make, list and delete databases that processes may use", "")
    verbs = instance.add_subparsers(dest="verb", metavar="VERB", required=True)
    create = add(verbs, "create", "let processes use a database", INSTANCE_EXAMPLES)
    create.set_defaults(module="syncline_cli.commands.instances", function="create")
    create.add_argument("--title", required=True, metavar="T", help="what people know it by")
    where = create.add_mutually_exclusive_group(required=True)
    where.add_argument("--sqlite", metavar="FILE", help="the name of a SQLite file")
    where.add_argument("--postgresql", type=_place, metavar="HOST[:PORT]/DATABASE", help="a PostgreSQL database")
    create.add_argument("--user", metavar="U", help="who connects to PostgreSQL")
    create.add_argument("--stdin", action="store_true", help="read the user's password from stdin")
    create.add_argument("--tls", choices=TLS, default="prefer", help="how the connection is protected (default prefer)")
    create.add_argument(
        "--max-connections", type=int, default=0, metavar="N", help="most statements at a time (default 5)"
    )
    listing = add(verbs, "list", "list instances by id, a line of JSON each", INSTANCE_LIST_EXAMPLES)
    listing.set_defaults(module="syncline_cli.commands.instances", function="list_instances")
    delete = add(verbs, "delete", "delete an instance", INSTANCE_DELETE_EXAMPLES)
    delete.set_defaults(module="syncline_cli.commands.instances", function="delete")
    delete.add_argument("instance_id", metavar="INSTANCE_ID", help="its id")
    for verb in (create, listing, delete):
        add_data(verb)


def _uses(text: str) -> tuple[str, ...]:
    if text == "any":
        return ()
    uses = tuple(part.strip() for part in text.split(","))
    unknown = [use for use in uses if use not in USES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(USES)}")
    return uses


def _place(text: str) -> Place:
    server, _, database = text.partition("/")
    host, colon, port = server.rpartition(":") if not server.endswith("]") else (server, "", "")
    if not colon:
        host, port = server, "0"
    host = host.removeprefix("[").removesuffix("]")
    if not host or not database or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST/DATABASE or HOST:PORT/DATABASE")
    return Place(host, int(port), database)
