"""Reads functions, bodies, clauses and patterns. Expressions are read by `expressions`, which this completes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncline_server.engine.expressions.functions.erlang import patterns
from syncline_server.engine.expressions.functions.erlang.expressions import ExpressionReader
from syncline_server.engine.expressions.functions.erlang.machine import Code, Failed, Frame, Machine, Pattern
from syncline_server.engine.expressions.functions.erlang.terms import atom
from syncline_server.engine.expressions.functions.erlang.tokens import Kind, Token, number_of, tokens_of, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONSTANT_ATOMS = ("true", "false", "null", "undefined")
_END_OF_MATCH = (",", ";", "->", "end", "of", "case", "if", "begin", "")


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to go on with a value."""

    pattern: Pattern
    guard: Code | None
    body: Code


@dataclass(frozen=True, slots=True)
class Fun:
    """A compiled function of one argument."""

    clauses: tuple[Clause, ...]
    variables: int
    weight: int
    """Units of work that a call takes, besides what its operators and functions take."""

    def apply(self, machine: Machine, value: object) -> object:
        """Call it; raise `Failed` when it has no value, `Exhausted` when there is no work left."""
        machine.work(self.weight)
        return _choose(self.clauses, Frame(machine, self.variables), value)


def compile_fun(source: str) -> tuple[Fun, int]:
    """Compile the `fun … end` that a text begins with; return it and where it ends. Raise `BadCode`."""
    return _Reader(tokens_of(source)).fun()


class _Reader(ExpressionReader):
    """Reads the code of one function."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self.blocks = {"case": self._case, "if": self._if, "begin": self._begin}

    def fun(self) -> tuple[Fun, int]:
        self.expect("fun")
        clauses = [self._fun_clause()]
        while self.take(";"):
            clauses.append(self._fun_clause())
        end = self.expect("end")
        return Fun(tuple(clauses), self.slots, self.weight), end.at + len(end.text)

    def _body(self) -> Code:
        """Read expressions with commas between them; the last one's value counts."""
        statements = [self._statement()]
        while self.take(","):
            statements.append(self._statement())
        if len(statements) == 1:
            return statements[0]
        *first, last = statements

        def run(frame: Frame) -> object:
            for statement in first:
                statement(frame)
            return last(frame)

        return run

    def _begin(self) -> Code:
        code = self._body()
        self.expect("end")
        return code

    def _case(self) -> Code:
        value = self.expression()
        self.expect("of")
        clauses = [self._clause()]
        while self.take(";"):
            clauses.append(self._clause())
        self.expect("end")
        return lambda frame: _choose(clauses, frame, value(frame))

    def _if(self) -> Code:
        clauses = [self._guarded()]
        while self.take(";"):
            clauses.append(self._guarded())
        self.expect("end")
        return lambda frame: _choose(clauses, frame, None)

    def _fun_clause(self) -> Clause:
        names = dict(self.names)
        self.expect("(")
        name = self.token
        if name.kind is Kind.NAME and name.text not in _CONSTANT_ATOMS and self.ahead().text == ")":
            self.at += 1
            pattern = self._variable(name.text)
        else:
            pattern = self.pattern()
        self.expect(")")
        return self._rest_of_clause(pattern, names)

    def _clause(self) -> Clause:
        names = dict(self.names)
        return self._rest_of_clause(self.pattern(), names)

    def _guarded(self) -> Clause:
        names = dict(self.names)
        guard = self._guard()
        self.expect("->")
        body = self._body()
        self.names = names
        return Clause(patterns.anything, guard, body)

    def _rest_of_clause(self, pattern: Pattern, names: dict[str, int]) -> Clause:
        guard = self._guard() if self.take("when") else None
        self.expect("->")
        body = self._body()
        self.names = names
        return Clause(pattern, guard, body)

    def _guard(self) -> Code:
        """Read alternatives (`;`) of conditions that all have to hold (`,`)."""
        alternatives = [self._conditions()]
        while self.take(";"):
            alternatives.append(self._conditions())
        return lambda frame: any(all(_holds(one, frame) for one in conditions) for conditions in alternatives)

    def _conditions(self) -> list[Code]:
        conditions = [self.expression()]
        while self.take(","):
            conditions.append(self.expression())
        return conditions

    def _statement(self) -> Code:
        if not self._is_match():
            return self.expression()
        outside = dict(self.names)
        pattern = self.pattern()
        inside, self.names = self.names, outside
        self.expect("=")
        value = self.within(self._statement)
        self.names = {**self.names, **inside}

        def match(frame: Frame) -> object:
            found = value(frame)
            if not pattern(frame, found):
                raise Failed
            return found

        return match

    def _is_match(self) -> bool:
        """Tell whether a pattern and `=` come next."""
        depth = 0
        for token in self.tokens[self.at :]:
            if not depth and token.text in ("=", *_END_OF_MATCH):
                return token.text == "=" and token.kind is Kind.SIGN
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        return False

    def pattern(self) -> Pattern:
        """Read a pattern."""
        return self.within(self._single_pattern)

    def _single_pattern(self) -> Pattern:
        token = self.token
        self.at += 1
        if token.kind is Kind.NUMBER:
            return patterns.literal(number_of(token))
        if token.text == "-" and self.token.kind is Kind.NUMBER:
            self.at += 1
            return patterns.literal(-number_of(self.tokens[self.at - 1]))
        if token.kind is Kind.STRING:
            return patterns.literal(unquoted(token))
        if token.kind is Kind.ATOM:
            return patterns.literal(atom(unquoted(token)))
        if token.kind is Kind.NAME and not self.is_word(token.text):
            return self._variable(token.text) if self.is_variable(token.text) else patterns.literal(atom(token.text))
        if token.text == "<<":
            return patterns.literal(self.fixed_binary())
        if token.text == "{":
            return patterns.tuple_of(self._patterns("}"))
        if token.text == "[":
            return self._list_pattern()
        self.at -= 1
        raise self.unexpected("a pattern")

    def _variable(self, name: str) -> Pattern:
        if name == "_":
            return patterns.anything
        if name in self.names:
            return patterns.bound(self.names[name])
        self.names[name] = self.slots
        self.slots += 1
        return patterns.binding(self.names[name])

    def _list_pattern(self) -> Pattern:
        items = self._patterns("]", "|")
        if self.tokens[self.at - 1].text != "|":
            return patterns.list_of(items, None)
        rest = self.pattern()
        self.expect("]")
        return patterns.list_of(items, rest)

    def _patterns(self, *closing: str) -> list[Pattern]:
        """Read patterns with commas between them, up to one of the signs that close."""
        items: list[Pattern] = []
        if self.take(closing[0]):
            return items
        items.append(self.pattern())
        while self.take(","):
            items.append(self.pattern())
        if not any(self.take(sign) for sign in closing):
            raise self.unexpected(f"{closing[0]!r}")
        return items


def _choose(clauses: Sequence[Clause], frame: Frame, value: object) -> object:
    """Return what the first clause that takes the value makes of it."""
    for clause in clauses:
        if clause.pattern(frame, value) and (clause.guard is None or clause.guard(frame)):
            return clause.body(frame)
    raise Failed


def _holds(condition: Code, frame: Frame) -> bool:
    """Tell whether a condition of a guard is true; it is not when it fails."""
    try:
        return condition(frame) is True
    except Failed:
        return False
