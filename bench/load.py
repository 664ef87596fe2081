"""The three ways a server is loaded: one after the other in turn, all together, and held open."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import wire
from bench.client import Address, Answer, Connection

_START_SECONDS = 120


@asynccontextmanager
async def connections(address: Address, count: int) -> AsyncIterator[list[Connection]]:
    opened = [Connection(address) for _ in range(count)]
    try:
        for connection in opened:
            await connection.open()
        yield opened
    finally:
        for connection in opened:
            connection.close()


async def in_turn(address: Address, concurrency: int, seconds: float) -> list[Answer]:
    """Each of `concurrency` callers asks again as soon as it is answered."""
    answers: list[Answer] = []
    end = time.perf_counter() + seconds

    async def ask_again(connection: Connection) -> None:
        while time.perf_counter() < end:
            answer = await connection.exchange()
            answer.check(wire.WHOLE_TOKENS)
            answers.append(answer)

    async with connections(address, concurrency) as callers:
        await asyncio.gather(*map(ask_again, callers))
    return answers


async def some(address: Address, count: int) -> list[Answer]:
    """`count` questions, one after the other."""
    answers = []
    async with connections(address, 1) as (caller,):
        for _ in range(count):
            answers.append(await caller.exchange())
            answers[-1].check(wire.WHOLE_TOKENS)
    return answers


async def together(address: Address, streams: int, tokens: int, seconds: float = 300) -> list[Answer]:
    """That many streams asked for in one go, each read to its end of `tokens` tokens."""
    async with connections(address, streams) as callers:
        answers = await asyncio.wait_for(asyncio.gather(*[each.send() for each in callers]), seconds)
    for answer in answers:
        answer.check(tokens)
    return answers


@asynccontextmanager
async def held(address: Address, streams: int) -> AsyncIterator[list[Connection]]:
    """While inside, that many streams are open and have each brought their first token."""
    async with connections(address, streams) as callers:
        for caller in callers:
            caller.send()
        begun = [caller.first for caller in callers if caller.first is not None]
        await asyncio.wait_for(asyncio.gather(*begun), _START_SECONDS)
        yield callers
