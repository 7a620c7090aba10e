"""A secret environment variable shows in no record, error or failure, however a node came to write it."""

from __future__ import annotations

import pytest

from engine.definitions import (
    Json,
    Story,
    api,
    copy,
    definition,
    final,
    get_task,
    go,
    new_task,
    node,
    process,
    query,
    queue,
    read,
    rpc,
    rpc_reply,
    set_param,
    start,
    sums,
    timer,
)
from syncline_server.engine import CallReturned, values
from syncline_server.engine.decision import EnvVar, Secret
from syncline_server.engine.effects import QueryFailure, QueryFault

SECRET = 's3"cr&<t/a b@\\é|%41'
TRACES = ("cr&<t", "cr&amp;&lt;t", "cr%26%3Ct", "cr%26<t", "cr&%3Ct", "hunter2", "5550199")
NUMBER = {"a": "{{env_var[@k]}}"}
KEYS: Json = {"user": "me", "pass": "hunter2", "code": 5550199}
XML = {"content_type": "text/xml", "method": "POST"}


def told(*logics: Json, secret: object = SECRET, semaphors: list[Json] | None = None) -> str:
    """Return all that people see of a task in a node with these logics, but for its data as nodes have set it."""
    here = node("here", *logics, *([] if semaphors else [go("end")]), semaphors=semaphors)
    story = Story(process(start("here"), here, final(), final("bad")), new_task())
    story.facts = {EnvVar("k", use): Secret(secret) for use in ("", "api_call", "set_param")}
    story.start()
    return seen(story)


def seen(story: Story) -> str:
    task = story.task
    found = [text for step in story.steps for text in (step.input, step.output)]
    for token in task.tokens:
        logic = story.process.nodes[token.node_id].waiting_logic
        if token.call is not None and logic is not None:
            found.append(logic.describe(token.call))
    found += [values.dumps(task.data), "" if task.failure is None else task.failure.description]
    return "\n".join([*found, "" if task.outcome is None else task.outcome.data])


@pytest.mark.parametrize(
    "logic",
    [
        api(method="POST", extra=NUMBER, extra_type={"a": "number"}),
        api(method="POST", error="bad", extra={"a": "x" * 250 + "{{env_var[@k]}}"}, extra_type={"a": "boolean"}),
        api(extra={"r": {"a": "{{env_var[@k]}}"}}, **XML),
        api(extra={"r": '{"@a":"{{env_var[@k]}}"}'}, extra_type={"r": "object"}, **XML),
        api("http://peer.test/x/{{env_var[@k]}}/y", method="GET"),
        api("http://peer.test/?{{env_var[@k]}}", method="GET"),
        api("http://u:{{env_var[@k]}}@peer.test/", method="GET"),
        api(method="POST", format="raw", raw_body='{"a":"{{env_var[@k]}}","b":{{x}}}'),
        api(method="POST", extra={"a": '{"b":"{{env_var[@k]}}"}'}),
        api(method="GET", extra={"a": '{"b":"{{env_var[@k]}}"}'}),
        set_param({"a": "{{env_var[@k]}}"}, {"a": "number"}),
        query("SELECT {{env_var[@k]}}"),
        query("SELECT 'a{{env_var[@k]}}'"),
        copy(data={"a": "{{env_var[@k]}}"}, data_type={"a": "number"}),
        copy(conv_id="{{env_var[@k]}}"),
        get_task(conv_id="{{env_var[@k]}}"),
        rpc(extra=NUMBER, extra_type={"a": "number"}),
        rpc_reply({"a": "{{env_var[@k]}}"}, {"a": "number"}),
        sums(("a", "{{env_var[@k]}}")),
        queue(data={"a": "{{env_var[@k]}}"}, data_type={"a": "number"}),
    ],
)
def test_a_secret_shows_nowhere(logic: Json) -> None:
    shown = told(logic)

    assert "***" in shown
    assert not [trace for trace in TRACES if trace in shown]


def test_a_timer_does_not_tell_it() -> None:
    shown = told(semaphors=[timer("end", "{{env_var[@k]}}")])

    assert not [trace for trace in TRACES if trace in shown]


@pytest.mark.parametrize(
    "logic",
    [
        api(extra={"r": "{{env_var[@k]}}"}, extra_type={"r": "object"}, **XML),
        api(extra={"r": "{{env_var[@k]}}"}, extra_type={"r": "object"}, method="POST"),
        api(extra={"r": "{{env_var[@k]}}"}, extra_type={"r": "number"}, method="POST"),
    ],
)
def test_what_an_object_holds_shows_nowhere(logic: Json) -> None:
    shown = told(logic, secret=KEYS)

    assert not [trace for trace in TRACES if trace in shown]


def test_a_secret_of_too_many_texts_hides_what_it_is_in() -> None:
    shown = told(
        api(method="POST", extra={"r": "{{env_var[@k]}}"}, extra_type={"r": "object"}),
        secret={f"k{i}": f"hunter2-{i}" for i in range(40)},
    )

    assert '"body":"***"' in shown
    assert "hunter2" not in shown


def test_a_number_that_is_hidden_leaves_the_record_json() -> None:
    shown = told(api(method="POST", extra={"a": "{{env_var[@k]}}"}, extra_type={"a": "number"}), secret="5550199")

    assert values.loads_object(shown.split("\n")[2])["body"] == '{"a":***}'


def test_a_database_that_repeats_it_is_not_told_on() -> None:
    here = node("here", query("SELECT '{{env_var[@k]}}'::int"), go("end"))
    story = Story(process(start("here"), here, final()), new_task())
    story.facts = {EnvVar("k", ""): Secret(SECRET)}
    story.start()
    said = f'invalid input syntax for type integer: "{SECRET}" (22P02)'

    story.meet(CallReturned(story.effects[0].step, QueryFailure(QueryFault.EXECUTING, said)))

    assert story.task.failure is not None
    assert "***" in story.task.failure.description
    assert not [trace for trace in TRACES if trace in seen(story)]


def test_a_peer_that_repeats_it_in_an_error_is_not_told_on() -> None:
    here = node("here", api("http://peer.test/?a={{env_var[@k]}}", method="GET"), go("end"))
    story = Story(process(start("here"), here, final()), new_task())
    story.facts = {EnvVar("k", "api_call"): Secret(SECRET)}
    story.start()

    story.reply(f"no such key: {SECRET}", status=403)

    assert not [trace for trace in TRACES if trace in seen(story)]


def test_what_is_to_be_cleared_is_in_no_error() -> None:
    declared = {"name": "card", "type": "string", "flags": ["auto-clear"]}
    here = node("here", set_param({"a": "x{{card}}"}, {"a": "number"}), go("end"))
    found = read(definition(start("here"), here, final(), params=[declared])).process
    assert found is not None
    story = Story(found, new_task({"card": "4111111111111111"}))

    story.start()

    assert story.task.failure is not None
    assert "x***" in story.task.failure.description
    assert "4111" not in seen(story)
