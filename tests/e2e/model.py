"""A language model of a test's own: OpenAI chat completions on loopback, which always give the same answer."""

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

_HEAD = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": 0, "model": "gpt-4.1"}


class Model:
    """Says a sentence and calls one tool, as often as it is told to, in every answer."""

    def __init__(self, sentence: str, tool: str, times: int) -> None:
        self.url = ""
        """The `base_url` of its API."""
        self.answered = 0
        """Requests that it has answered."""
        self._sentence = sentence
        self._tool = tool
        self._times = times

    async def complete(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.answered += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for chunk in self._chunks():
            await response.write(b"data: " + json.dumps({**_HEAD, **chunk}).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def _chunks(self) -> Iterator[dict[str, Any]]:
        yield _delta({"role": "assistant", "content": ""})
        for word in self._sentence.split():
            yield _delta({"content": f"{word} "})
        for index in range(self._times):
            call = {"name": self._tool, "arguments": "{}"}
            number = {"index": index, "id": f"call_{secrets.token_hex(8)}", "type": "function"}
            yield _delta({"tool_calls": [{**number, "function": call}]})
        yield _delta({}, "tool_calls")
        yield {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def _delta(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


@asynccontextmanager
async def serving(sentence: str, tool: str, times: int = 1) -> AsyncIterator[Model]:
    """A model on a free port; it stops on exit."""

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "gpt-4.1", "object": "model"}]})

    model = Model(sentence, tool, times)
    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", model.complete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield model
    finally:
        await runner.cleanup()
