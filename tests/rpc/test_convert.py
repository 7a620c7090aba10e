"""Messages and records, one made into the other."""

from __future__ import annotations

import pytest
from google.protobuf.duration_pb2 import Duration

from syncline.v1 import access_pb2, process_pb2, task_calls_pb2, task_pb2
from syncline_server.engine import Fault
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting
from syncline_server.errors import InvalidRequest
from syncline_server.rpc import convert
from syncline_server.runtime.requests import Arrival, Goal, NewTask, Target, Until
from syncline_server.store.port import ApiKey, Company, Grant, StoredProcess

AT = 1_700_000_000_123
TASK_ID = "0" * 23 + "1"


def a_token(**changes: object) -> Token:
    fields = {
        "number": 1,
        "node_id": "b" * 24,
        "previous_node_id": "a" * 24,
        "step": 2,
        "entered_at": AT,
        "waiting": Waiting.CALLBACK,
    }
    return Token(**(fields | changes))  # type: ignore[arg-type]


def a_task(**changes: object) -> Task:
    fields = {
        "task_id": TASK_ID,
        "process_id": 1001,
        "process_version": 3,
        "ref": "r",
        "login": "123456",
        "state": TaskState.WAITING,
        "data": {"a": 1, "b": ["ü"]},
        "tokens": (a_token(),),
        "node_id": "b" * 24,
        "previous_node_id": "a" * 24,
        "created_at": AT,
        "changed_at": AT + 1,
        "callback_secret": "f" * 32,
    }
    return Task(**(fields | changes))  # type: ignore[arg-type]


def filled(task: Task, *, paused: bool = False) -> task_pb2.Task:
    message = task_pb2.Task()
    convert.fill_task(message, task, paused=paused)
    return message


def test_a_task() -> None:
    message = filled(a_task())

    assert message.task_id == TASK_ID
    assert message.process_id == "1001"
    assert message.process_version == 3
    assert message.ref == "r"
    assert message.login == "123456"
    assert message.state == task_pb2.TASK_STATE_WAITING
    assert message.data_json == '{"a":1,"b":["ü"]}'
    assert message.node_id == "b" * 24
    assert message.previous_node_id == "a" * 24
    assert list(message.current_node_ids) == ["b" * 24]
    assert message.create_time.ToMilliseconds() == AT
    assert message.change_time.ToMilliseconds() == AT + 1
    assert not message.HasField("end_time")
    assert not message.HasField("failure")
    assert "f" * 32 not in str(message), "the right to answer a task is in its data alone"


def test_a_failed_task() -> None:
    failure = Failure(reason="LOOP_LIMIT", description="too many moves", node_id="b" * 24)

    message = filled(a_task(state=TaskState.FAILED, tokens=(), failure=failure, ended_at=AT + 5))

    assert message.state == task_pb2.TASK_STATE_FAILED
    assert message.failure == task_pb2.Failure(reason="LOOP_LIMIT", description="too many moves", node_id="b" * 24)
    assert message.end_time.ToMilliseconds() == AT + 5
    assert not message.current_node_ids


@pytest.mark.parametrize("state", TaskState)
def test_every_state_has_its_word(state: TaskState) -> None:
    shown = filled(a_task(state=state)).state

    assert task_pb2.TaskState.Name(shown) == f"TASK_STATE_{state.name}"


@pytest.mark.parametrize("state", TaskState)
def test_what_lives_in_a_paused_process_is_paused(state: TaskState) -> None:
    shown = filled(a_task(state=state), paused=True).state

    is_live = state in (TaskState.RUNNING, TaskState.WAITING)
    assert task_pb2.TaskState.Name(shown) == ("TASK_STATE_PAUSED" if is_live else f"TASK_STATE_{state.name}")


@pytest.mark.parametrize("kind", OutcomeKind)
def test_an_outcome(kind: OutcomeKind) -> None:
    message = task_pb2.Outcome()

    convert.fill_outcome(message, Outcome(kind=kind, data='{"n":1.10}', at=AT, sequence=4))

    assert task_pb2.OutcomeKind.Name(message.kind) == f"OUTCOME_KIND_{kind.name}"
    assert message.data_json == '{"n":1.10}'
    assert message.time.ToMilliseconds() == AT


@pytest.mark.parametrize("milliseconds", [0, 1, 999, 1000, AT, 4_102_444_799_999])
def test_an_instant_comes_back(milliseconds: int) -> None:
    message = task_pb2.Task()

    convert.instant(message.create_time, milliseconds)

    assert message.create_time.ToMilliseconds() == milliseconds


def test_a_move() -> None:
    message = task_calls_pb2.Moved()

    convert.fill_moved(message, Arrival(2, "b" * 24, "a" * 24, AT, TaskState.RUNNING), paused=False)

    assert message.node_id == "b" * 24
    assert message.previous_node_id == "a" * 24
    assert message.time.ToMilliseconds() == AT
    assert message.state == task_pb2.TASK_STATE_RUNNING


def test_a_step_that_is_over() -> None:
    step = Step(
        sequence=3,
        node_id="b" * 24,
        previous_node_id="a" * 24,
        started_at=AT,
        ended_at=AT + 7,
        result="moved",
        input='{"x":1}',
        output='{"y":2}',
    )
    message = task_pb2.Step()

    convert.fill_step(message, TASK_ID, step)

    assert message.step_id == f"{TASK_ID}-3"
    assert (message.sequence, message.node_id, message.previous_node_id) == (3, "b" * 24, "a" * 24)
    assert (message.start_time.ToMilliseconds(), message.end_time.ToMilliseconds()) == (AT, AT + 7)
    assert (message.input_json, message.output_json, message.result) == ('{"x":1}', '{"y":2}', "moved")


def test_a_step_that_is_not() -> None:
    message = task_pb2.Step()

    convert.fill_open_step(message, TASK_ID, a_token(step=4))

    assert message.step_id == f"{TASK_ID}-4"
    assert message.start_time.ToMilliseconds() == AT
    assert not message.HasField("end_time")
    assert message.result == ""


def test_what_to_create() -> None:
    request = task_calls_pb2.CreateTaskRequest(
        process="@echo",
        ref="r",
        data_json='{"a":1}',
        attach=True,
        request_id="id",
        without_callback=True,
        headers_json='{"h":"1"}',
    )

    assert convert.new_task(request, may_repeat=False) == NewTask(
        process="@echo",
        ref="r",
        data='{"a":1}',
        attach=True,
        request_id="id",
        may_repeat=False,
        callback=False,
        headers='{"h":"1"}',
    )
    assert convert.new_task(task_calls_pb2.CreateTaskRequest(), may_repeat=True) == NewTask(process="")


def test_which_task() -> None:
    request = task_calls_pb2.GetTaskRequest(task_id=TASK_ID, process="1001", ref="r")

    assert convert.target(request) == Target(task_id=TASK_ID, process="1001", ref="r")


@pytest.mark.parametrize(
    ("until", "node_id", "goal"),
    [
        ("WAIT_UNTIL_UNSPECIFIED", "", Goal(Until.OUTCOME)),
        ("WAIT_UNTIL_OUTCOME", "", Goal(Until.OUTCOME)),
        ("WAIT_UNTIL_END", "", Goal(Until.END)),
        ("WAIT_UNTIL_NODE", "n", Goal(Until.NODE, "n")),
        ("WAIT_UNTIL_ANSWER", "", Goal(Until.ANSWER)),
    ],
)
def test_what_to_wait_for(until: str, node_id: str, goal: Goal) -> None:
    assert convert.goal(getattr(task_pb2, until), node_id) == goal


def test_every_until_is_known() -> None:
    assert set(convert.UNTIL) == set(task_pb2.WaitUntil.values())
    assert set(convert.UNTIL.values()) == set(Until)


@pytest.mark.parametrize(
    ("until", "node_id", "field"), [(99, "", "wait.until"), (3, "", "wait.node_id"), (1, "n", "wait.node_id")]
)
def test_what_nobody_can_wait_for(until: task_pb2.WaitUntil, node_id: str, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        convert.goal(until, node_id, within="wait.")

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(Duration(), 0), (Duration(seconds=2, nanos=500_000_000), 2.5), (Duration(nanos=1), 1e-9)],
)
def test_seconds(duration: Duration, seconds: float) -> None:
    assert convert.seconds(duration, "timeout") == seconds


@pytest.mark.parametrize("duration", [Duration(seconds=-1), Duration(nanos=-1), Duration(nanos=1_000_000_000)])
def test_no_seconds(duration: Duration) -> None:
    with pytest.raises(InvalidRequest) as refused:
        convert.seconds(duration, "wait.timeout")

    assert refused.value.field == "wait.timeout"


def test_rights_come_back() -> None:
    names = frozenset(convert.RIGHTS)
    message = access_pb2.Grant()

    convert.fill_grant(message, Grant(login="1", process_id=5, rights=names))

    assert list(message.rights) == sorted(set(access_pb2.Right.values()) - {access_pb2.RIGHT_UNSPECIFIED})
    assert convert.right_names(message.rights) == names
    assert (message.login, message.process_id) == ("1", "5")


def test_a_right_that_is_none() -> None:
    with pytest.raises(InvalidRequest) as refused:
        convert.right_names([access_pb2.RIGHT_UNSPECIFIED])

    assert refused.value.field == "rights"


def test_a_process() -> None:
    stored = StoredProcess(
        process_id=1001,
        company_id="i000000001",
        title="Echo",
        state="active",
        version=2,
        source="{}",
        direct_url_hash="ab" * 20,
        aliases=("echo", "e"),
        created_at=AT,
        changed_at=AT + 1,
    )
    message, without = process_pb2.Process(), process_pb2.Process()

    convert.fill_process(message, stored, direct_url=True)
    convert.fill_process(without, stored, direct_url=False)

    assert message.process_id == "1001"
    assert message.title == "Echo"
    assert message.state == process_pb2.PROCESS_STATE_ACTIVE
    assert list(message.aliases) == ["echo", "e"]
    assert message.version == 2
    assert message.company_id == "i000000001"
    assert message.direct_url_path == "/api/2/json/public/1001/" + "ab" * 20
    assert (message.create_time.ToMilliseconds(), message.change_time.ToMilliseconds()) == (AT, AT + 1)
    assert without.direct_url_path == ""


def test_every_state_of_a_process_has_its_word() -> None:
    words = {f"PROCESS_STATE_{name.upper()}" for name in convert.PROCESS_STATES}

    assert words == set(process_pb2.ProcessState.keys()) - {"PROCESS_STATE_UNSPECIFIED"}


def test_a_fault() -> None:
    message = process_pb2.Fault()

    convert.fill_fault(message, Fault("b" * 24, "Charge", "logics[0].url", "no host"))

    assert message == process_pb2.Fault(
        node_id="b" * 24, node_title="Charge", field="logics[0].url", description="no host"
    )


def test_a_company_and_its_key() -> None:
    company, key = access_pb2.Company(), access_pb2.ApiKey()

    convert.fill_company(company, Company(company_id="i000000001", title="Acme", created_at=AT))
    convert.fill_key(
        key,
        ApiKey(
            login="5",
            secret="hidden",
            title="Shop",
            company_id="i000000001",
            owner=True,
            rate_limit=7,
            created_at=AT,
        ),
    )

    assert (company.company_id, company.title, company.create_time.ToMilliseconds()) == ("i000000001", "Acme", AT)
    assert (key.login, key.title, key.company_id, key.owner, key.rate_limit) == ("5", "Shop", "i000000001", True, 7)
    assert key.create_time.ToMilliseconds() == AT
    assert "hidden" not in str(key)
