"""`syncline token create`, `list` and `revoke`: credentials that expire, in a key's stead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from syncline.v1 import access_service_pb2
from syncline_cli import contract, target

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from syncline.v1 import access_pb2
    from syncline_cli.contract import Contract


def create(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the new token as JSON; it is shown nowhere else."""
    request = access_service_pb2.CreateTokenRequest(title=arguments.title, login=arguments.login)
    if arguments.ttl is not None:
        request.ttl.FromMilliseconds(round(arguments.ttl * 1000))
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        made: access_service_pb2.CreateTokenResponse = server.call(server.access.CreateToken, request)
    shown = {"token": made.token, "token_id": made.token_id, "expire_time": made.expire_time.ToJsonString()}
    print(json.dumps(shown))
    return 0


def list_tokens(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the live tokens, newest first, each as one line of JSON."""
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        for token in _all(server, arguments.login):
            print(
                json.dumps(
                    {
                        "token_id": token.token_id,
                        "login": token.login,
                        "title": token.title,
                        "create_time": token.create_time.ToJsonString(),
                        "expire_time": token.expire_time.ToJsonString(),
                    },
                    ensure_ascii=False,
                )
            )
    return 0


def revoke(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """End a token before its time."""
    request = access_service_pb2.DeleteTokenRequest(token_id=arguments.token_id)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        server.call(server.access.DeleteToken, request)
    print(f"revoked {arguments.token_id}")
    return 0


def _all(server: Contract, login: str) -> Iterator[access_pb2.AccessToken]:
    request = access_service_pb2.ListTokensRequest(login=login, page_size=1000)
    while True:
        page: access_service_pb2.ListTokensResponse = server.call(server.access.ListTokens, request)
        yield from page.tokens
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
