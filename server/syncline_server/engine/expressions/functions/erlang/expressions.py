"""Reads expressions and compiles them as it goes: each becomes a closure of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from syncline_server.engine.expressions.functions.arguments import Uncomputable
from syncline_server.engine.expressions.functions.erlang.binaries import text_of
from syncline_server.engine.expressions.functions.erlang.calls import compile_instant, compile_outer
from syncline_server.engine.expressions.functions.erlang.closures import Constant, applied, member_of, until
from syncline_server.engine.expressions.functions.erlang.library import LIBRARY
from syncline_server.engine.expressions.functions.erlang.operators import (
    COMPARISONS,
    LEVELS,
    OPERATORS,
    SIGNS,
    Operator,
)
from syncline_server.engine.expressions.functions.erlang.terms import as_list, atom, key_of
from syncline_server.engine.expressions.functions.erlang.tokens import BadCode, Kind, Token, number_of, unquoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline_server.engine.expressions.functions.erlang.machine import Code, Frame

MAX_NESTING = 32
_WORDS = frozenset(
    {"end", "of", "when", "case", "if", "begin", "fun", "try", "catch", "receive", "after", "andalso", "orelse", "not"}
) | {operator for operator in (*OPERATORS, *SIGNS) if operator.isalpha()}
"""Names that are no atoms."""
_TEXT_TYPES = ("binary", "utf8", "bytes")


T = TypeVar("T")


class ExpressionReader:
    """Walks over the words of some code."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.names: dict[str, int] = {}
        """The variables that have a value here, with their slots."""
        self.slots = 0
        self.weight = 1
        self.nesting = 0
        self.blocks: dict[str, Callable[[], Code]] = {}
        """What reads the expressions that begin with a word, from after the word."""

    @property
    def token(self) -> Token:
        """The word that comes next."""
        return self.tokens[self.at]

    def ahead(self) -> Token:
        """Return the word after the next."""
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)]

    def take(self, text: str) -> bool:
        """Go over a sign or word if it comes next; tell whether it did."""
        found = self.token.text == text and self.token.kind in (Kind.SIGN, Kind.NAME)
        self.at += found
        return found

    def expect(self, text: str) -> Token:
        """Go over a sign or word that has to come next."""
        token = self.token
        if not self.take(text):
            raise self.unexpected(repr(text))
        return token

    def unexpected(self, wanted: str) -> BadCode:
        """Return the complaint about the next word."""
        token = self.token
        at_end = token.kind is Kind.END and not token.text
        found = "the code ends" if at_end else f"there is {token.text[:20]!r}"
        return BadCode(f"{found} where {wanted} is expected", token.at, at_end=at_end, at_backslash=token.text == "\\")

    def within(self, read: Callable[[], T]) -> T:
        """Read something inside of what is read, unless that is too deep."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise BadCode(f"more than {MAX_NESTING} things inside each other", self.token.at)
        found = read()
        self.nesting -= 1
        return found

    def is_word(self, name: str) -> bool:
        """Tell whether a name belongs to the language."""
        return name in _WORDS

    def is_variable(self, name: str) -> bool:
        """Tell whether a name is a variable's."""
        return name in self.names or name[0].isupper() or name[0] == "_"

    def expression(self) -> Code:
        """Read an expression."""
        return self.within(self._alternatives)

    def _alternatives(self) -> Code:
        codes = [self._both()]
        while self.take("orelse"):
            codes.append(self._both())
        return codes[0] if len(codes) == 1 else until(codes, answer=True)

    def fixed_binary(self) -> str:
        """Read what follows `<<`, which is text."""
        code, token = self._binary(), self.token
        if not isinstance(code, Constant):
            raise BadCode("a binary in a pattern is a text", token.at)
        return str(code.value)

    def _both(self) -> Code:
        codes = [self._comparison()]
        while self.take("andalso"):
            codes.append(self._comparison())
        return codes[0] if len(codes) == 1 else until(codes, answer=False)

    def _comparison(self) -> Code:
        code = self._level(0)
        if self._is_operator(COMPARISONS):
            return applied(code, [self._operation(0)])
        return code

    def _level(self, level: int) -> Code:
        if level == len(LEVELS):
            return self._signed()
        code = self._level(level + 1)
        if not self._is_operator(LEVELS[level]):
            return code
        if level == 0:
            return applied(code, [self.within(lambda: self._operation(0))])
        rest: list[tuple[Operator, Code]] = []
        while self._is_operator(LEVELS[level]):
            rest.append(self._operation(level + 1))
        return applied(code, rest)

    def _is_operator(self, operators: tuple[str, ...]) -> bool:
        return self.token.text in operators and self.token.kind in (Kind.SIGN, Kind.NAME)

    def _operation(self, level: int) -> tuple[Operator, Code]:
        """Read an operator and what comes after it."""
        operator = OPERATORS[self.token.text]
        self.at += 1
        self.weight += 1
        return operator, self._level(level)

    def _signed(self) -> Code:
        sign = SIGNS.get(self.token.text) if self.token.kind in (Kind.SIGN, Kind.NAME) else None
        if sign is None:
            return self._with_members()
        self.at += 1
        self.weight += 1
        code = self.within(self._signed)
        return lambda frame: sign(frame.machine, code(frame))

    def _with_members(self) -> Code:
        code = self._single()
        names: list[str] = []
        while self.token.text == "." and self.ahead().kind is Kind.NAME and self.ahead().at == self.token.at + 1:
            names.append(self.ahead().text)
            self.at += 2
            self.weight += 1
        return member_of(code, names) if names else code

    def _single(self) -> Code:
        token = self.token
        self.at += 1
        self.weight += 1
        if token.kind is Kind.NUMBER:
            return Constant(number_of(token))
        if token.kind is Kind.STRING:
            return Constant(unquoted(token))
        if token.kind is Kind.ATOM:
            return Constant(atom(unquoted(token)))
        if token.kind is Kind.FUNCTION:
            return self._outer(token)
        if token.kind is Kind.NAME:
            return self._named(token)
        bracketed = {"<<": self._binary, "{": self._tuple, "[": self._list, "#": self._map, "(": self._bracketed}
        if token.text not in bracketed:
            self.at -= 1
            raise self.unexpected("an expression")
        return bracketed[token.text]()

    def _named(self, token: Token) -> Code:
        name = token.text
        if self.is_word(name):
            if name in self.blocks:
                return self.within(self.blocks[name])
            raise BadCode(f"{name!r} cannot stand here", token.at)
        if self.is_variable(name):
            if name not in self.names:
                raise BadCode(f"the variable {name} has no value", token.at)
            slot = self.names[name]
            return lambda frame: frame.slots[slot]
        if self.take(":"):
            return self._call(token, name, self._function_name())
        if self.token.text == "(":
            return self._call(token, "erlang", name)
        return Constant(atom(name))

    def _function_name(self) -> str:
        if self.token.kind is not Kind.NAME:
            raise self.unexpected("a function's name")
        self.at += 1
        return self.tokens[self.at - 1].text

    def _call(self, token: Token, module: str, name: str) -> Code:
        self.expect("(")
        arguments = self._items(")")
        function = LIBRARY.get((module, name, len(arguments)))
        if function is None:
            raise BadCode(f"the function {module}:{name}/{len(arguments)} cannot be called here", token.at)
        if len(arguments) == 1:
            (only,) = arguments
            return lambda frame: function(frame.machine, only(frame))
        return lambda frame: function(frame.machine, *[argument(frame) for argument in arguments])

    def _outer(self, token: Token) -> Code:
        name, bracket, rest = token.text.removeprefix("$.").partition("(")
        if bracket:
            try:
                return compile_instant(name, rest.removesuffix(")"))
            except Uncomputable:
                raise BadCode(f"{token.text[:40]} has no value", token.at) from None
        self.expect("(")
        code = compile_outer(name, self._items(")"))
        if code is None:
            raise BadCode(f"the function $.{name} cannot be called here with that", token.at)
        return code

    def _bracketed(self) -> Code:
        code = self.expression()
        self.expect(")")
        return code

    def _items(self, closing: str) -> list[Code]:
        """Read expressions with commas between them, up to the sign that closes."""
        items: list[Code] = []
        if self.take(closing):
            return items
        items.append(self.expression())
        while self.take(","):
            items.append(self.expression())
        self.expect(closing)
        return items

    def _tuple(self) -> Code:
        items = self._items("}")
        return lambda frame: tuple([item(frame) for item in items])

    def _list(self) -> Code:
        if self.take("]"):
            return lambda _: []
        items = [self.expression()]
        while self.take(","):
            items.append(self.expression())
        if not self.take("|"):
            self.expect("]")
            return lambda frame: [item(frame) for item in items]
        rest = self.expression()
        self.expect("]")

        def longer(frame: Frame) -> object:
            first = [item(frame) for item in items]
            more = as_list(rest(frame), frame.machine)
            frame.machine.work(len(more))
            return first + more

        return longer

    def _map(self) -> Code:
        self.expect("{")
        members: list[tuple[Code, Code]] = []
        if not self.take("}"):
            members.append(self._map_member())
            while self.take(","):
                members.append(self._map_member())
            self.expect("}")
        return lambda frame: {key_of(frame.machine, key(frame)): value(frame) for key, value in members}

    def _map_member(self) -> tuple[Code, Code]:
        key = self.expression()
        self.expect("=>")
        return key, self.expression()

    def _binary(self) -> Code:
        if self.take(">>"):
            return Constant("")
        pieces = [self._segment()]
        while self.take(","):
            pieces.append(self._segment())
        self.expect(">>")
        if all(isinstance(piece, Constant) for piece in pieces):
            return Constant("".join(str(piece.value) for piece in pieces if isinstance(piece, Constant)))

        def joined(frame: Frame) -> object:
            text = "".join([text_of(piece(frame)) for piece in pieces])
            frame.machine.work(len(text))
            return text

        return joined

    def _segment(self) -> Code:
        token = self.token
        code = self._single()
        if isinstance(code, Constant) and type(code.value) is int and 0 <= code.value < 128:
            code = Constant(chr(code.value))
        is_text = isinstance(code, Constant) and isinstance(code.value, str)
        if self.take("/"):
            if self.token.text not in _TEXT_TYPES:
                raise self.unexpected("'binary' or 'utf8'")
            self.at += 1
        elif not is_text:
            raise BadCode("this part of a binary has to be a text, or a name with /binary", token.at)
        return code
