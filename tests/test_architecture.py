"""The import rules of ARCHITECTURE.md, and the limits that keep modules readable."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SOURCE_ROOTS = ("proto", "server", "gateway", "cli")
OURS = ("syncline", "syncline_server", "syncline_gateway", "syncline_cli")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60

CONTRACT = "syncline.v1"
ENGINE_LIBRARY = (
    *("__future__", "base64", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions"),
    *("functools", "hashlib", "itertools", "json", "math", "operator", "re", "string", "typing", "urllib.parse"),
    # A parser of text: opens nothing, asks nobody. `formats.xml_text` refuses what would make it expand anything.
    "xml.parsers.expat",
)
"""What the engine may use of the standard library: nothing that knows the time, the machine or another process."""
DIALECT_LIBRARY = (
    *("__future__", "base64", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib", "itertools"),
    *("json", "math", "re", "string", "typing", "urllib.parse"),
)
PURE_LIBRARY = (
    *DIALECT_LIBRARY,
    *("binascii", "calendar", "codecs", "decimal", "operator", "struct", "sys", "types"),
)
FACES = ("syncline_server.engine", "syncline_gateway.transcoding.protojson")
"""Packages whose `__init__` is their interface."""
NETWORK = ("aiohttp", "grpc", "asyncio", "socket", "ssl", "http")


@dataclass(frozen=True, slots=True)
class Rule:
    """What the modules of a package may import. A name stands for everything below it."""

    package: str
    only: tuple[str, ...] | None = None
    """Nothing else; None allows all but `never`."""
    never: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    """Modules of the package that this rule is not for."""


RULES = (
    Rule(
        CONTRACT, only=("__future__", "collections.abc", "datetime", "typing", "warnings", "google", "grpc", CONTRACT)
    ),
    Rule("syncline", never=("google", "grpc", "aiohttp", *OURS[1:]), but=(CONTRACT,)),
    Rule("syncline_server.engine", only=("syncline_server.engine", "re2", *ENGINE_LIBRARY)),
    Rule(
        "syncline_server.store",
        never=("grpc", "aiohttp", "google", CONTRACT, "syncline_server.rpc", "syncline_server.runtime"),
    ),
    Rule(
        "syncline_server.runtime",
        never=("grpc", "google", CONTRACT, "syncline_server.rpc", "syncline_server.store"),
    ),
    # Of databases of other people's: the server's own is the store's.
    Rule("syncline_server.runtime", never=("sqlite3", "asyncpg"), but=("syncline_server.runtime.databases",)),
    Rule(
        "syncline_server.runtime",
        never=("aiohttp",),
        but=("syncline_server.runtime.performers", "syncline_server.runtime.addresses"),
    ),
    Rule("syncline_server.rpc", never=("aiohttp", "sqlite3", "syncline_server.store")),
    Rule(
        "syncline_server.sandbox",
        never=(
            "grpc",
            "aiohttp",
            "google",
            CONTRACT,
            *(f"syncline_server.{part}" for part in ("rpc", "runtime", "store")),
        ),
    ),
    Rule("syncline_server", never=("syncline_gateway", "syncline_cli")),
    Rule("syncline_gateway", never=("syncline_server", "syncline_cli")),
    Rule(
        "syncline_gateway.dialects",
        only=(CONTRACT, "google.protobuf", "google.rpc", "orjson", "syncline_gateway", *DIALECT_LIBRARY),
        never=("syncline_gateway.upstream", "syncline_gateway.calls", "syncline_gateway.http", *NETWORK),
    ),
    Rule(
        "syncline_gateway.transcoding",
        only=(
            "google.api",
            "google.protobuf",
            "google.rpc",
            "orjson",
            "syncline_gateway.transcoding",
            *PURE_LIBRARY,
        ),
    ),
    Rule(
        "syncline_gateway.openapi",
        never=("syncline_gateway.upstream", "syncline_gateway.calls", "syncline_gateway.http", *NETWORK),
    ),
    Rule("syncline_gateway", never=("aiohttp", "multidict"), but=("syncline_gateway.http",)),
    Rule("syncline_gateway", never=("grpc",), but=("syncline_gateway.upstream", "syncline_gateway.calls")),
    Rule("syncline_cli", never=("syncline_server", "syncline_gateway", "aiohttp")),
)
EXCEPTIONS = {
    ("syncline_server.runtime", "syncline_server.store.port"): "the runtime knows the port, not a store behind it",
    ("syncline_server.rpc", "syncline_server.store.port"): "the runtime returns the port's records",
}


@dataclass(frozen=True, slots=True)
class Module:
    """One file of ours."""

    name: str
    path: Path
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def is_generated(self) -> bool:
        return "_pb2" in self.path.name


def modules() -> Iterator[Module]:
    for root in SOURCE_ROOTS:
        for path in sorted((ROOT / root).rglob("*.py")):
            parts = path.relative_to(ROOT / root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield Module(name, path, path.read_text(encoding="utf-8"))


MODULES = tuple(modules())


def imports(tree: ast.AST) -> set[str]:
    """Return every module that is imported, and every name that is imported from one, as `module.name`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
    return found


def is_below(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def violations(module: str, imported: set[str]) -> list[str]:
    """Return what a module must not import."""
    found = []
    for rule in RULES:
        if not is_below(module, rule.package) or is_below(module, *rule.but):
            continue
        excused = [name for (package, name) in EXCEPTIONS if package == rule.package]
        for name in sorted(imported):
            allowed = rule.only is None or is_below(name, *rule.only)
            if (not allowed or is_below(name, *rule.never)) and not is_below(name, *excused):
                found.append(f"{module} must not import {name}")
    return found


def long_functions(tree: ast.AST) -> list[str]:
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [one.name for one in functions if (one.end_lineno or 0) - one.lineno >= LONGEST_FUNCTION]


def written() -> list[Module]:
    return [module for module in MODULES if not module.is_generated]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_imports_what_it_may(module: Module) -> None:
    assert violations(module.name, imports(module.tree)) == []


@pytest.mark.parametrize("module", written(), ids=lambda module: module.name)
def test_a_module_is_readable(module: Module) -> None:
    tree = module.tree

    assert module.text.count("\n") <= LONGEST_MODULE
    assert long_functions(tree) == []
    assert ast.get_docstring(tree), "it says what lives here"
    assert not [name for name in imports(tree) if name.startswith(".")]
    if not module.is_package:
        assert "from __future__ import annotations" in module.text


def test_a_package_is_a_docstring() -> None:
    """All but those whose `__init__` is their interface."""
    packages = [module for module in MODULES if module.is_package and module.name not in FACES]

    assert [module.name for module in packages if len(module.tree.body) != 1] == []


def test_no_module_holds_both_ends_of_the_gateway() -> None:
    """HTTP lives in one place, the channel to the server in another."""
    gateway = [module for module in MODULES if is_below(module.name, "syncline_gateway")]
    ends = {module.name: {name.split(".")[0] for name in imports(module.tree)} for module in gateway}

    assert [name for name, imported in ends.items() if {"aiohttp", "grpc"} <= imported] == []


def test_no_module_takes_a_standard_name() -> None:
    """All but the package of the gateway that is about HTTP, which nothing but its full name imports."""
    modules = [module.name for module in written() if "." in module.name and module.name != "syncline_gateway.http"]
    names = {name.rpartition(".")[2] for name in modules} - {"__main__"}

    assert names & sys.stdlib_module_names == set()


def test_every_rule_is_about_something() -> None:
    empty = [rule.package for rule in RULES if not any(is_below(module.name, rule.package) for module in MODULES)]

    assert empty == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("syncline_server.engine.moves", "import asyncio"),
        ("syncline_server.engine.moves", "from time import time"),
        ("syncline_server.engine.moves", "import os.path"),
        ("syncline_server.engine", "from syncline_server import errors"),
        ("syncline_server.store.sqlite", "from syncline_server.runtime import service"),
        ("syncline_server.runtime.service", "from syncline_server.store import sqlite"),
        ("syncline_server.runtime.service", "from syncline.v1 import task_pb2"),
        ("syncline_server.runtime.service", "import aiohttp"),
        ("syncline_server.rpc.servicer", "import syncline_server.store.memory"),
        ("syncline_gateway.dialects.ops", "from aiohttp import web"),
        ("syncline_gateway.dialects.ops", "import syncline_gateway.upstream"),
        ("syncline_gateway.dialects.ops", "from syncline_gateway.http import answering"),
        ("syncline_gateway.rpcs", "from aiohttp import web"),
        ("syncline_gateway.http.rest.whole", "import grpc"),
        ("syncline_gateway.transcoding.router", "from syncline.v1 import task_pb2"),
        ("syncline_gateway.openapi.document", "from syncline_gateway.http import answering"),
        ("syncline_gateway.transcoding.transcoder", "import asyncio"),
        ("syncline_gateway.transcoding.faults", "from syncline_gateway import reasons"),
        ("syncline_gateway.http.app", "def late():\n    import syncline_server"),
        ("syncline_cli.parser", "from syncline_gateway.http.app import App"),
        ("syncline.v1.task_pb2", "from syncline import logs"),
        ("syncline.logs", "from syncline.v1 import task_pb2\nimport grpc"),
    ],
)
def test_the_rules_catch(module: str, line: str) -> None:
    assert violations(module, imports(ast.parse(line)))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("syncline_server.engine.moves", "from collections.abc import Mapping"),
        ("syncline_server.runtime.service", "from syncline_server.store.port import Store"),
        ("syncline_server.runtime.performers", "import aiohttp"),
        ("syncline_gateway.dialects.ops", "from syncline.v1.task_calls_pb2 import CreateTaskRequest"),
        ("syncline_cli.contract", "import grpc\nfrom syncline import environment"),
        ("syncline_serverless.engine", "import asyncio"),
    ],
)
def test_the_rules_let_pass(module: str, line: str) -> None:
    assert violations(module, imports(ast.parse(line))) == []


def test_a_long_function_is_caught() -> None:
    body = "    x = 1\n" * LONGEST_FUNCTION

    assert long_functions(ast.parse(f"def long():\n{body}")) == ["long"]
    assert long_functions(ast.parse("def short():\n    x = 1\n")) == []
