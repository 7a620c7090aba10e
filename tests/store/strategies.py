"""Tasks of every shape that a store may be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from syncline_server.engine import values
from syncline_server.engine.effects import (
    CreateCall,
    DequeueCall,
    HttpCall,
    ModifyCall,
    QueryCall,
    Reply,
    ReplyCall,
    ScriptCall,
    TurnCall,
)
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from syncline_server.engine.effects import Call

texts = st.text(st.characters(codec="utf-8"), max_size=12)
"""Any characters that UTF-8 has, NUL and those beyond the basic plane too."""
instants = st.integers(0, 2**63 - 1)
small = st.integers(0, 1000)
numbers = st.one_of(
    st.integers(),
    st.integers(10**400, 10**401),
    st.floats(allow_nan=False, allow_infinity=False),
    st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True).map(values.number),
)
json_values: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, json_values, max_size=4)
place = {"step": small, "node_id": texts}
http_calls = st.builds(
    HttpCall,
    step=small,
    node_id=texts,
    method=st.sampled_from(["GET", "POST"]),
    url=texts,
    headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    body=st.none() | texts,
    max_threads=small,
    certificate=texts,
    hidden=st.lists(texts, max_size=2).map(tuple),
)
calls: SearchStrategy[Call] = st.one_of(
    http_calls,
    st.builds(ScriptCall, **place, source=texts, data=texts),
    st.builds(
        QueryCall,
        **place,
        instance_id=small,
        query=texts,
        parameters=st.lists(json_values, max_size=3).map(tuple),
        hidden=st.lists(texts, max_size=2).map(tuple),
    ),
    st.builds(CreateCall, **place, process=texts, ref=texts, data=texts, is_rpc=st.booleans()),
    st.builds(ModifyCall, **place, process=texts, ref=texts, data=texts, is_sync=st.booleans()),
    st.builds(
        ReplyCall,
        **place,
        caller=texts,
        reply=st.builds(Reply, data=texts, exception=st.none() | texts),
    ),
    st.builds(DequeueCall, **place, process=texts, queue=texts, newest_first=st.booleans()),
    st.builds(TurnCall, **place),
)
tokens = st.builds(
    Token,
    number=small,
    node_id=texts,
    previous_node_id=texts,
    step=small,
    entered_at=instants,
    waiting=st.sampled_from(Waiting),
    due_at=st.none() | instants,
    call=st.none() | calls,
)
steps = st.builds(
    Step,
    sequence=st.integers(1, 10**6),
    node_id=texts,
    previous_node_id=texts,
    started_at=instants,
    ended_at=instants,
    result=texts,
    input=texts,
    output=texts,
)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    data = draw(objects)
    outcomes = st.builds(
        Outcome,
        kind=st.sampled_from(OutcomeKind),
        data=st.just(values.dumps(data)) | objects.map(values.dumps) | texts,
        at=instants,
        sequence=small,
    )
    built: SearchStrategy[Task] = st.builds(
        Task,
        task_id=st.just(""),
        process_id=st.integers(1, 2**63 - 1),
        process_version=small,
        ref=texts,
        login=texts,
        request_id=texts,
        request_hash=texts,
        callback_secret=texts,
        state=st.sampled_from(TaskState),
        data=st.just(data),
        tokens=st.lists(tokens, max_size=3).map(tuple),
        node_id=texts,
        previous_node_id=texts,
        outcome=st.none() | outcomes,
        failure=st.none() | st.builds(Failure, reason=texts, description=texts, node_id=texts),
        sequence=small,
        created_at=instants,
        changed_at=instants,
        ended_at=st.none() | instants,
        modified_by=st.lists(texts, max_size=3).map(tuple),
        caller=texts,
    )
    return draw(built)
