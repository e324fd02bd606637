"""What a worker would send of an attempt, as an attempt's receiver gets it."""

import json
import time
from collections.abc import Iterable, Iterator

import httpx
from livekit import api

from agent import events as e
from agent.dispatch.receiver import Told
from agent.models.attempt import Callback
from agent.models.report import Attempt
from agent.worker.webhook import Message, Story, destination, headers


def messages(events: Iterable[e.Event]) -> Iterator[Message]:
    story = Story()
    for event in events:
        message = story.take(event)
        if message is not None:
            yield message


def told(events: Iterable[e.Event], sent_at: float = 1_773_061_200.0) -> list[Told]:
    """Every message of a journal as it would be handed over."""
    handed = []
    for message in messages(events):
        data = json.loads(message.body)["data"]
        handed.append(Told(message, sent_at, data["sequence"], Attempt.model_validate(data["attempt"])))
    return handed


async def send(url: str, message: Message, key: bytes | None, now: float | None = None) -> int:
    """POST one as the courier does; the status."""
    async with httpx.AsyncClient(trust_env=False) as client:
        named = headers(message, key, time.time() if now is None else now)
        return (await client.post(url, headers=list(named.items()), content=message.body)).status_code


async def report(asked: api.CreateAgentDispatchRequest, events: Iterable[e.Event]) -> None:
    """Send all events of a journal to the callback that the dispatch names."""
    to = destination(Callback.model_validate(json.loads(asked.metadata)["callback"]), None, None)
    assert to is not None
    for message in messages(events):
        assert await send(to.url, message, to.key) == 204
