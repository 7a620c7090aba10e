"""ProcessService and AccessService, against a real server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import grpc
import pytest

from fakes import exports
from fakes.rpc import refusal
from fakes.runtime import PUBLIC_URL
from syncline.v1 import access_pb2, access_service_pb2, process_pb2, process_service_pb2, task_calls_pb2

if TYPE_CHECKING:
    from fakes.rpc import Served

Import = process_service_pb2.ImportProcessesRequest


def faulty() -> str:
    """A process whose every other node holds something that cannot run."""
    odd = [exports.node(number, [{"type": "nonsense"}, exports.go(2)]) for number in range(3, 60)]
    return exports.export(
        exports.node(1, [exports.go(3)], kind=exports.START), exports.node(2, kind=exports.FINAL), *odd
    )


async def test_from_import_to_task(running: Served) -> None:
    made = await running.owner("ImportProcesses", Import(file_json=exports.echo(), deploy=True, alias="echo"))

    (process,) = made.processes
    assert process.state == process_pb2.PROCESS_STATE_ACTIVE
    assert list(process.aliases) == ["echo"]
    assert process.direct_url_path.startswith(f"/api/2/json/public/{process.process_id}/")
    assert not made.faults
    got = await running.owner("GetProcess", process_service_pb2.GetProcessRequest(process="@echo"))
    assert got.process == process
    assert await running.owner("CreateTask", task_calls_pb2.CreateTaskRequest(process="@echo"))


async def test_an_import_without_a_deploy_lists_what_cannot_run(running: Served) -> None:
    made = await running.owner("ImportProcesses", Import(file_json=faulty()))
    (process,) = made.processes

    refused = await refusal(
        running.owner("DeployProcess", process_service_pb2.DeployProcessRequest(process=process.process_id))
    )

    assert process.state == process_pb2.PROCESS_STATE_DRAFT
    assert len(made.faults) >= 57
    assert made.faults[0].node_id
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PROCESS_FAULTY")
    assert refused.fields[0] == f"nodes[{made.faults[0].node_id}].{made.faults[0].field}".rstrip(".")


async def test_a_faulty_import_that_is_to_be_deployed_keeps_nothing(running: Served) -> None:
    refused = await refusal(running.owner("ImportProcesses", Import(file_json=faulty(), deploy=True)))
    page = await running.owner("ListProcesses", process_service_pb2.ListProcessesRequest())

    assert refused.reason == "PROCESS_FAULTY"
    assert not page.processes


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "INVALID_JSON"), ("[]", "INVALID_REQUEST"), ("1", "INVALID_REQUEST")]
)
async def test_what_is_no_file(running: Served, text: str, reason: str) -> None:
    refused = await refusal(running.owner("ImportProcesses", Import(file_json=text)))

    assert (refused.reason, refused.fields) == (reason, ["file"])


async def test_an_export_is_what_was_imported(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")

    given = await running.owner("ExportProcess", process_service_pb2.ExportProcessRequest(process="@echo"))

    assert json.loads(given.file_json) == json.loads(exports.echo())


async def test_pause_and_resume(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")

    paused = await running.owner("PauseProcess", process_service_pb2.PauseProcessRequest(process="@echo"))
    refused = await refusal(running.owner("CreateTask", task_calls_pb2.CreateTaskRequest(process="@echo")))
    resumed = await running.owner("ResumeProcess", process_service_pb2.ResumeProcessRequest(process="@echo"))

    assert paused.process.state == process_pb2.PROCESS_STATE_PAUSED
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "PROCESS_NOT_ACTIVE")
    assert resumed.process.state == process_pb2.PROCESS_STATE_ACTIVE


async def test_deploying_again_counts(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")

    again = await running.owner("DeployProcess", process_service_pb2.DeployProcessRequest(process="@echo"))

    assert again.process.version == 2


async def test_aliases(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    await running.world.deploy(exports.silent(), "silent")

    named = await running.owner("CreateAlias", process_service_pb2.CreateAliasRequest(process="@echo", alias="e"))
    taken = await refusal(
        running.owner("CreateAlias", process_service_pb2.CreateAliasRequest(process="@silent", alias="e"))
    )
    bad = await refusal(
        running.owner("CreateAlias", process_service_pb2.CreateAliasRequest(process="@silent", alias="@E"))
    )

    assert list(named.process.aliases) == ["echo", "e"]
    assert (taken.code, taken.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ALIAS_TAKEN")
    assert bad.fields == ["alias"]


async def test_urls_of_nodes_are_shown_to_whoever_may_modify(running: Served) -> None:
    made = await running.owner(
        "ImportProcesses", Import(file_json=exports.waiting(id_path="id"), deploy=True, alias="w")
    )
    get = process_service_pb2.GetProcessRequest(process="@w")
    key = await running.owner("CreateKey", access_service_pb2.CreateKeyRequest(title="Shop"))
    shop = running.owner.with_key(key.key.login, key.secret)
    rights = [access_pb2.RIGHT_VIEW, access_pb2.RIGHT_CREATE]
    grant = access_service_pb2.SetGrantRequest(process="@w", login=key.key.login, rights=rights)
    await running.owner("SetGrant", grant)
    less = await shop("GetProcess", get)
    grant.rights.append(access_pb2.RIGHT_MODIFY)
    await running.owner("SetGrant", grant)
    more = await shop("GetProcess", get)
    listed = await running.owner("ListProcesses", process_service_pb2.ListProcessesRequest())

    (node,) = (await running.owner("GetProcess", get)).process.node_callbacks
    assert (node.node_id, node.title) == (exports.node_id(2), "node 2")
    assert node.url.startswith(
        f"{PUBLIC_URL}/api/1/plugins/callback/node/{made.processes[0].process_id}/{node.node_id}/"
    )
    assert list(made.processes[0].node_callbacks) == list(more.process.node_callbacks) == [node]
    assert not less.process.node_callbacks
    assert not listed.processes[0].node_callbacks


async def test_pages_of_processes(running: Served) -> None:
    ids = [str(await running.world.deploy(exports.echo(), f"e{number}")) for number in range(3)]
    request = process_service_pb2.ListProcessesRequest(page_size=2)

    first = await running.owner("ListProcesses", request)
    request.page_token = first.next_page_token
    second = await running.owner("ListProcesses", request)

    assert [process.process_id for process in first.processes] == ids[:2]
    assert [process.process_id for process in second.processes] == ids[2:]
    assert not second.next_page_token


# Access.


async def test_the_own_company(running: Served) -> None:
    mine = await running.owner("GetCompany", access_service_pb2.GetCompanyRequest(company_id="me"))
    other = await refusal(running.owner("GetCompany", access_service_pb2.GetCompanyRequest(company_id="i9")))

    assert mine.company.title == "Tests"
    assert other.reason == "COMPANY_NOT_FOUND"


async def test_companies_do_not_see_each_other(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    made = await running.owner("CreateCompany", access_service_pb2.CreateCompanyRequest(title="Acme"))
    theirs = running.owner.with_key(made.key.login, made.secret)
    process_id = str(running.world.runtime.catalogue.resolve(running.world.owner.company_id, "@echo").process_id)

    denied = await refusal(theirs("CreateTask", task_calls_pb2.CreateTaskRequest(process=process_id)))
    unknown = await refusal(theirs("CreateTask", task_calls_pb2.CreateTaskRequest(process="@echo")))
    not_operator = await refusal(theirs("CreateCompany", access_service_pb2.CreateCompanyRequest(title="More")))

    assert made.key.owner
    assert (denied.reason, denied.info.metadata["cause"]) == ("ACCESS_DENIED", "company")
    assert unknown.reason == "PROCESS_NOT_FOUND"
    assert not_operator.reason == "ACCESS_DENIED"


async def test_a_key_gets_its_rights_and_loses_them(running: Served) -> None:
    await running.world.deploy(exports.echo(), "echo")
    made = await running.owner("CreateKey", access_service_pb2.CreateKeyRequest(title="Shop", rate_limit=5))
    shop = running.owner.with_key(made.key.login, made.secret)
    create = task_calls_pb2.CreateTaskRequest(process="@echo")
    get = process_service_pb2.GetProcessRequest(process="@echo")
    grant = access_service_pb2.SetGrantRequest(
        process="@echo", login=made.key.login, rights=[access_pb2.RIGHT_VIEW, access_pb2.RIGHT_CREATE]
    )

    before = await refusal(shop("CreateTask", create))
    granted = await running.owner("SetGrant", grant)
    created = await shop("CreateTask", create)
    seen = await shop("GetProcess", get)
    grant.rights[:] = [access_pb2.RIGHT_VIEW]
    await running.owner("SetGrant", grant)
    less = await shop("GetProcess", get)
    listed = await running.owner("ListGrants", access_service_pb2.ListGrantsRequest(process="@echo"))
    await running.owner("DeleteKey", access_service_pb2.DeleteKeyRequest(login=made.key.login))
    gone = await refusal(shop("GetProcess", get))

    assert (made.key.owner, made.key.rate_limit) == (False, 5)
    assert before.reason == "ACCESS_DENIED"
    assert list(granted.grant.rights) == [access_pb2.RIGHT_VIEW, access_pb2.RIGHT_CREATE]
    assert created.task.login == made.key.login
    assert seen.process.direct_url_path
    assert less.process.direct_url_path == "", "it is a right to create tasks"
    assert [(one.login, list(one.rights)) for one in listed.grants] == [(made.key.login, [access_pb2.RIGHT_VIEW])]
    assert gone.reason == "BAD_CREDENTIALS"


@pytest.mark.parametrize(
    ("login", "rights", "reason"),
    [("1", [1], "KEY_NOT_FOUND"), ("1", [0], "INVALID_REQUEST"), ("", [1], "KEY_NOT_FOUND")],
)
async def test_a_grant_that_cannot_be(running: Served, login: str, rights: list[int], reason: str) -> None:
    await running.world.deploy(exports.echo(), "echo")

    refused = await refusal(
        running.owner("SetGrant", access_service_pb2.SetGrantRequest(process="@echo", login=login, rights=rights))  # type: ignore[arg-type]
    )

    assert refused.reason == reason


async def test_pages_of_keys(running: Served) -> None:
    for title in ("a", "b"):
        await running.owner("CreateKey", access_service_pb2.CreateKeyRequest(title=title))
    request = access_service_pb2.ListKeysRequest(page_size=2)

    first = await running.owner("ListKeys", request)
    request.page_token = first.next_page_token
    second = await running.owner("ListKeys", request)

    logins = [int(key.login) for key in (*first.keys, *second.keys)]
    assert len(first.keys) == 2
    assert logins == sorted(logins)
    assert {key.title for key in (*first.keys, *second.keys)} == {"Owner", "a", "b"}
    assert not second.next_page_token


async def test_only_an_owner_makes_keys(running: Served) -> None:
    other = await running.another_key()

    refused = await refusal(other("CreateKey", access_service_pb2.CreateKeyRequest(title="x")))
    unnamed = await refusal(running.owner("CreateKey", access_service_pb2.CreateKeyRequest()))

    assert refused.reason == "ACCESS_DENIED"
    assert unnamed.fields == ["title"]
