"""AccessService: decode, one call, encode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.v1 import access_service_pb2
from syncline_server.rpc import convert, pages
from syncline_server.rpc.context import to_the_end

if TYPE_CHECKING:
    from syncline_server.rpc.context import Context
    from syncline_server.runtime.requests import Caller


async def check_credentials(
    caller: Caller, _request: access_service_pb2.CheckCredentialsRequest, _ctx: Context
) -> access_service_pb2.CheckCredentialsResponse:
    return access_service_pb2.CheckCredentialsResponse(login=caller.login, company_id=caller.company_id)


async def get_company(
    caller: Caller, request: access_service_pb2.GetCompanyRequest, ctx: Context
) -> access_service_pb2.GetCompanyResponse:
    company = ctx.runtime.access.company(caller, request.company_id)
    response = access_service_pb2.GetCompanyResponse()
    convert.fill_company(response.company, company)
    return response


async def create_company(
    caller: Caller, request: access_service_pb2.CreateCompanyRequest, ctx: Context
) -> access_service_pb2.CreateCompanyResponse:
    company, key = await to_the_end(ctx.runtime.access.create_company(caller, request.title))
    response = access_service_pb2.CreateCompanyResponse(secret=key.secret)
    convert.fill_company(response.company, company)
    convert.fill_key(response.key, key)
    return response


async def create_key(
    caller: Caller, request: access_service_pb2.CreateKeyRequest, ctx: Context
) -> access_service_pb2.CreateKeyResponse:
    key = await to_the_end(ctx.runtime.access.create_key(caller, request.title, request.rate_limit))
    response = access_service_pb2.CreateKeyResponse(secret=key.secret)
    convert.fill_key(response.key, key)
    return response


async def list_keys(
    caller: Caller, request: access_service_pb2.ListKeysRequest, ctx: Context
) -> access_service_pb2.ListKeysResponse:
    size = pages.size(request.page_size)
    after = pages.number(request.page_token, "ListKeys")
    found = [key for key in ctx.runtime.access.keys(caller) if int(key.login) > after]
    response = access_service_pb2.ListKeysResponse()
    for key in found[:size]:
        convert.fill_key(response.keys.add(), key)
    if len(found) > size:
        response.next_page_token = pages.token(found[size - 1].login, "ListKeys")
    return response


async def delete_key(
    caller: Caller, request: access_service_pb2.DeleteKeyRequest, ctx: Context
) -> access_service_pb2.DeleteKeyResponse:
    await to_the_end(ctx.runtime.access.delete_key(caller, request.login))
    return access_service_pb2.DeleteKeyResponse()


async def set_grant(
    caller: Caller, request: access_service_pb2.SetGrantRequest, ctx: Context
) -> access_service_pb2.SetGrantResponse:
    process = ctx.runtime.catalogue.resolve(caller.company_id, request.process)
    rights = convert.right_names(request.rights)
    grant = await to_the_end(ctx.runtime.access.set_grant(caller, process, request.login, rights))
    response = access_service_pb2.SetGrantResponse()
    convert.fill_grant(response.grant, grant)
    return response


async def list_grants(
    caller: Caller, request: access_service_pb2.ListGrantsRequest, ctx: Context
) -> access_service_pb2.ListGrantsResponse:
    process = ctx.runtime.catalogue.resolve(caller.company_id, request.process)
    response = access_service_pb2.ListGrantsResponse()
    for grant in ctx.runtime.access.grants(caller, process):
        convert.fill_grant(response.grants.add(), grant)
    return response


async def create_token(
    caller: Caller, request: access_service_pb2.CreateTokenRequest, ctx: Context
) -> access_service_pb2.CreateTokenResponse:
    made = ctx.runtime.issuing.create(caller, request.login, request.title, convert.ttl(request))
    text, token = await to_the_end(made)
    response = access_service_pb2.CreateTokenResponse(token=text, token_id=token.token_id, login=token.login)
    convert.instant(response.expire_time, token.expires_at)
    return response


async def list_tokens(
    caller: Caller, request: access_service_pb2.ListTokensRequest, ctx: Context
) -> access_service_pb2.ListTokensResponse:
    size = pages.size(request.page_size)
    arguments = ("ListTokens", request.login)
    before = pages.place(request.page_token, *arguments)
    visible = ctx.runtime.issuing.visible(caller, request.login)
    found = [token for token in visible if not before or token.token_id < before]
    response = access_service_pb2.ListTokensResponse()
    for token in found[:size]:
        convert.fill_access_token(response.tokens.add(), token)
    if len(found) > size:
        response.next_page_token = pages.token(found[size - 1].token_id, *arguments)
    return response


async def delete_token(
    caller: Caller, request: access_service_pb2.DeleteTokenRequest, ctx: Context
) -> access_service_pb2.DeleteTokenResponse:
    await to_the_end(ctx.runtime.issuing.revoke(caller, request.token_id))
    return access_service_pb2.DeleteTokenResponse()
