"""The client of chat completions sends what OpenAI's own would."""

import json
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, omit

from agent.completions import Client

MESSAGES: list[Any] = [
    {"role": "system", "content": "You are Emma."},
    {"role": "user", "content": [{"type": "text", "text": "Is it free?"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"day": "Monday"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "yes"},
]
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {"name": "look", "parameters": {"type": "object", "properties": {"day": {"type": "string"}}}},
    }
]
EVENTS = b'data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\ndata: [DONE]\n\n'


async def sent(kind: type[AsyncOpenAI], **options: Any) -> tuple[dict[str, Any], int]:
    """The body of the request, and how many chunks came back."""
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/v1/chat/completions"
        bodies.append(json.loads(request.content))
        return httpx2.Response(200, content=EVENTS, headers={"content-type": "text/event-stream"})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    async with kind(api_key="any", base_url="http://127.0.0.1/v1", http_client=http) as client:
        stream = await client.chat.completions.create(model="m", stream=True, **options)
        chunks = [chunk async for chunk in stream]
    [body] = bodies
    return body, len(chunks)


@pytest.mark.parametrize(
    "options",
    [
        {"messages": MESSAGES},
        {"messages": MESSAGES, "tools": TOOLS, "tool_choice": "auto", "temperature": 0.2},
        {"messages": MESSAGES, "tools": omit, "stream_options": {"include_usage": True}},
        {"messages": MESSAGES, "tools": TOOLS, "extra_body": {"provider": {"only": ["x"]}}, "timeout": 3.0},
    ],
)
async def test_the_request_is_the_same(options: dict[str, Any]) -> None:
    assert await sent(Client, **options) == await sent(AsyncOpenAI, **options)
