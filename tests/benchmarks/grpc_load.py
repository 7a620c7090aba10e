"""A load generator for unary gRPC: the same request bytes, so many calls in flight.

Run as a program: `python grpc_load.py ADDRESS METHOD CALLS SECONDS AUTHORIZATION < request`; prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import grpc.aio


async def run(
    address: str, method: str, *, calls: int, seconds: float, authorization: str, request: bytes
) -> dict[str, object]:
    """Keep so many calls in flight for so long; return the rate and the times, in milliseconds."""
    metadata = (("authorization", authorization),) if authorization else ()
    times: list[float] = []
    failed = 0
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        began = time.perf_counter()

        async def one() -> None:
            nonlocal failed
            while (start := time.perf_counter()) < began + seconds:
                try:
                    await call(request, metadata=metadata, timeout=60)
                except grpc.aio.AioRpcError:
                    failed += 1
                times.append(time.perf_counter() - start)

        await asyncio.gather(*(one() for _ in range(calls)))
        took = time.perf_counter() - began
    times.sort()
    return {
        "rate": len(times) / took,
        "count": len(times),
        "failed": failed,
        "p50": times[len(times) // 2] * 1000,
        "p99": times[len(times) * 99 // 100] * 1000,
    }


if __name__ == "__main__":
    address, method, calls, seconds, authorization = sys.argv[1:]
    body = sys.stdin.buffer.read()
    measured = run(address, method, calls=int(calls), seconds=float(seconds), authorization=authorization, request=body)
    print(json.dumps(asyncio.run(measured)))
