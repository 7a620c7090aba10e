"""AwaitTask: the stream of a task's events. Whoever holds a resume token of a task needs no key for it.

Who may watch is looked at again before each event, heartbeats among them: what has been taken away ends the stream.

Initial metadata names the task before the first event, so that a quiet task's watchers know that they are heard. Who
comes back with the token of the last event gets neither: a stream that ends OK and empty says that nothing is left,
which is what stops a browser's EventSource from asking again.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from syncline.v1 import task_calls_pb2
from syncline_server.errors import Unavailable
from syncline_server.rpc import convert, credentials
from syncline_server.runtime.requests import Arrival, Quiet, Reached, Target
from syncline_server.runtime.resume import Place

if TYPE_CHECKING:
    import grpc

    from syncline_server.engine.task import Task
    from syncline_server.runtime.requests import Caller, TaskEvent
    from syncline_server.runtime.server import Runtime
    from syncline_server.runtime.task_tokens import Lease

    Request = task_calls_pb2.AwaitTaskRequest
    Response = task_calls_pb2.AwaitTaskResponse

TASK_ID_KEY = "syncline-task-id"
"""The key of the initial metadata that names the task."""


class AwaitTask:
    """Serves AwaitTask."""

    def __init__(self, runtime: Runtime, *, heartbeat_seconds: float) -> None:
        self._runtime = runtime
        self._heartbeat = heartbeat_seconds

    async def serve(self, raw: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        """Write events until the goal is reached; `Unavailable` after a `going_away` when the server stops first."""
        request = convert.decoded(task_calls_pb2.AwaitTaskRequest, raw)
        goal = convert.goal(request.until, request.node_id)
        caller, place = self._who(request, context)
        self._runtime.access.spend(caller)
        task = await self._runtime.tasks.find(caller, convert.target(request))
        if place is not None and await self._runtime.waits.is_told(task, goal, place):
            return
        await context.send_initial_metadata(((TASK_ID_KEY, task.task_id),))
        after = 0 if place is None else place.sequence
        story = _Story(self._runtime, task, after, caller.lease)
        events = self._runtime.waits.follow(
            caller, Target(task_id=task.task_id), goal, after=after, heartbeat=self._heartbeat
        )
        try:
            async with aclosing(events):
                async for event in events:
                    self._who(request, context)
                    response = story.told(event)
                    if response is not None:
                        await context.write(response)
        except Unavailable:
            await context.write(story.going_away())
            raise

    def _who(self, request: Request, context: grpc.aio.ServicerContext[Any, Any]) -> tuple[Caller, Place | None]:
        if request.resume_token:
            return self._runtime.access.by_resume_token(request.resume_token)
        return credentials.of_metadata(self._runtime, context.invocation_metadata()), None


class _Story:
    """Tells a task's events, each with its sequence and the token to go on after it."""

    def __init__(self, runtime: Runtime, task: Task, after: int, lease: Lease | None) -> None:
        self._runtime = runtime
        self._lease = lease
        """A watcher's, to whom the task's callback URL is not shown."""
        self._task_id = task.task_id
        self._process_id = task.process_id
        self._last = after

    def told(self, event: TaskEvent) -> Response | None:
        """Return the response for an event; None for a goal that was reached without an outcome."""
        match event:
            case Arrival():
                response = self._response(event.sequence)
                paused = self._runtime.catalogue.is_paused(self._process_id)
                convert.fill_moved(response.moved, event, paused=paused)
            case Reached():
                if event.outcome is None:
                    return None
                response = self._response(event.sequence, is_last=True)
                convert.fill_outcome(response.outcome, event.outcome, for_watcher=self._lease is not None)
            case Quiet():
                response = self._response(0)
                response.heartbeat.SetInParent()
        return response

    def going_away(self) -> Response:
        """Return the response that says that the server is stopping."""
        response = self._response(0)
        response.going_away.SetInParent()
        return response

    def _response(self, sequence: int, *, is_last: bool = False) -> Response:
        # A heartbeat repeats the last number; so does an outcome that was sent on this stream's place before.
        self._last = max(self._last, sequence)
        place = Place(self._task_id, self._last, is_last, self._lease)
        token = self._runtime.resume_tokens.make(place)
        return task_calls_pb2.AwaitTaskResponse(sequence=self._last, resume_token=token)
