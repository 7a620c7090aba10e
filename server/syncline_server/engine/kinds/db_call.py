"""`db_call`: executes a statement in one of the company's databases.

Each reference in the statement is a bound parameter, never text of it, wherever it stands: one in quotes (`'{{name}}'`)
takes the quotes' place, and of several, or of text beside it (`'%{{name}}%'`), the quoted text is put together in SQL.
No page says where the rows go: here they come as `db_call_result`, an array of objects. Names of errors follow the
vendor's pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from syncline_server.engine import values
from syncline_server.engine.effects import QueryCall, QueryFailure, QueryFault, QueryReply
from syncline_server.engine.expressions.lookups import compile_lookup
from syncline_server.engine.expressions.references import BadReference, parse_text
from syncline_server.engine.expressions.scope import MISSING, text
from syncline_server.engine.kinds.logic import Waits
from syncline_server.engine.masking import hide
from syncline_server.engine.running.errors import HARDWARE, SOFTWARE, NodeError, overflow, take_error_link
from syncline_server.engine.running.run import TooLarge
from syncline_server.engine.task import Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.effects import Call, News
    from syncline_server.engine.expressions.scope import Lookup, Scope
    from syncline_server.engine.reading.fields import Fields
    from syncline_server.engine.running.run import Run
    from syncline_server.engine.running.steps import Visit

RESULT = "db_call_result"
_HARDWARE = frozenset({QueryFault.TIMEOUT, QueryFault.CONNECT})
_MARK = "\0"
_MARKED = re.compile(f"{_MARK}([0-9]+){_MARK}(t?)")
"""Where a reference stands, by its number; with a `t` it counts as text."""
_SPECIAL = re.compile(
    r"""--[^\n]*|/\*.*?\*/|\b[eE]'(?:[^'\\]|\\.|'')*+'|'(?:[^']|'')*+'|"(?:[^"]|"")*+"|\$((?:[A-Za-z_]\w*)?)\$.*?\$\1\$""",
    re.DOTALL,
)
"""A comment, a quoted text or name."""
_NUMBERED = re.compile(r"\$[0-9]")


@dataclass(frozen=True, slots=True)
class Query(Waits):
    """Executes a statement."""

    instance_id: int
    statement: str
    lookups: tuple[Lookup, ...]
    error_to: str

    def run(self, run: Run, visit: Visit) -> str:
        parameters: list[object] = []
        for lookup in self.lookups:
            value = lookup(run)
            if not run.spend(len(text(value))):
                return ""
            parameters.append(None if value is MISSING else value)
        call = QueryCall(
            step=visit.step,
            node_id=visit.node.id,
            instance_id=self.instance_id,
            query=self.statement,
            parameters=tuple(parameters),
            hidden=tuple(sorted(run.hidden)),
        )
        return self.ask(run, visit, Waiting.CALL, call)

    def resume(self, run: Run, visit: Visit, news: News) -> str | None:
        assert visit.token is not None  # noqa: S101  # it waited, and for a statement
        hidden = cast("QueryCall", visit.token.call).hidden
        try:
            if isinstance(news, QueryFailure):
                kind = HARDWARE if news.fault in _HARDWARE else SOFTWARE
                raise NodeError(kind, news.fault, hide(news.description, hidden))
            assert isinstance(news, QueryReply)  # noqa: S101  # the only other news of a `QueryCall`
            result = f'{{"{RESULT}":{news.rows}}}'
            run.put(values.loads_object(result), result)
        except TooLarge as error:
            description = overflow(error.size, run.process.limits.max_task_bytes).description
            return self._fail(run, visit, NodeError(SOFTWARE, QueryFault.SIZE, description))
        except values.JsonFault as fault:
            return self._fail(run, visit, NodeError(SOFTWARE, QueryFault.SIZE, f"The rows cannot be kept: {fault}"))
        except NodeError as error:
            return self._fail(run, visit, error)
        visit.output = result
        return None

    def _fail(self, run: Run, visit: Visit, error: NodeError) -> str:
        return take_error_link(run, visit, "db_call", self.error_to, error)

    def describe(self, call: Call) -> str:
        assert isinstance(call, QueryCall)  # noqa: S101  # what `run` made
        parameters = [_shown(value, call.hidden) for value in call.parameters]
        return values.dumps({"query": call.query, "parameters": parameters})


def _shown(value: object, hidden: Sequence[str]) -> object:
    shown = hide(text(value), hidden) if hidden else ""
    return value if not hidden or shown == text(value) else shown


def read(fields: Fields) -> Query:
    """Read `instance_id`, `query` and `err_node_id`."""
    instance_id = fields.whole_number("instance_id", 0)
    if not instance_id:
        fields.fault("instance_id", "No database is named here.")
    statement, lookups = fields.compiled("query", lambda: _compile(fields.text("query"))) or ("", ())
    if not statement.strip():
        fields.fault("query", "The statement is empty.")
    return Query(instance_id, statement, lookups, fields.link("err_node_id", required=False))


def _compile(source: str) -> tuple[str, tuple[Lookup, ...]]:
    """Return the statement with `$1`, `$2`, … and what each stands for."""
    found: list[Lookup] = []
    marked = []
    for part in parse_text(source):
        if isinstance(part, str):
            marked.append(part.replace(_MARK, ""))
        else:
            marked.append(f"{_MARK}{len(found)}{_MARK}")
            found.append(compile_lookup(part))
    statement = _SPECIAL.sub(_without_marks, "".join(marked))
    if _NUMBERED.search(_SPECIAL.sub("", statement)):
        raise BadReference("values are put in by references, not by $1")
    lookups: list[Lookup] = []

    def number(mark: re.Match[str]) -> str:
        lookup = found[int(mark[1])]
        lookups.append(partial(_as_text, lookup) if mark[2] else lookup)
        return f"${len(lookups)}"

    return _MARKED.sub(number, statement), tuple(lookups)


def _without_marks(special: re.Match[str]) -> str:
    """Return a quoted text as the concatenation of its parts; a comment loses its references."""
    source = special[0]
    if source[0] in "-/":
        return _MARKED.sub("", source)
    if source[0] != "'":
        if _MARKED.search(source):
            raise BadReference("a reference cannot stand in a quoted name, in dollar quotes or in E'…'")
        return source
    if _MARKED.fullmatch(source, 1, len(source) - 1):
        return source[1:-1]
    joined = _MARKED.sub(rf"'||{_MARK}\1{_MARK}t||'", source)
    return source if joined == source else f"({joined})"


def _as_text(lookup: Lookup, scope: Scope) -> str:
    return text(lookup(scope))
