"""A first sentence of a realtime model's own making, beside its conversation."""

import asyncio

import numpy as np
from livekit.agents import APIConnectionError, llm

from agent.plan import Plan
from agent.realtime.talker import Talker
from agent.realtime.wording import placed
from agent.voice import Sound, pcm_of, trimmed

_ONLY_THE_OPENING = "Say only the first sentence you say on the call."
LONGEST = 15.0
"""Seconds it may take."""


async def composed(talker: Talker, plan: Plan) -> Sound:
    """The plan's first sentence as the model says it; without sound where it only writes. Raises livekit's APIError."""
    session = talker.writer()
    try:
        async with asyncio.timeout(LONGEST):
            await session.update_instructions(plan.prompt)
            created = await session.generate_reply(instructions=f"{_ONLY_THE_OPENING} {plan.opening.text}")
            async for message in created.message_stream:
                return await _taken(message)
    except (TimeoutError, llm.RealtimeError):
        raise APIConnectionError("the model made no first sentence") from None
    finally:
        await session.aclose()
    raise APIConnectionError("the model made no first sentence")


async def _taken(message: llm.MessageGeneration) -> Sound:
    text, pieces = await asyncio.gather(_text(message), _pieces(message))
    pcm = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)
    return trimmed(text, pcm, placed(text, pcm))


async def _text(message: llm.MessageGeneration) -> str:
    return " ".join("".join([piece async for piece in message.text_stream]).split())


async def _pieces(message: llm.MessageGeneration) -> list[np.ndarray[tuple[int], np.dtype[np.int16]]]:
    return [pcm_of(frame) async for frame in message.audio_stream]
