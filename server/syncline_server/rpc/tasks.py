"""TaskService: decode, one call, encode. `handlers` says which function serves which RPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from syncline.v1 import task_calls_pb2
from syncline_server.engine.task import LIVE, TaskState
from syncline_server.rpc import convert, filters, pages
from syncline_server.rpc.context import to_the_end
from syncline_server.runtime.requests import Until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from syncline.v1 import task_pb2
    from syncline_server.engine.task import Task
    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller, Goal, NewTask, Target, Waited

_AT_ONCE = 100
"""Tasks read from the store at a time: each may be large."""


# The two that may park their caller decode before they await anything: a request must not be held in memory meanwhile,
# since any part of a frame holds all of it.


def create_task(
    caller: Caller, request: task_calls_pb2.CreateTaskRequest, ctx: Context
) -> Awaitable[task_calls_pb2.CreateTaskResponse]:
    new = convert.new_task(request, may_repeat=ctx.may_repeat)
    if not request.HasField("wait"):
        return _create(caller, new, None, 0.0, ctx)
    wait = request.wait
    goal = convert.goal(wait.until, wait.node_id, within="wait.")
    asked = convert.seconds(wait.timeout, "wait.timeout") if wait.HasField("timeout") else None
    return _create(caller, new, goal, ctx.seconds(asked), ctx)


async def _create(
    caller: Caller, new: NewTask, goal: Goal | None, seconds: float, ctx: Context
) -> task_calls_pb2.CreateTaskResponse:
    task = await ctx.runtime.tasks.create(caller, new, hold=ctx.hold)
    response = task_calls_pb2.CreateTaskResponse()
    if goal is not None:
        waited = await _waited(task, goal, seconds, ctx)
        task = waited.task
        if waited.outcome is not None:
            convert.fill_outcome(response.outcome, waited.outcome)
    _fill(response.task, task, ctx)
    return response


def wait_task(
    caller: Caller, request: task_calls_pb2.WaitTaskRequest, ctx: Context
) -> Awaitable[task_calls_pb2.WaitTaskResponse]:
    goal = convert.goal(request.until, request.node_id)
    asked = convert.seconds(request.timeout, "timeout") if request.HasField("timeout") else None
    return _wait(caller, convert.target(request), goal, ctx.seconds(asked), ctx)


async def _wait(
    caller: Caller, target: Target, goal: Goal, seconds: float, ctx: Context
) -> task_calls_pb2.WaitTaskResponse:
    task = await ctx.runtime.tasks.find(caller, target)
    waited = await _waited(task, goal, seconds, ctx)
    response = task_calls_pb2.WaitTaskResponse()
    _fill(response.task, waited.task, ctx, for_watcher=caller.is_watcher)
    if waited.outcome is not None:
        convert.fill_outcome(response.outcome, waited.outcome, for_watcher=caller.is_watcher)
    return response


async def _waited(task: Task, goal: Goal, seconds: float, ctx: Context) -> Waited:
    waits = ctx.runtime.waits
    waited = waits.look(task, goal)
    # A node that the task only passed through does not show in the task, so for a node there is more to look at.
    if waited.reached or (seconds <= 0 and goal.until is not Until.NODE):
        return waited
    if seconds > 0:
        ctx.accepted(task)
    return await waits.wait_for(task, goal, seconds)


async def modify_task(
    caller: Caller, request: task_calls_pb2.ModifyTaskRequest, ctx: Context
) -> task_calls_pb2.ModifyTaskResponse:
    tasks = ctx.runtime.tasks
    task = await tasks.modify(caller, convert.target(request), request.data_json, request.request_id)
    response = task_calls_pb2.ModifyTaskResponse()
    _fill(response.task, task, ctx)
    return response


async def get_task(
    caller: Caller, request: task_calls_pb2.GetTaskRequest, ctx: Context
) -> task_calls_pb2.GetTaskResponse:
    task = await ctx.runtime.tasks.find(caller, convert.target(request))
    response = task_calls_pb2.GetTaskResponse()
    _fill(response.task, task, ctx, for_watcher=caller.is_watcher)
    return response


async def cancel_task(
    caller: Caller, request: task_calls_pb2.CancelTaskRequest, ctx: Context
) -> task_calls_pb2.CancelTaskResponse:
    task = await ctx.runtime.tasks.cancel(caller, convert.target(request))
    response = task_calls_pb2.CancelTaskResponse()
    _fill(response.task, task, ctx)
    return response


async def delete_task(
    caller: Caller, request: task_calls_pb2.DeleteTaskRequest, ctx: Context
) -> task_calls_pb2.DeleteTaskResponse:
    await to_the_end(ctx.runtime.tasks.delete(caller, convert.target(request), request.node_id))
    return task_calls_pb2.DeleteTaskResponse()


async def create_task_token(
    caller: Caller, request: task_calls_pb2.CreateTaskTokenRequest, ctx: Context
) -> task_calls_pb2.CreateTaskTokenResponse:
    ttl = convert.ttl(request)
    task = await ctx.runtime.tasks.find(caller, convert.target(request))
    token, expires_at = ctx.runtime.issuing.for_task(caller, task, ttl)
    response = task_calls_pb2.CreateTaskTokenResponse(token=token)
    convert.instant(response.expire_time, expires_at)
    return response


async def submit_callback(
    _: Caller, request: task_calls_pb2.SubmitCallbackRequest, ctx: Context
) -> task_calls_pb2.SubmitCallbackResponse:
    taken = await ctx.runtime.tasks.answer(request.callback_id, request.data_json)
    return task_calls_pb2.SubmitCallbackResponse(repeated=taken.repeated, task_id=taken.task_id)


async def submit_node_callback(
    _: Caller, request: task_calls_pb2.SubmitNodeCallbackRequest, ctx: Context
) -> task_calls_pb2.SubmitNodeCallbackResponse:
    task = await ctx.runtime.node_callbacks.submit(convert.node_post(request))
    return task_calls_pb2.SubmitNodeCallbackResponse(task_id=task.task_id)


# Listing.


async def list_tasks(
    caller: Caller, request: task_calls_pb2.ListTasksRequest, ctx: Context
) -> task_calls_pb2.ListTasksResponse:
    size = pages.size(request.page_size)
    arguments = ("ListTasks", request.process, request.filter)
    before = pages.place(request.page_token, *arguments)
    which = filters.parse(request.filter)
    response = task_calls_pb2.ListTasksResponse()
    used = 0
    while True:
        wanted = min(size - len(response.tasks), _AT_ONCE)
        found = await _found(caller, request.process, which, _Slice(before, wanted + 1), ctx)
        for task in found[:wanted]:
            message = response.tasks.add()
            _fill(message, task, ctx)
            before = task.task_id
            used += len(message.data_json)
            if used > pages.PAGE_BYTES:
                break
        if not found or found[-1].task_id == before:
            return response
        if len(response.tasks) >= size or used > pages.PAGE_BYTES:
            response.next_page_token = pages.token(before, *arguments)
            return response


class _Slice(NamedTuple):
    """Which of the tasks that fit: so many of those older than one."""

    before: str
    limit: int


async def _found(caller: Caller, process: str, which: filters.Filter, part: _Slice, ctx: Context) -> Sequence[Task]:
    paused = ctx.runtime.catalogue.is_paused(ctx.runtime.catalogue.resolve(caller.company_id, process).process_id)
    states = _stored_states(which.state, paused=paused)
    found: list[Task] = []
    for state in states or (None,):
        found += await ctx.runtime.tasks.list(
            caller, process, state=state, ref=which.ref, node_id=which.node_id, before=part.before, limit=part.limit
        )
    if not states:
        return ()  # Asked for all the same: whether the caller may list them is checked there.
    return sorted(found, key=lambda task: task.task_id, reverse=True)[: part.limit]


def _stored_states(shown: str | None, *, paused: bool) -> Sequence[TaskState | None]:
    """Return the states on disk that are shown as the one asked for: pausing a process changes none of its tasks."""
    if shown is None:
        return (None,)
    if shown == "PAUSED":
        return tuple(LIVE) if paused else ()
    state = TaskState(shown.lower())
    return () if paused and state in LIVE else (state,)


def _fill(message: task_pb2.Task, task: Task, ctx: Context, *, for_watcher: bool = False) -> None:
    paused = ctx.runtime.catalogue.is_paused(task.process_id)
    convert.fill_task(message, task, paused=paused, for_watcher=for_watcher)
