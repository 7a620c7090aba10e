"""Tasks that work with other tasks: calls and replies, copies, modifications, queues, sums, alerts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes import exports
from fakes.clock import START
from fakes.credentials import basic
from fakes.exports import FINAL, go, node, node_id
from fakes.exports import START as START_NODE
from fakes.logics import Json, copy, late, process, queue, reply, rpc, take, wait
from fakes.performer import Held
from fakes.runtime import ended, tasks_of
from syncline_server.engine import OutcomeKind, TaskState, values
from syncline_server.engine.effects import QueryReply, ScriptReply
from syncline_server.runtime.requests import Goal, NewTask, Target, Until

if TYPE_CHECKING:
    from fakes.runtime import World
    from syncline_server.engine import Task


def without_url(task: Task) -> Json:
    return {name: value for name, value in task.data.items() if name != "__callback_url"}


# Calls of processes.


async def test_a_call_comes_back_with_the_reply_by_the_commit_that_made_the_task(world: World) -> None:
    await world.deploy(process(reply({"y": "{{x}}{{x}}"})), "callee")
    await world.deploy(process(rpc(extra={"x": "{{n}}"})), "caller")

    task = await world.create("@caller", '{"n":"1"}')

    assert without_url(task) == {"n": "1", "y": "11"}
    assert task.state is TaskState.ENDED
    (callee,) = await tasks_of(world, "callee")
    assert (callee.data, callee.state) == ({"x": "1"}, TaskState.ENDED)


async def test_a_caller_waits_until_the_reply_comes(world: World) -> None:
    await world.deploy(late({"y": "{{x}}"}), "callee")
    await world.deploy(process(rpc()), "caller")

    task = await world.create("@caller")
    assert task.state is TaskState.WAITING
    (callee,) = await tasks_of(world, "callee")
    await world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), '{"x":"late"}')

    assert (await ended(world, task)).data["y"] == "late"


async def test_a_caller_that_waits_survives_a_restart_and_calls_once(world: World) -> None:
    await world.deploy(late({"y": "{{x}}"}), "callee")
    await world.deploy(process(rpc()), "caller")
    task = await world.create("@caller")
    await world.restart()

    (callee,) = await tasks_of(world, "callee")
    await world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), '{"x":"late"}')

    assert (await ended(world, task)).data["y"] == "late"
    assert len(await tasks_of(world, "callee")) == 1


async def test_an_exception_takes_the_error_link_with_its_reason(world: World) -> None:
    await world.deploy(process(reply({}, throw_exception=True, exception_reason="no {{x}}")), "callee")
    await world.deploy(process(rpc(extra={"x": "luck"})), "caller")

    task = await world.create("@caller")

    assert task.node_id == node_id(5)
    assert without_url(task) == {
        "__conveyor_rpc_reply_return_type_error__": "software",
        "__conveyor_rpc_reply_return_type_tag__": "rpc_reply_exception",
        "__conveyor_rpc_reply_return_description__": "no luck",
    }


async def test_a_reply_answers_whoever_waits_for_the_replying_task(world: World) -> None:
    await world.deploy(process(reply({"y": "{{x}}"})), "callee")

    task = await world.create("@callee", '{"x":"1"}')

    assert task.outcome is not None
    assert task.outcome.kind is OutcomeKind.ANSWERED
    assert values.loads(task.outcome.data) == {"y": "1"}


async def test_a_caller_whose_time_is_over_goes_on_and_a_late_reply_is_lost_quietly(world: World) -> None:
    timer = {"type": "time", "value": 60, "dimension": "sec", "to_node_id": node_id(4)}
    await world.deploy(late({"y": "1"}), "callee")
    await world.deploy(process(rpc(), semaphors=[timer]), "caller")
    task = await world.create("@caller")
    world.clock.move(seconds=61)
    world.runtime.timers.ring_due()
    over = await ended(world, task)
    (callee,) = await tasks_of(world, "callee")

    await world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), "{}")

    assert over.node_id == node_id(5)
    assert (await ended(world, callee)).state is TaskState.ENDED
    assert (await world.read(task)).data == over.data


async def test_a_reply_waits_while_the_caller_s_process_is_paused(world: World) -> None:
    await world.deploy(late({"y": "1"}), "callee")
    await world.deploy(process(rpc()), "caller")
    task = await world.create("@caller")
    caller_process = world.runtime.catalogue.get(task.process_id)
    await world.runtime.deploying.pause(world.owner, str(caller_process.process_id))
    (callee,) = await tasks_of(world, "callee")
    await world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), "{}")
    assert (await world.read(callee)).state is TaskState.RUNNING

    await world.runtime.deploying.resume(world.owner, str(caller_process.process_id))

    assert (await ended(world, task)).data["y"] == "1"
    assert (await ended(world, callee)).state is TaskState.ENDED


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        ("@none", "access_denied"),
        ("999", "access_denied"),
        ("@paused", "conveyor_is_not_active"),
        ("{{nothing}}", "rpc_task_wrong_convert_param"),
    ],
)
async def test_a_call_that_cannot_be_made_takes_the_error_link(world: World, target: str, tag: str) -> None:
    paused = await world.deploy(process(reply({})), "paused")
    await world.runtime.deploying.pause(world.owner, str(paused))
    await world.deploy(process(rpc(target)), "caller")

    task = await world.create("@caller")

    assert (task.node_id, task.data["__conveyor_rpc_return_type_tag__"]) == (node_id(5), tag)


async def test_no_process_works_with_another_company_s(world: World) -> None:
    _, key = await world.runtime.access.found_company("Others")
    stranger = world.runtime.access.by_authorization(basic(key.login, key.secret))
    made = await world.runtime.deploying.import_file(stranger, process(reply({})), deploy=True, alias="theirs")
    theirs = made.processes[0].process_id
    await world.deploy(process(rpc(str(theirs))), "rpc")
    await world.deploy(process(copy(str(theirs))), "copy")

    called, copied = await world.create("@rpc"), await world.create("@copy")

    assert called.data["__conveyor_rpc_return_type_tag__"] == "access_denied"
    assert copied.data["__conveyor_copy_task_return_type_tag__"] == "access_denied"
    assert copied.data["__conveyor_copy_task_result__"] == "access_denied"
    assert str(theirs) in str(copied.data["__conveyor_copy_task_return_description__"])


async def test_processes_that_call_each_other_for_ever_hold_nobody_up(world: World) -> None:
    await world.deploy(exports.silent(), "silent")
    await world.deploy(process(rpc("@b"), title="a"), "a")
    await world.deploy(process(rpc("@a"), title="b"), "b")
    first = await world.create("@a")

    task = await world.create("@silent")

    assert task.state is TaskState.ENDED
    await world.runtime.deploying.pause(world.owner, str(first.process_id))


async def test_nothing_goes_out_before_the_acknowledgement_of_what_led_to_it(world: World) -> None:
    hold = asyncio.Event()
    await world.deploy(exports.outside(), "callee")
    await world.deploy(process(copy(data={"url": "http://peer.test/"})), "caller")
    await world.runtime.tasks.create(world.owner, NewTask(process="@caller", data="{}"), hold=hold)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.performer.made == []

    hold.set()
    await world.performer.call()


# Copies and modifications.


async def test_a_copy_goes_its_own_way_and_the_task_goes_on(world: World) -> None:
    await world.deploy(process(wait()), "callee")
    await world.deploy(process(copy(data={"b": "{{a}}!"}, ref="r-{{a}}")), "caller")

    task = await world.create("@caller", '{"a":"1"}')

    (made,) = await tasks_of(world, "callee")
    assert (made.ref, made.data, made.state) == ("r-1", {"b": "1!"}, TaskState.WAITING)
    assert without_url(task) == {"a": "1", "__conveyor_copy_task_result__": "ok"}
    assert task.state is TaskState.ENDED


async def test_a_copy_of_all_has_everything_and_what_is_set_over_it(world: World) -> None:
    await world.deploy(process(wait()), "callee")
    await world.deploy(process(copy(data={"b": "2"}, group="all")), "caller")

    await world.create("@caller", '{"a":1,"b":1}', callback=False)

    (made,) = await tasks_of(world, "callee")
    assert made.data == {"a": 1, "b": "2"}


async def test_a_ref_that_a_live_task_has_is_not_unique(world: World) -> None:
    await world.deploy(process(wait()), "callee")
    await world.deploy(process(copy(ref="r")), "caller")
    await world.create("@callee", ref="r")

    task = await world.create("@caller", callback=False)

    assert task.data == {
        "__conveyor_copy_task_return_type_error__": "software",
        "__conveyor_copy_task_return_type_tag__": "not_unical_ref",
        "__conveyor_copy_task_return_description__": "not unical reference",
        "__conveyor_copy_task_result__": "not_unical_ref",
    }


async def test_a_modification_lets_the_other_task_go_on(world: World) -> None:
    await world.deploy(process(wait()), "callee")
    await world.deploy(process(copy(mode="modify", ref="r", data={"x": "1"}, is_sync=True)), "caller")
    other = await world.create("@callee", ref="r")

    task = await world.create("@caller", callback=False)

    assert task.data == {"__conveyor_copy_task_result__": "ok"}
    assert (await ended(world, other)).data["x"] == "1"


async def test_only_a_synchronous_modification_asks_where_the_other_task_stands(world: World) -> None:
    held = Held()
    world.performer.on("http://peer.test/", held)
    await world.deploy(exports.outside(), "callee")
    await world.deploy(process(copy(mode="modify", ref="r", data={"x": "1"}, is_sync=True)), "sync")
    await world.deploy(process(copy(mode="modify", ref="r", data={"x": "1"})), "plain")
    await world.deploy(exports.delay(), "sleeping")
    await world.deploy(process(copy("@sleeping", mode="modify", ref="r", data={"x": "1"}, is_sync=True)), "early")
    other = await world.create("@callee", '{"url":"http://peer.test/"}', ref="r")
    await world.create("@sleeping", f'{{"until":{START // 1000 + 3600}}}', ref="r")

    busy, plain, early = [await world.create(f"@{name}") for name in ("sync", "plain", "early")]

    assert busy.data["__conveyor_copy_task_return_type_tag__"] == "duplicate_callback"
    assert plain.data["__conveyor_copy_task_result__"] == "ok"
    assert (await world.read(other)).data["x"] == "1"
    assert early.data["__conveyor_copy_task_return_type_tag__"] == "no_api_callback_in_node_with_task"
    held.release()


async def test_a_task_to_modify_has_to_be_there_and_alive(world: World) -> None:
    await world.deploy(exports.silent(), "callee")
    await world.deploy(process(copy(mode="modify", ref="r", data={"x": "1"})), "caller")
    await world.create("@callee", ref="r")

    task = await world.create("@caller")

    assert task.data["__conveyor_copy_task_return_type_tag__"] == "not_found_task"
    assert task.data["__conveyor_copy_task_return_description__"] == "not found task"


async def test_a_task_may_modify_itself_later_not_now(world: World) -> None:
    await world.deploy(process(copy("{{root.conv_id}}", mode="modify", ref="{{root.ref}}", data={"x": "1"})), "own")

    task = await world.create("@own", ref="r", callback=False)

    assert task.data == {"x": "1", "__conveyor_copy_task_result__": "ok"}


# Queues.


async def test_tasks_leave_a_queue_in_the_order_wanted(world: World) -> None:
    await world.deploy(process(queue()), "queue")
    await world.deploy(process(take()), "oldest")
    await world.deploy(process(take(order="DESC")), "newest")
    queued = [await world.create("@queue", f'{{"n":{n}}}', callback=False) for n in range(3)]

    newest = await world.create("@newest", callback=False)
    oldest = await world.create("@oldest", callback=False)

    assert newest.data == {"__queue_task_id__": queued[2].task_id, "__queue_task_data__": {"n": 2}}
    assert oldest.data == {"__queue_task_id__": queued[0].task_id, "__queue_task_data__": {"n": 0}}
    assert [(await world.read(task)).state for task in queued] == [
        TaskState.ENDED,
        TaskState.WAITING,
        TaskState.ENDED,
    ]


async def test_a_queue_keeps_its_order_over_a_restart(world: World) -> None:
    await world.deploy(
        exports.export(
            node(1, [go(9)], kind=START_NODE),
            node(9, [wait(), go(2)]),
            node(2, [queue(), go(3)]),
            node(3, kind=FINAL),
        ),
        "queue",
    )
    await world.deploy(process(take()), "oldest")
    first, second = [await world.create("@queue", f'{{"n":{n}}}') for n in range(2)]
    for task in (second, first):
        world.clock.move(seconds=1)
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), "{}")
    await world.restart()

    taken = await world.create("@oldest")

    assert taken.data["__queue_task_id__"] == second.task_id


async def test_an_empty_queue_and_a_node_that_is_none_take_the_error_link(world: World) -> None:
    other = await world.deploy(exports.silent(), "silent")
    await world.deploy(process(queue()), "queue")
    await world.deploy(process(take()), "empty")
    await world.deploy(process(take("@silent")), "wrong")

    empty, wrong = await world.create("@empty", callback=False), await world.create("@wrong", callback=False)

    assert empty.data == {
        "__conveyor_get_task_return_type_error__": "software",
        "__conveyor_get_task_return_type_tag__": "get_task_executing_error",
        "__conveyor_get_task_return_description__": "not_found_task",
    }
    assert wrong.data == {
        "__conveyor_queue_return_type_error__": "software",
        "__conveyor_queue_return_type_tag__": "queue_wrong_logic",
        "__conveyor_queue_return_description__": f"No queue logic in conv_id: {other}",
    }


# Sums, counts, alerts.


def summing(value: str) -> str:
    add: Json = {"type": "api_sum", "extra": [{"id": "SumID", "name": "total", "value": value}]}
    show = exports.api("{{__callback_url}}", {"sum": "{{node[" + node_id(2) + "].SumID}}"}, {"sum": "number"})
    return exports.export(
        node(1, [go(2)], kind=START_NODE),
        node(2, [add, go(3)]),
        node(3, [show, go(4)]),
        node(4, kind=FINAL),
    )


async def answer(world: World, name: str, data: str = "{}") -> Any:
    task = await world.create(name, data)
    assert task.outcome is not None, task
    return values.loads(task.outcome.data)


async def test_sums_add_up_exactly_and_are_there_after_a_restart(world: World) -> None:
    await world.deploy(summing("{{n}}"), "sum")
    shown = [values.dumps((await answer(world, "@sum", f'{{"n":{n}}}'))["sum"]) for n in ("0.1", "0.2", "1e3")]
    await world.restart()

    assert shown == ["0.1", "0.3", "1000.3"]
    assert values.dumps((await answer(world, "@sum", '{"n":"-1"}'))["sum"]) == "999.3"


async def test_counts_tell_how_many_stand_in_a_node_and_how_many_came_to_a_final_one(world: World) -> None:
    await world.deploy(process(wait()), "other")
    look = {
        "standing": "{{conv[@other].node[" + node_id(2) + "].count}}",
        "ended": "{{conv[@other].node[" + node_id(3) + "].count}}",
    }
    show = exports.api("{{__callback_url}}", look, dict.fromkeys(look, "number"))
    await world.deploy(process(show), "count")
    tasks = [await world.create("@other") for _ in range(3)]
    await world.runtime.tasks.modify(world.owner, Target(task_id=tasks[0].task_id), "{}")

    assert await answer(world, "@count") == {"standing": 2, "ended": 1}
    await world.restart()
    assert await answer(world, "@count") == {"standing": 2, "ended": 1}


async def test_an_alert_tells_when_a_node_gets_too_full_and_when_it_is_no_longer(world: World) -> None:
    count = {"type": "count", "value": 2, "esc_node_id": node_id(7)}
    await world.deploy(
        exports.export(
            node(1, [go(2)], kind=START_NODE),
            node(2, [wait(), go(3)], [count]),
            node(3, kind=FINAL),
            node(7, [go(8)]),
            node(8, kind=FINAL),
        ),
        "full",
    )
    tasks = [await world.create("@full") for _ in range(3)]
    for task in tasks:
        await world.runtime.tasks.modify(world.owner, Target(task_id=task.task_id), "{}")

    told = [task for task in await tasks_of(world, "full") if task.node_id == node_id(8)]

    assert [task.data for task in told] == [{"start": "true"}, {"start": "false"}]


# Scripts and statements.


async def test_a_script_changes_the_data(world: World) -> None:
    await world.deploy(process({"type": "api_code", "lang": "js", "src": "data.y = 1", "err_node_id": ""}), "code")
    world.scripts.news["data.y = 1"] = ScriptReply(data='{"y":1}')

    task = await ended(world, await world.create("@code", '{"x":1}', callback=False))

    assert task.data == {"y": 1}
    assert [call.data for call in world.scripts.calls] == ['{"x":1}']


async def test_a_statement_gets_its_values_bound(world: World) -> None:
    text = "select a from t where b = '{{b}}' and c > {{c}}"
    await world.deploy(
        process({"type": "db_call", "instance_id": 7, "query": text, "err_node_id": node_id(4)}), "query"
    )
    world.databases.news["select a from t where b = $1 and c > $2"] = QueryReply(rows='[{"a":1}]')

    task = await ended(world, await world.create("@query", '{"b":"x\' or 1=1","c":1.50}', callback=False))

    (call,) = world.databases.calls
    assert (call.instance_id, values.dumps(list(call.parameters))) == (7, '["x\' or 1=1",1.50]')
    assert task.data["db_call_result"] == [{"a": 1}]


# What may be read.


def reading(name: str, cast: str = "string") -> str:
    source = "{{conv[" + name + "].ref[r].n}}"
    setting = {"type": "set_param", "extra": {"n": source}, "extra_type": {"n": cast}, "err_node_id": node_id(4)}
    return process(setting)


async def test_a_live_task_of_a_state_diagram_is_read_and_an_ended_one_is_not(world: World) -> None:
    await world.deploy(process(wait(), conv_type="state"), "users")
    await world.deploy(reading("@users"), "reader")
    task = await world.create("@users", '{"n":"1"}', ref="r")

    before = await world.create("@reader")
    await world.runtime.tasks.cancel(world.owner, Target(task_id=task.task_id))
    after = await world.create("@reader")

    assert (before.data["n"], after.data["n"]) == ("1", "")


@pytest.mark.parametrize("cast", ["string", "number"])
async def test_a_parameter_is_not_set_by_what_may_not_be_read(world: World, cast: str) -> None:
    number = await world.deploy(process(wait()), "plain")
    await world.create("@plain", '{"n":"1"}', ref="r")
    await world.deploy(reading("@plain", cast), "refused")
    await world.deploy(reading("@none", cast), "denied")

    refused, denied = await world.create("@refused", callback=False), await world.create("@denied", callback=False)

    assert refused.data == {
        "__conveyor_set_param_return_type_error__": "software",
        "__conveyor_set_param_return_type_tag__": "access_refused",
        "__conveyor_set_param_return_description__": f"Param: n, Conv_id: {number} is not state type",
    }
    assert denied.data["__conveyor_set_param_return_type_tag__"] == "access_denied"
    assert denied.node_id == refused.node_id == node_id(5)


async def test_what_is_awaited_of_a_called_task_can_be_awaited_by_its_id(world: World) -> None:
    await world.deploy(late({"y": "1"}), "callee")
    await world.deploy(process(rpc()), "caller")
    await world.create("@caller")
    (callee,) = await tasks_of(world, "callee")
    waiting = world.runtime.waits.wait(world.owner, Target(task_id=callee.task_id), Goal(Until.OUTCOME), 5)
    await world.runtime.tasks.modify(world.owner, Target(task_id=callee.task_id), "{}")

    assert (await waiting).reached


async def test_processes_of_one_file_call_each_other_by_the_numbers_they_had_before(world: World) -> None:
    caller, callee = (json.loads(text)[0] for text in (process(rpc("77")), process(reply({"b": "B"}))))
    text = json.dumps([{**caller, "obj_id": 76}, {**callee, "obj_id": 77}])
    made = await world.runtime.deploying.import_file(world.owner, text, deploy=True, alias="")

    task = await world.create(str(made.processes[0].process_id))

    assert task.data["b"] == "B"
    exported = json.loads(world.runtime.deploying.export(world.owner, str(made.processes[1].process_id)))
    assert exported[0]["obj_id"] == made.processes[1].process_id
