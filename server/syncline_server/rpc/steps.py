"""StepService: decode, one call, encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1 import step_service_pb2
from syncline_server.engine.task import Step
from syncline_server.rpc import convert, pages
from syncline_server.runtime.requests import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline_server.engine.task import Task, Token
    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller

_USUAL = 100


async def list_steps(
    caller: Caller, request: step_service_pb2.ListStepsRequest, ctx: Context
) -> step_service_pb2.ListStepsResponse:
    size = pages.size(request.page_size, _USUAL)
    arguments = ("ListSteps", request.task_id, request.process)
    after = pages.number(request.page_token, *arguments)
    target = Target(task_id=request.task_id, process=request.process)
    task, ended = await ctx.runtime.tasks.steps(caller, target, after=after, limit=size + 1)
    visits = _in_order(task, ended, after)
    response = step_service_pb2.ListStepsResponse()
    used = 0
    for visit in visits[:size]:
        message = response.steps.add()
        if isinstance(visit, Step):
            convert.fill_step(message, task.task_id, visit)
            used += len(visit.input) + len(visit.output)
        else:
            convert.fill_open_step(message, task.task_id, visit)
        if used > pages.PAGE_BYTES:
            break
    if len(response.steps) < len(visits):
        response.next_page_token = pages.token(str(response.steps[-1].sequence), *arguments)
    return response


def _in_order(task: Task, ended: Sequence[Step], after: int) -> Sequence[Step | Token]:
    """Return the visits after a place by sequence; one that ended since the task was read is there once, as ended."""
    visits: dict[int, Step | Token] = {token.step: token for token in task.tokens if token.step > after}
    visits.update((step.sequence, step) for step in ended)
    return [visits[sequence] for sequence in sorted(visits)]
