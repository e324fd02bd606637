"""OpenAI's realtime models as `livekit-plugins-openai` speaks to them: `GET realtime` (WebSocket).

The client takes the turns: `turn_detection` must be null.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from agent.standins.calls import CALLS, VOICES, Call, refusal
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.listener import attentive
from agent.standins.sockets import Wire, opened, send
from agent.standins.speech import TimedWord
from agent.standins.talk import TOKENS_A_SECOND, Attention, Memory, Voice, failing, paced
from audio.frames import RATE


class _Tool(Wire):
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None


class _Input(Wire):
    turn_detection: dict[str, Any] | None = None


class _Output(Wire):
    voice: str | None = None


class _Audio(Wire):
    input: _Input | None = None
    output: _Output | None = None


class _Settings(Wire):
    instructions: str | None = None
    tools: tuple[_Tool, ...] | None = None
    output_modalities: tuple[Literal["text", "audio"], ...] | None = None
    audio: _Audio | None = None


class _Content(Wire):
    text: str = ""


class _Item(Wire):
    id: str | None = None
    type: Literal["message", "function_call", "function_call_output"]
    role: Literal["system", "user", "assistant"] | None = None
    content: tuple[_Content, ...] = ()
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str = ""


class _Response(Wire):
    metadata: dict[str, str] | None = None
    tool_choice: Any = "auto"
    tools: tuple[_Tool, ...] | None = None


class _Message(Wire):
    type: str
    event_id: str | None = None
    session: _Settings | None = None
    audio: str = ""
    item: _Item | None = None
    previous_item_id: str | None = None
    item_id: str = ""
    audio_end_ms: int = 0
    response: _Response = _Response()


def routes() -> list[web.RouteDef]:
    """Under the path of chat completions' `base_url`."""
    return [web.get("/{token}/openai/v1/realtime", _socket)]


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call = http.app[CALLS].of(http)
    if "Authorization" not in http.headers:
        raise refusal(web.HTTPUnauthorized, "The header Authorization is missing.")

    async def talk(socket: web.WebSocketResponse) -> None:
        attention = Attention(call.config, RATE)
        session = _Session(socket, call, attention, Voice(http.app[VOICES], "", call.config.language))
        async with attentive(call, attention.listener), failing(call, session.expire, http):
            try:
                await session.serve()
            finally:
                await session.close()

    return await opened(http, talk)


@dataclass(slots=True)
class _State:
    """What the client has settled, and the conversation."""

    memory: Memory = field(default_factory=Memory)
    words: dict[str, tuple[TimedWord, ...]] = field(default_factory=dict)
    """Of what the model said, by item."""
    tools: tuple[_Tool, ...] = ()
    spoken: bool = True
    voice: str = "marin"
    heard: float = 0.0
    """Seconds of sound since the last turn."""
    names: dict[str, str] = field(default_factory=dict)
    """Of tools, by the id of the call."""


class _Session:
    """One connection."""

    def __init__(self, socket: web.WebSocketResponse, call: Call, attention: Attention, voice: Voice) -> None:
        self._socket = socket
        self._call = call
        self._attention = attention
        self._voice = voice
        self._state = _State()
        self._answering: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Act on what the client sends until it goes."""
        await self._tell("session.created", session={"type": "realtime", "id": _id("sess")})
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            try:
                message = _Message.model_validate_json(frame.data)
            except ValidationError:
                await self._refuse(None, "invalid_value", "The message is not an event of a client.")
                continue
            handler = _HANDLERS.get(message.type)
            if handler is None:
                await self._refuse(message.event_id, "invalid_value", "The event's type is unknown.")
            else:
                await handler(self, message)

    async def expire(self) -> None:
        """End the session, and say so."""
        await self._refuse(None, "session_expired", "Your session hit the maximum duration of 60 minutes.")
        await self._socket.close()

    async def close(self) -> None:
        """Say no more."""
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait([self._answering])

    async def update(self, message: _Message) -> None:
        given = message.session or _Settings()
        state, audio = self._state, given.audio or _Audio()
        if audio.input is not None and audio.input.turn_detection is not None:
            await self._refuse(
                message.event_id, "invalid_value", "The stand-in takes no turns: turn_detection is null."
            )
            return
        state.tools = state.tools if given.tools is None else given.tools
        state.spoken = state.spoken if given.output_modalities is None else "audio" in given.output_modalities
        if audio.output is not None and audio.output.voice is not None:
            state.voice = audio.output.voice
        await self._tell("session.updated", session={"type": "realtime"})

    async def append(self, message: _Message) -> None:
        sound = base64.b64decode(message.audio)
        self._state.heard += len(sound) / 2 / RATE
        self._call.faults.heard()
        self._attention.listener.hear(sound)

    async def clear(self, message: _Message) -> None:
        self._attention.forget()
        self._state.heard = 0.0
        await self._tell("input_audio_buffer.cleared")

    async def commit(self, message: _Message) -> None:
        if self._state.heard < 0.1:
            await self._refuse(message.event_id, "input_audio_buffer_commit_empty", "The buffer is too small.")
            return
        self._state.heard = 0.0
        item = _id("item")
        self._state.memory.put(item, Turn("callee", await self._attention.words()))
        before = self._state.memory.before(item)
        await self._tell("input_audio_buffer.committed", item_id=item, previous_item_id=before)
        content = [{"type": "input_audio", "transcript": None}]
        await self._added(item, {"type": "message", "role": "user", "status": "completed", "content": content})

    async def create(self, message: _Message) -> None:
        item = message.item
        if item is None:
            await self._refuse(message.event_id, "missing_required_parameter", "The item is missing.")
            return
        name = item.id or _id("item")
        if name in self._state.memory.turns:
            await self._refuse(message.event_id, "item_create_duplicate_item_id", "There is an item with this id.")
            return
        self._state.memory.put(name, self._turn(item), message.previous_item_id)
        await self._added(name, _echo(item))

    def _turn(self, item: _Item) -> Turn:
        text = " ".join(part.text for part in item.content)
        if item.type == "function_call":
            self._state.names[item.call_id] = item.name
            return Turn("model", calls=(item.name,))
        if item.type == "function_call_output":
            return Turn("tool", item.output, tool=self._state.names.get(item.call_id, ""))
        if item.role == "user":
            return Turn("callee", text)
        return Turn("model", text) if item.role == "assistant" else Turn("instruction")

    async def delete(self, message: _Message) -> None:
        if self._state.memory.turns.pop(message.item_id, None) is None:
            await self._refuse(message.event_id, "item_delete_invalid_item_id", "There is no item with this id.")
            return
        await self._tell("conversation.item.deleted", item_id=message.item_id)

    async def truncate(self, message: _Message) -> None:
        turn = self._state.memory.turns.get(message.item_id)
        if turn is None:
            await self._refuse(message.event_id, "item_truncate_invalid_item_id", "There is no item with this id.")
            return
        words = self._state.words.get(message.item_id, ())
        heard = [word.text for word in words if (word.start + word.end) / 2 <= message.audio_end_ms / 1000]
        self._state.memory.turns[message.item_id] = Turn("model", " ".join(heard), turn.calls)
        await self._tell("conversation.item.truncated", item_id=message.item_id, audio_end_ms=message.audio_end_ms)

    async def respond(self, message: _Message) -> None:
        if self._answering is not None and not self._answering.done():
            code = "conversation_already_has_active_response"
            await self._refuse(message.event_id, code, "The conversation has an active response.")
            return
        self._answering = asyncio.create_task(self._answer(message.response), name="realtime answer")

    async def cancel(self, message: _Message) -> None:
        if self._answering is None or self._answering.done():
            await self._refuse(message.event_id, "response_cancel_not_active", "Cancellation failed: nothing is said.")
            return
        self._answering.cancel()
        await asyncio.wait([self._answering])

    async def _answer(self, asked: _Response) -> None:
        answer: dict[str, Any] = {
            "id": _id("resp"),
            "object": "realtime.response",
            "metadata": asked.metadata,
            "output": [],
        }
        status, usage = "cancelled", _usage(self._state.memory, Reply(), 0.0)
        await self._tell("response.created", response={**answer, "status": "in_progress"})
        try:
            offered = asked.tools if asked.tools is not None else self._state.tools
            tools = [OfferedTool(tool.name, tool.parameters or {}, tool.description) for tool in offered]
            reply = self._state.memory.answer(self._call, [] if asked.tool_choice == "none" else tools)
            if reply.silent:
                await asyncio.Event().wait()
            await asyncio.sleep(self._call.config.latency.realtime_ms / 1000)
            seconds = await self._say(answer["id"], reply.text) if reply.text else 0.0
            if reply.call is not None and asked.tool_choice != "none":
                await self._use(answer["id"], reply.call.tool, reply.call.arguments)
            status, usage = "completed", _usage(self._state.memory, reply, seconds)
        finally:
            await self._tell("response.done", response={**answer, "status": status, "usage": usage})

    async def _say(self, answer: object, text: str) -> float:
        """Speak, or write; returns the seconds of sound."""
        item = _id("item")
        place = {"response_id": answer, "item_id": item, "output_index": 0, "content_index": 0}
        message = {"type": "message", "role": "assistant", "content": []}
        await self._tell("response.output_item.added", item={**message, "id": item, "status": "in_progress"}, **place)
        self._state.memory.put(item, Turn("model", text))
        await self._added(item, {**message, "status": "in_progress"})
        seconds = 0.0
        if self._state.spoken:
            seconds = await self._speak(place, item, text)
        else:
            await self._tell("response.content_part.added", part={"type": "text", "text": ""}, **place)
            for word in text.split():
                await self._tell("response.output_text.delta", delta=f"{word} ", **place)
            await self._tell("response.output_text.done", text=text, **place)
        await self._tell("response.output_item.done", item={**message, "id": item, "status": "completed"}, **place)
        return seconds

    async def _speak(self, place: Mapping[str, Any], item: str, text: str) -> float:
        speech = await Voice(self._voice.voices, self._state.voice, self._voice.language).say(text)
        self._state.words[item] = speech.words
        await self._tell("response.content_part.added", part={"type": "audio", "transcript": ""}, **place)
        async for piece in paced(speech):
            for word in piece.words:
                await self._tell("response.output_audio_transcript.delta", delta=f"{word.text} ", **place)
            sound = base64.b64encode(piece.pcm.tobytes()).decode()
            await self._tell("response.output_audio.delta", delta=sound, **place)
        await self._tell("response.output_audio.done", **place)
        await self._tell("response.output_audio_transcript.done", transcript=text, **place)
        return speech.length

    async def _use(self, answer: object, tool: str, given: Mapping[str, Any]) -> None:
        item, call_id = _id("item"), f"call_{secrets.token_hex(8)}"
        arguments = json.dumps(given, ensure_ascii=False)
        self._state.names[call_id] = tool
        self._state.memory.put(item, Turn("model", calls=(tool,)))
        place = {"response_id": answer, "item_id": item, "output_index": 1}
        call = {"type": "function_call", "call_id": call_id, "name": tool, "arguments": ""}
        await self._tell("response.output_item.added", item={**call, "id": item, "status": "in_progress"}, **place)
        await self._added(item, {**call, "status": "in_progress"})
        done = {**call, "id": item, "status": "completed", "arguments": arguments}
        await self._tell("response.function_call_arguments.delta", delta=arguments, call_id=call_id, **place)
        await self._tell("response.function_call_arguments.done", arguments=arguments, call_id=call_id, **place)
        await self._tell("response.output_item.done", item=done, **place)

    async def _added(self, item: str, content: Mapping[str, Any]) -> None:
        before = self._state.memory.before(item)
        added = {"object": "realtime.item", "id": item, **content}
        await self._tell("conversation.item.added", previous_item_id=before, item=added)

    async def _tell(self, kind: str, **content: Any) -> None:
        await send(self._socket, {"type": kind, "event_id": _id("event"), **content})

    async def _refuse(self, event: str | None, code: str, sentence: str) -> None:
        kind = "invalid_request_error"
        error = {"type": kind, "code": code, "message": sentence, "param": None, "event_id": event}
        await self._tell("error", error=error)


_HANDLERS: Mapping[str, Callable[[_Session, _Message], Awaitable[None]]] = {
    "session.update": _Session.update,
    "input_audio_buffer.append": _Session.append,
    "input_audio_buffer.clear": _Session.clear,
    "input_audio_buffer.commit": _Session.commit,
    "conversation.item.create": _Session.create,
    "conversation.item.delete": _Session.delete,
    "conversation.item.truncate": _Session.truncate,
    "response.create": _Session.respond,
    "response.cancel": _Session.cancel,
}


def _echo(item: _Item) -> dict[str, Any]:
    """An item of the client's as the server confirms it."""
    match item.type:
        case "function_call":
            fields: dict[str, Any] = {"call_id": item.call_id, "name": item.name, "arguments": item.arguments}
        case "function_call_output":
            fields = {"call_id": item.call_id, "output": item.output}
        case "message":
            kind = "output_text" if item.role == "assistant" else "input_text"
            fields = {"role": item.role, "content": [{"type": kind, "text": part.text} for part in item.content]}
        case _:
            assert_never(item.type)
    return {"type": item.type, "status": "completed", **fields}


def _usage(memory: Memory, reply: Reply, seconds: float) -> dict[str, Any]:
    """Tokens: of text at four characters each, of what was said by its length."""
    read = sum(len(turn.text) // 4 + 4 for turn in memory.turns.values())
    written, sound = len(reply.text) // 4, round(seconds * TOKENS_A_SECOND)
    return {
        "total_tokens": read + written + sound,
        "input_tokens": read,
        "output_tokens": written + sound,
        "input_token_details": {"text_tokens": read, "audio_tokens": 0, "cached_tokens": 0},
        "output_token_details": {"text_tokens": written, "audio_tokens": sound},
    }


def _id(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(9)}"
