from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

import pytest

from syncline_cli.parser import make_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = [
    ["dev"],
    ["server"],
    ["gateway"],
    ["call", "@echo", "{}"],
    ["key", "create", "--title", "t"],
    ["token", "create"],
    ["token", "list"],
    ["token", "revoke", "0197f3a1c2de41b7"],
    ["grant", "1", "@echo", "create"],
    ["env", "set", "a", "1"],
    ["env", "list"],
    ["env", "delete", "a"],
    ["instance", "create", "--title", "t", "--sqlite", "a.db"],
    ["instance", "list"],
    ["instance", "delete", "1"],
    ["import", "a.json"],
    ["export", "@echo"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_every_command_has_code(command: list[str]) -> None:
    parsed = make_parser().parse_args(command)

    assert callable(getattr(importlib.import_module(parsed.module), parsed.function))


def test_every_command_and_option_is_explained() -> None:
    for parser in _parsers(make_parser()):
        assert parser.description
        for action in parser._actions:
            assert action.help or isinstance(action, argparse._SubParsersAction), (parser.prog, action.dest)


def test_every_command_but_the_programs_takes_a_data_folder() -> None:
    without = {parser.prog for parser in _leaves() if "--data" not in parser.format_usage()}

    assert without == {"syncline server", "syncline gateway"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ([], "COMMAND"),
        (["call", "echo", "{}"], "neither a number nor an @alias"),
        (["call", "@echo", "{}", "--timeout", "soon"], "not a number of seconds"),
        (["call", "@echo", "{}", "--timeout", "nan"], "not a number of seconds"),
        (["call", "@echo", "{}", "--timeout", "-1"], "not a number of seconds"),
        (["key", "create"], "--title"),
        (["key", "create", "--title", "t", "--rate", "1.5"], "not a whole number"),
        (["grant", "1", "@echo", "create,fly"], "'fly' is none of create, view, modify, delete"),
        (["token", "create", "--ttl", "soon"], "'soon' is not a time such as"),
        (["token", "create", "--ttl", "-1h"], "expected one argument"),
        (["token", "create", "--ttl", "x5m"], "'x5m' is not a time such as"),
        (["token", "create", "--ttl", ""], "not a time such as"),
        (["token", "create", "--ttl", "1w"], "'1w' is not a time such as"),
        (["token", "revoke"], "TOKEN_ID"),
        (["env", "set"], "NAME"),
        (["env", "set", "a", "1", "--secret", "--visible"], "not allowed with"),
        (["env", "set", "a", "1", "--use", "api_call,fly"], "'fly' is none of api_call, set_param"),
        (["instance", "create", "--title", "t"], "--sqlite --postgresql is required"),
        (["instance", "create", "--sqlite", "a.db"], "--title"),
        (["instance", "create", "--title", "t", "--postgresql", "db"], "'db' is not HOST/DATABASE"),
        (["instance", "create", "--title", "t", "--postgresql", "db:x/d"], "is not HOST/DATABASE"),
        (["instance", "create", "--title", "t", "--postgresql", "db:99999/d"], "is not HOST/DATABASE"),
        (["instance", "create", "--title", "t", "--postgresql", "/d"], "is not HOST/DATABASE"),
        (["import"], "FILE"),
    ],
)
def test_a_wrong_line_is_refused_with_a_reason(
    line: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args(line)

    assert end.value.code == 2
    assert complaint in capsys.readouterr().err


def test_values_are_read() -> None:
    parse = make_parser().parse_args

    assert parse(["call", "@echo", "-", "--timeout", "2.5"]).timeout == 2.5
    assert repr(parse(["call", "@echo", "-", "--timeout", "30"]).timeout) == "30"
    assert parse(["grant", "1", "@echo", "create,view"]).rights == ("create", "view")
    assert parse(["grant", "1", "@echo", "none"]).rights == ()
    assert parse(["env", "set", "a", "1", "--use", "api_call, set_param"]).use == ("api_call", "set_param")
    assert parse(["env", "set", "a", "1", "--use", "any"]).use == ()
    assert parse(["env", "set", "a", "1"]).use is None
    assert parse(["import", "a.json"]).deploy is True
    assert parse(["import", "a.json", "--no-deploy"]).deploy is False


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("0", 0)]
)
def test_a_lifetime_is_read(text: str, seconds: float) -> None:
    assert make_parser().parse_args(["token", "create", "--ttl", text]).ttl == seconds


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("db/shop", ("db", 0, "shop")),
        ("db.example:6432/a/b", ("db.example", 6432, "a/b")),
        ("[::1]:6432/d", ("::1", 6432, "d")),
        ("[::1]/d", ("::1", 0, "d")),
    ],
)
def test_the_place_of_a_database_is_read(text: str, place: tuple[str, int, str]) -> None:
    line = ["instance", "create", "--title", "t", "--postgresql", text]

    assert make_parser().parse_args(line).postgresql == place


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        make_parser().parse_args(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("syncline ")


def _parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _parsers(inner)


def _leaves() -> Iterator[argparse.ArgumentParser]:
    for parser in _parsers(make_parser()):
        if not any(isinstance(action, argparse._SubParsersAction) for action in parser._actions):
            yield parser
