"""`$.math(…)`: sums, differences, products and quotients of numbers, with brackets and signs.

An expression is compiled with each reference in the place of a number, and works with the numbers that they give: `-3`
for `{{b}}` in `{{a}}-{{b}}` adds 3. The vendor puts texts in and reads the whole; so does this when a reference gives
something else than a number (`2*3`, or nothing, so that `$.math({{count}}+1)` begins with 1) and where references stand
for more than numbers (`{{a}}{{sign}}{{b}}`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.functions import arithmetic
from syncline_server.engine.expressions.functions.arguments import Uncomputable, constant, settled
from syncline_server.engine.expressions.scope import Lookup, Scope, join, text

if TYPE_CHECKING:
    from syncline_server.engine.expressions.functions.arguments import Argument

MAX_BRACKETS = 64
MAX_CHARACTERS = 10_000
"""Of an expression that is read while a task runs."""
READING = 20
"""How much more effort it is to read a character of one than to write it."""
_WORD = 64

_TOKENS = re.compile(r"\s++|[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|.", re.DOTALL)

Compute = Callable[[Scope], arithmetic.Operand]
Tree = arithmetic.Operand | Compute
Token = str | Lookup
Operation = Callable[[arithmetic.Operand, arithmetic.Operand], arithmetic.Operand]
_OPERATIONS: dict[str, Operation] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
}


class _NotReadable(Exception):
    """An expression is none; the message is for its author."""


class _NotNumbers(Exception):
    """A reference stands for something else than one number."""


def compile_math(argument: Argument) -> Lookup:
    """Compile an expression."""
    parts = [argument.compile_part(part) for part in argument.parts]
    try:
        tree = _Reader(_tokens(parts)).expression_alone()
    except _NotReadable as error:
        raise argument.fault(str(error)) from None
    except _NotNumbers:
        return settled(lambda scope: _by_text(parts, scope))
    if not callable(tree):
        try:
            return constant(arithmetic.result(tree))
        except Uncomputable:
            raise argument.fault("the result is too large") from None

    def compute(scope: Scope) -> object:
        try:
            return arithmetic.result(tree(scope))
        except _NotNumbers:
            return _by_text(parts, scope)
        except DecimalException:
            raise Uncomputable from None

    return settled(compute)


def _by_text(parts: Sequence[str | Lookup], scope: Scope) -> object:
    source = join(parts, scope)
    if len(source) > MAX_CHARACTERS:
        raise Uncomputable
    scope.charge(len(source) * READING)
    try:
        tree = _Reader(_tokens([source])).expression_alone()
    except (_NotReadable, _NotNumbers):
        raise Uncomputable from None
    assert not callable(tree)  # noqa: S101  # there is nothing but text in it
    return arithmetic.result(tree)


def _tokens(parts: Sequence[str | Lookup]) -> list[Token]:
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, str):
            tokens += [token for token in _TOKENS.findall(part) if not token.isspace()]
        else:
            tokens.append(part)
    return tokens


class _Reader:
    """Reads an expression by precedence; what is constant is computed at once."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.brackets = 0

    def expression_alone(self) -> Tree:
        tree = self.expression()
        if self.at < len(self.tokens):
            raise self._unexpected()
        return tree

    def expression(self) -> Tree:
        return self._chain(self.product, ("+", "-"))

    def product(self) -> Tree:
        return self._chain(self.signed, ("*", "/"))

    def _chain(self, read: Callable[[], Tree], signs: tuple[str, ...]) -> Tree:
        """Read operands with signs between them, which bind from the left."""
        tree = read()
        rest: list[tuple[Operation, Tree]] = []
        while (sign := self._peek()) in signs:
            self.at += 1
            operand = read()
            if rest or callable(tree) or callable(operand):
                rest.append((_OPERATIONS[str(sign)], operand))
            else:
                tree = _folded(str(sign), tree, operand)
        return _operations(tree, rest) if rest else tree

    def signed(self) -> Tree:
        negative = False
        while (sign := self._peek()) in ("+", "-"):
            self.at += 1
            negative ^= sign == "-"
        tree = self.single()
        if not negative:
            return tree
        if not callable(tree):
            return arithmetic.negate(tree)
        return lambda scope: arithmetic.negate(tree(scope))

    def single(self) -> Tree:
        token = self._peek()
        if callable(token):
            self.at += 1
            if self._peek() != "" and (callable(self._peek()) or str(self._peek())[0] in "0123456789.("):
                raise _NotNumbers
            return _number_of(token)
        if token == "(":  # noqa: S105
            self.at += 1
            self.brackets += 1
            if self.brackets > MAX_BRACKETS:
                raise _NotReadable(f"more than {MAX_BRACKETS} brackets inside each other")
            tree = self.expression()
            if self._peek() != ")":
                raise self._unexpected()
            self.brackets -= 1
        elif token and token[0].isdecimal() and token[0].isascii():
            if callable(self._peek(1)):
                raise _NotNumbers
            tree = _literal(token)
        else:
            raise self._unexpected()
        self.at += 1
        return tree

    def _peek(self, ahead: int = 0) -> Token:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def _unexpected(self) -> Exception:
        token = self._peek()
        if callable(token):
            return _NotNumbers()
        before = "".join("{{…}}" if callable(earlier) else earlier for earlier in self.tokens[: self.at])[-40:]
        found = f"{token!r} is not expected" if token else "more is expected"
        place = f"after {before!r}" if before else "at the beginning"
        return _NotReadable(f"{found} {place}; it knows + - * / and brackets")


def _literal(token: str) -> arithmetic.Operand:
    try:
        return int(token) if token.isdigit() else Decimal(token)
    except (ValueError, DecimalException):
        raise _NotReadable(f"the number {token[:20]}… is too large") from None


def _number_of(lookup: Lookup) -> Compute:
    def number(scope: Scope) -> arithmetic.Operand:
        value = lookup(scope)
        found = value if type(value) is int else arithmetic.operand(value)
        if type(value) is int and value.bit_length() > _WORD:
            scope.charge(value.bit_length())
        elif isinstance(value, (str, values.Number)):
            scope.charge(len(text(value)))
        if scope.room < 0:
            raise Uncomputable
        if found is None:
            raise _NotNumbers
        return found

    return number


def _folded(sign: str, one: arithmetic.Operand, other: arithmetic.Operand) -> arithmetic.Operand:
    try:
        return _OPERATIONS[sign](one, other)
    except (DecimalException, Uncomputable):
        raise _NotReadable(f"{one} {sign} {other} has no value") from None


def _operations(first: Tree, rest: Sequence[tuple[Operation, Tree]]) -> Compute:
    (operation, other), *more = rest
    if more:
        return lambda scope: _in_a_row(scope, first, rest)
    if not callable(other):
        assert callable(first)  # noqa: S101  # else the operation is folded
        return lambda scope: operation(first(scope), other)
    if not callable(first):
        return lambda scope: operation(first, other(scope))
    return lambda scope: operation(first(scope), other(scope))


def _in_a_row(scope: Scope, first: Tree, rest: Sequence[tuple[Operation, Tree]]) -> arithmetic.Operand:
    found = first(scope) if callable(first) else first
    for operation, operand in rest:
        found = operation(found, operand(scope) if callable(operand) else operand)
    return found
