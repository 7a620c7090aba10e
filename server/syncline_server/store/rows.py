"""Rows and records, both ways; pure, and the same for every store that keeps rows.

What a record holds in depth (tokens, steps, a failure) is JSON text in one column: it is written often, read seldom,
and never searched. A task's own data goes through `values`, which keeps its numbers digit for digit.

A record that has no row raises `ValueError`, `TypeError` or `RecursionError`; a row that is no record one of the first
two or `KeyError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import orjson

from syncline_server.engine import values
from syncline_server.engine.task import Failure, Outcome, OutcomeKind, Step, Task, TaskState, Token, Waiting
from syncline_server.store import calls
from syncline_server.store.port import (
    AccessToken,
    ApiKey,
    Company,
    Database,
    Deployment,
    Grant,
    Instance,
    StoredEnvVar,
    StoredProcess,
    Tls,
    Use,
)

Row: TypeAlias = tuple[str | int | None, ...]
AnyRow: TypeAlias = Sequence[Any]
"""A row as it comes from a database: a driver promises no types."""

TASK_COLUMNS = (
    "task_id",
    "process_id",
    "process_version",
    "ref",
    "login",
    "request_id",
    "request_hash",
    "callback_secret",
    "state",
    "data",
    "tokens",
    "node_id",
    "previous_node_id",
    "outcome_kind",
    "outcome_data",
    "outcome_at",
    "outcome_sequence",
    "failure",
    "sequence",
    "created_at",
    "changed_at",
    "ended_at",
    "modified_by",
    "caller",
)
"""In the order of a task's row."""
DATA = TASK_COLUMNS.index("data")
OUTCOME_DATA = TASK_COLUMNS.index("outcome_data")

_ANY_DEPTH = 1_000_000
"""What was taken once is read again, whatever the limit was then."""
_NO_OUTCOME = (None, None, None, None)


def task_row(task: Task) -> Row:
    """Return a task as a row of `TASK_COLUMNS`."""
    data = values.dumps(task.data)
    return (
        task.task_id,
        task.process_id,
        task.process_version,
        task.ref,
        task.login,
        task.request_id,
        task.request_hash,
        task.callback_secret,
        task.state.value,
        data,
        _json([calls.storable(token) for token in task.tokens]) if task.tokens else "[]",
        task.node_id,
        task.previous_node_id,
        *(_NO_OUTCOME if task.outcome is None else _outcome_columns(task.outcome, data)),
        None if task.failure is None else _json(task.failure),
        task.sequence,
        task.created_at,
        task.changed_at,
        task.ended_at,
        _json(task.modified_by) if task.modified_by else "[]",
        task.caller,
    )


def task_of(row: AnyRow) -> Task:
    """Return the task that a row of `TASK_COLUMNS` holds."""
    (task_id, process_id, process_version, ref, login, request_id, request_hash, callback_secret) = row[:8]
    (state, data, tokens, node_id, previous_node_id) = row[8:13]
    (kind, outcome_data, outcome_at, outcome_sequence) = row[13:17]
    (failure, sequence, created_at, changed_at, ended_at, modified_by, caller) = row[17:]
    outcome = None
    if kind is not None:
        text = data if outcome_data is None else outcome_data
        outcome = Outcome(kind=OutcomeKind(kind), data=text, at=outcome_at, sequence=outcome_sequence)
    return Task(
        task_id=task_id,
        process_id=process_id,
        process_version=process_version,
        ref=ref,
        login=login,
        request_id=request_id,
        request_hash=request_hash,
        callback_secret=callback_secret,
        state=TaskState(state),
        data=values.loads_object(data, depth=_ANY_DEPTH),
        tokens=() if tokens == "[]" else tuple(_token(one) for one in orjson.loads(tokens)),
        node_id=node_id,
        previous_node_id=previous_node_id,
        outcome=outcome,
        failure=None if failure is None else Failure(**orjson.loads(failure)),
        sequence=sequence,
        created_at=created_at,
        changed_at=changed_at,
        ended_at=ended_at,
        modified_by=() if modified_by == "[]" else tuple(orjson.loads(modified_by)),
        caller=caller,
    )


def steps_row(steps: Sequence[Step]) -> tuple[int, int, str]:
    """Return one chunk of steps: its lowest sequence number, its highest, and the steps as JSON text."""
    # the fields in the order of the record, without names: steps are most of what is written
    chunk = [
        (s.sequence, s.node_id, s.previous_node_id, s.started_at, s.ended_at, s.result, s.input, s.output)
        for s in steps
    ]
    numbers = [step.sequence for step in steps]
    return min(numbers), max(numbers), _json(chunk)


def steps_of(text: str) -> list[Step]:
    """Return the steps of a chunk."""
    return [
        Step(
            sequence=sequence,
            node_id=node_id,
            previous_node_id=previous_node_id,
            started_at=started_at,
            ended_at=ended_at,
            result=result,
            input=taken,
            output=given,
        )
        for sequence, node_id, previous_node_id, started_at, ended_at, result, taken, given in orjson.loads(text)
    ]


def process_row(process: StoredProcess) -> Row:
    return (
        process.process_id,
        process.company_id,
        process.title,
        process.state,
        process.version,
        process.source,
        process.direct_url_hash,
        _json(process.aliases),
        process.created_at,
        process.changed_at,
    )


def process_of(row: AnyRow) -> StoredProcess:
    (process_id, company_id, title, state, version, source, direct_url_hash, aliases, created_at, changed_at) = row
    return StoredProcess(
        process_id=process_id,
        company_id=company_id,
        title=title,
        state=state,
        version=version,
        source=source,
        direct_url_hash=direct_url_hash,
        aliases=tuple(orjson.loads(aliases)),
        created_at=created_at,
        changed_at=changed_at,
    )


def deployment_row(deployment: Deployment) -> Row:
    return (deployment.process_id, deployment.version, deployment.source, deployment.deployed_at)


def deployment_of(row: AnyRow) -> Deployment:
    process_id, version, source, deployed_at = row
    return Deployment(process_id=process_id, version=version, source=source, deployed_at=deployed_at)


def company_row(company: Company) -> Row:
    return (company.company_id, company.title, company.created_at)


def company_of(row: AnyRow) -> Company:
    company_id, title, created_at = row
    return Company(company_id=company_id, title=title, created_at=created_at)


def key_row(key: ApiKey) -> Row:
    return (
        key.login,
        key.secret,
        key.title,
        key.company_id,
        int(key.owner),
        int(key.operator),
        key.rate_limit,
        key.created_at,
    )


def key_of(row: AnyRow) -> ApiKey:
    login, secret, title, company_id, owner, operator, rate_limit, created_at = row
    return ApiKey(
        login=login,
        secret=secret,
        title=title,
        company_id=company_id,
        owner=bool(owner),
        operator=bool(operator),
        rate_limit=rate_limit,
        created_at=created_at,
    )


def grant_row(grant: Grant) -> Row:
    return (grant.login, grant.process_id, " ".join(sorted(grant.rights)))


def grant_of(row: AnyRow) -> Grant:
    login, process_id, rights = row
    return Grant(login=login, process_id=process_id, rights=frozenset(rights.split()))


def access_token_row(token: AccessToken) -> Row:
    return (token.token_id, token.digest, token.login, token.title, token.created_at, token.expires_at)


def access_token_of(row: AnyRow) -> AccessToken:
    token_id, digest, login, title, created_at, expires_at = row
    return AccessToken(
        token_id=token_id, digest=digest, login=login, title=title, created_at=created_at, expires_at=expires_at
    )


def env_var_row(env_var: StoredEnvVar) -> Row:
    return (
        env_var.company_id,
        env_var.short_name,
        env_var.value,
        int(env_var.is_secret),
        int(env_var.is_json),
        " ".join(env_var.uses),
        env_var.title,
        env_var.description,
        env_var.created_at,
        env_var.changed_at,
    )


def env_var_of(row: AnyRow) -> StoredEnvVar:
    company_id, short_name, value, is_secret, is_json, uses, title, description, created_at, changed_at = row
    return StoredEnvVar(
        company_id=company_id,
        short_name=short_name,
        value=value,
        is_secret=bool(is_secret),
        is_json=bool(is_json),
        uses=tuple(Use(use) for use in uses.split()),
        title=title,
        description=description,
        created_at=created_at,
        changed_at=changed_at,
    )


def instance_row(instance: Instance) -> Row:
    return (
        instance.instance_id,
        instance.company_id,
        instance.title,
        instance.kind.value,
        instance.host,
        instance.port,
        instance.database,
        instance.user,
        instance.password,
        instance.tls.value,
        instance.file,
        instance.max_connections,
        instance.created_at,
        instance.changed_at,
    )


def instance_of(row: AnyRow) -> Instance:
    (instance_id, company_id, title, kind, host, port, database, user) = row[:8]
    (password, tls, file, max_connections, created_at, changed_at) = row[8:]
    return Instance(
        instance_id=instance_id,
        company_id=company_id,
        title=title,
        kind=Database(kind),
        host=host,
        port=port,
        database=database,
        user=user,
        password=password,
        tls=Tls(tls),
        file=file,
        max_connections=max_connections,
        created_at=created_at,
        changed_at=changed_at,
    )


def _outcome_columns(outcome: Outcome, data: str) -> Row:
    # a task that came to its end answers with its own data: up to a megabyte that need not be written twice
    text = None if outcome.data == data else outcome.data
    return (outcome.kind.value, text, outcome.at, outcome.sequence)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _token(members: dict[str, Any]) -> Token:
    call = members["call"]
    return Token(
        **{
            **members,
            "waiting": Waiting(members["waiting"]),
            "call": None if call is None else calls.call_of(call),
        }
    )
