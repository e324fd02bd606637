"""OpenAI chat completions as `livekit-plugins-openai` speaks it: `GET models`, `POST chat/completions`."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.standins.calls import CALLS, refusal
from agent.standins.config import Latencies
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.door import STRUCK
from agent.standins.script import respond
from agent.standins.spoiling import Broken

_MODELS = ("gpt-4.1", "ministral-3-8b-instruct")
_PIECE = 12
"""Characters of a tool's arguments sent at a time."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Part(_Wire):
    text: str = ""


class _CalledFunction(_Wire):
    name: str


class _ToolCall(_Wire):
    id: str
    function: _CalledFunction


class _Message(_Wire):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | tuple[_Part, ...] | None = None
    tool_calls: tuple[_ToolCall, ...] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return " ".join(part.text for part in self.content)


class _Function(_Wire):
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None


class _Tool(_Wire):
    function: _Function


class _StreamOptions(_Wire):
    include_usage: bool = False


class _Request(_Wire):
    model: str
    messages: tuple[_Message, ...]
    tools: tuple[_Tool, ...] | None = None
    tool_choice: Any = "auto"
    stream: bool = False
    stream_options: _StreamOptions | None = None


def routes() -> list[web.RouteDef]:
    """Under the path that is given to the plugin as `base_url`."""
    return [
        web.get("/{token}/openai/v1/models", _models),
        web.post("/{token}/openai/v1/chat/completions", _completions),
    ]


async def _models(request: web.Request) -> web.Response:
    request.app[CALLS].of(request)
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "stand-in"} for name in _MODELS]
    return web.json_response({"object": "list", "data": data})


async def _completions(http: web.Request) -> web.StreamResponse:
    call = http.app[CALLS].of(http)
    try:
        request = _Request.model_validate_json(await http.read())
    except ValidationError:
        raise refusal(web.HTTPBadRequest, "The body is not a chat completion request.") from None
    if not request.messages:
        raise refusal(web.HTTPBadRequest, "`messages` is empty.")
    offered = [tool.function for tool in request.tools or ()]
    tools = [OfferedTool(tool.name, tool.parameters or {}, tool.description) for tool in offered]
    reply = respond(_history(request.messages), call.config.model, call.config.language, tools)
    if request.tool_choice == "none":
        reply = replace(reply, call=None)
    if request.stream:
        return await _stream(http, request, reply, call.config.latency)
    return await _whole(request, reply, call.config.latency)


def _history(messages: Sequence[_Message]) -> list[Turn]:
    called: dict[str, str] = {}
    history: list[Turn] = []
    for message in messages:
        match message.role:
            case "user":
                history.append(Turn("callee", message.text))
            case "tool":
                name = called.get(message.tool_call_id or "", "")
                history.append(Turn("tool", message.text, tool=name))
            case "assistant":
                calls = message.tool_calls or ()
                called.update((one.id, one.function.name) for one in calls)
                turn = Turn("model", message.text, tuple(one.function.name for one in calls))
                if history and turn.calls and not turn.text and history[-1].speaker == "model":
                    # What was said on the way to a call may stand in a message of its own.
                    turn = replace(turn, text=history.pop().text)
                history.append(turn)
            case "system" | "developer":
                history.append(Turn("instruction"))
    return history


class _Chunks:
    """The chunks of one streamed answer."""

    def __init__(self, model: str) -> None:
        self._head = {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }

    def delta(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        """A piece of the answer."""
        return self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def usage(self, usage: dict[str, int]) -> bytes:
        """The last chunk, which has no choices."""
        return self._event({"choices": [], "usage": usage})

    def _event(self, body: dict[str, Any]) -> bytes:
        return b"data: " + json.dumps({**self._head, **body}, ensure_ascii=False).encode() + b"\n\n"


async def _stream(http: web.Request, request: _Request, reply: Reply, latency: Latencies) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(http)
    if reply.silent:
        await asyncio.Event().wait()  # ended by the client's disconnection
    await asyncio.sleep(latency.llm_ms / 1000)
    chunks = _Chunks(request.model)
    await response.write(chunks.delta({"role": "assistant", "content": ""}))
    loop = asyncio.get_running_loop()
    began = due = loop.time()
    cut = http.get(STRUCK)
    for delta in _deltas(reply):
        if cut is not None and due - began >= cut.lasting:
            raise Broken
        await asyncio.sleep(due - loop.time())
        await response.write(chunks.delta(delta))
        due += latency.llm_token_ms / 1000
    await response.write(chunks.delta({}, "tool_calls" if reply.call else "stop"))
    if request.stream_options is not None and request.stream_options.include_usage:
        await response.write(chunks.usage(_usage(request, reply)))
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    for token in _tokens(reply.text):
        yield {"content": token}
    if reply.call is None:
        return
    head = {"name": reply.call.tool, "arguments": ""}
    yield {"tool_calls": [{"index": 0, "id": _call_id(), "type": "function", "function": head}]}
    arguments = json.dumps(reply.call.arguments, ensure_ascii=False)
    for start in range(0, len(arguments), _PIECE):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": arguments[start : start + _PIECE]}}]}


async def _whole(request: _Request, reply: Reply, latency: Latencies) -> web.Response:
    """The answer to a request that does not stream."""
    if reply.silent:
        await asyncio.Event().wait()
    await asyncio.sleep((latency.llm_ms + latency.llm_token_ms * len(_tokens(reply.text))) / 1000)
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
    if reply.call is not None:
        function = {"name": reply.call.tool, "arguments": json.dumps(reply.call.arguments, ensure_ascii=False)}
        message["tool_calls"] = [{"id": _call_id(), "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if reply.call else "stop"}
    return web.json_response(
        {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request.model,
            "choices": [choice],
            "usage": _usage(request, reply),
        }
    )


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def _call_id() -> str:
    return f"call_{secrets.token_hex(12)}"


def _usage(request: _Request, reply: Reply) -> dict[str, int]:
    """Tokens at four characters each, as far as the prompt goes."""
    prompt = sum(len(message.text) for message in request.messages) // 4 + 4 * len(request.messages)
    completion = sum(1 for _ in _deltas(reply))
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
