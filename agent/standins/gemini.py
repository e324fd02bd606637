"""Google's realtime models as `livekit-plugins-google` speaks to them: `BidiGenerateContent` (WebSocket, over TLS).

The server takes the turns: it answers when the callee has been silent for long enough, and stops when they speak.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

from aiohttp import WSMsgType, web
from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from agent.standins.calls import CALLS, VOICES, Call, refusal
from agent.standins.dialogue import OfferedTool, Reply, Turn
from agent.standins.listener import attentive
from agent.standins.sockets import opened, send
from agent.standins.speech import Speech
from agent.standins.talk import Attention, Memory, Voice, failing, paced

HEARING_RATE = 16_000
_SILENCE_MS = 500
"""Of silence after which a turn counts as over, unless the client sets it."""
_NOTICE = 0.5
"""Seconds between the announcement that the session ends and its end."""
_PLACEHOLDER = "."
"""The turn that the plugin makes up to ask for an answer."""
_TOKENS_A_SECOND = 25
"""Of sound, as Google counts them."""


class GoogleWire(BaseModel):
    """A message of the SDK's, which writes names in either manner."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_camel(name))),
    )


class _Function(GoogleWire):
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class _Tool(GoogleWire):
    function_declarations: tuple[_Function, ...] = ()


class _Detection(GoogleWire):
    disabled: bool = False
    silence_duration_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None


class _InputConfig(GoogleWire):
    automatic_activity_detection: _Detection | None = None


class _Prebuilt(GoogleWire):
    voice_name: str = "Puck"


class _VoiceConfig(GoogleWire):
    prebuilt_voice_config: _Prebuilt = _Prebuilt()


class _SpeechConfig(GoogleWire):
    voice_config: _VoiceConfig = _VoiceConfig()


class Generation(GoogleWire):
    speech_config: _SpeechConfig = _SpeechConfig()


class _Resumption(GoogleWire):
    handle: str | None = None


class _Setup(GoogleWire):
    model: str
    generation_config: Generation = Generation()
    tools: tuple[_Tool, ...] = ()
    realtime_input_config: _InputConfig | None = None
    session_resumption: _Resumption | None = None


class _Part(GoogleWire):
    text: str = ""


class Content(GoogleWire):
    role: Literal["user", "model"] = "user"
    parts: tuple[_Part, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(part.text for part in self.parts if part.text)


class _ClientContent(GoogleWire):
    turns: tuple[Content, ...] = ()
    turn_complete: bool = False


class _Blob(GoogleWire):
    data: str
    mime_type: str = ""


class _RealtimeInput(GoogleWire):
    audio: _Blob | None = None


class _FunctionResponse(GoogleWire):
    name: str = ""
    response: dict[str, Any] = {}


class _ToolResponse(GoogleWire):
    function_responses: tuple[_FunctionResponse, ...] = ()


class _Message(GoogleWire):
    setup: _Setup | None = None
    client_content: _ClientContent | None = None
    realtime_input: _RealtimeInput | None = None
    tool_response: _ToolResponse | None = None


_KEPT: WeakKeyDictionary[Call, dict[str, Memory]] = WeakKeyDictionary()
"""What sessions that can be resumed knew, by their handle."""


def routes() -> list[web.RouteDef]:
    """Under the path that is given to the SDK as `base_url`."""
    method = "google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
    return [web.get(f"/{{token}}/google/ws/{method}", _socket)]


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call = http.app[CALLS].of(http)
    if "x-goog-api-key" not in http.headers:
        raise refusal(web.HTTPUnauthorized, "The header x-goog-api-key is missing.")

    async def talk(socket: web.WebSocketResponse) -> None:
        setup = await _set_up(socket)
        if setup is None:
            return
        attention = Attention(call.config, HEARING_RATE)
        name = setup.generation_config.speech_config.voice_config.prebuilt_voice_config.voice_name
        voice = Voice(http.app[VOICES], name, call.config.language)
        session = _Session(socket, call, attention, voice, setup)
        async with attentive(call, attention.listener), failing(call, session.expire, http):
            await session.serve()

    return await opened(http, talk)


async def _set_up(socket: web.WebSocketResponse) -> _Setup | None:
    """The client's first message; None where it is something else."""
    message = await socket.receive()
    try:
        given = _Message.model_validate_json(message.data or b"")
    except (ValidationError, TypeError):
        given = _Message()
    detection = given.setup and given.setup.realtime_input_config
    disabled = detection and detection.automatic_activity_detection and detection.automatic_activity_detection.disabled
    if given.setup is None or disabled:
        await socket.close(code=1007, message=b"The stand-in wants a setup, and takes the turns itself.")
        return None
    return given.setup


class _Session:
    """One connection."""

    def __init__(
        self, socket: web.WebSocketResponse, call: Call, attention: Attention, voice: Voice, setup: _Setup
    ) -> None:
        self._socket = socket
        self._call = call
        self._attention = attention
        self._voice = voice
        self._setup = setup
        handle = setup.session_resumption.handle if setup.session_resumption is not None else None
        known = _KEPT.setdefault(call, {}).get(handle or "", Memory())
        self._memory = Memory(dict(known.turns))
        self._answering: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Talk until the client goes."""
        await self._tell({"setupComplete": {}})
        attending = asyncio.create_task(self._attend(), name="gemini turns")
        try:
            async for frame in self._socket:
                if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._take(frame.data)
        finally:
            attending.cancel()
            self._stop()

    async def _take(self, data: str | bytes) -> None:
        try:
            message = _Message.model_validate_json(data)
        except ValidationError:
            await self._socket.close(code=1007, message=b"Request contains an invalid argument.")
            return
        if message.realtime_input is not None and message.realtime_input.audio is not None:
            self._call.faults.heard()
            self._attention.listener.hear(base64.urlsafe_b64decode(message.realtime_input.audio.data))
        if message.client_content is not None:
            self._read(message.client_content)
        if message.tool_response is not None:
            for response in message.tool_response.function_responses:
                output = json.dumps(response.response, ensure_ascii=False)
                self._memory.put(_id(), Turn("tool", output, tool=response.name))
            self._begin("")

    def _read(self, content: _ClientContent) -> None:
        for turn in content.turns:
            if turn.role == "user" and turn.text != _PLACEHOLDER:
                self._memory.put(_id(), Turn("callee", turn.text))
            elif turn.role == "model":
                # The last word before an answer is asked for is an instruction for it.
                self._memory.put(_id(), Turn("instruction" if content.turn_complete else "model", turn.text))
        if content.turn_complete:
            self._begin("")

    async def _attend(self) -> None:
        """Take the callee's turns."""
        over, started = self._attention.over, self._attention.started
        while True:
            noticed = [asyncio.create_task(event.wait()) for event in (over, started)]
            try:
                await asyncio.wait(noticed, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in noticed:
                    task.cancel()
            if started.is_set():
                started.clear()
                await self._interrupt()
            if over.is_set():
                over.clear()
                try:
                    await asyncio.wait_for(started.wait(), self._silence)
                except TimeoutError:
                    self._begin(await self._attention.words())

    @property
    def _silence(self) -> float:
        config = self._setup.realtime_input_config
        detection = config.automatic_activity_detection if config is not None else None
        given = detection.silence_duration_ms if detection is not None else None
        return (_SILENCE_MS if given is None else given) / 1000

    def _begin(self, said: str) -> None:
        self._stop()
        if said:
            self._memory.put(_id(), Turn("callee", said))
        self._answering = asyncio.create_task(self._answer(said), name="gemini answer")

    def _stop(self) -> None:
        if self._answering is not None:
            self._answering.cancel()

    async def _interrupt(self) -> None:
        if self._answering is not None and not self._answering.done():
            self._stop()
            await self._tell({"serverContent": {"interrupted": True}})
            await self._tell({"serverContent": {"turnComplete": True}})

    async def _answer(self, said: str) -> None:
        if said:
            await self._tell({"serverContent": {"inputTranscription": {"text": said}}})
        declared = [function for tool in self._setup.tools for function in tool.function_declarations]
        tools = [
            OfferedTool(one.name, one.parameters_json_schema or _plain(one.parameters or {}), one.description)
            for one in declared
        ]
        reply = self._memory.answer(self._call, tools)
        if reply.silent:
            return
        await asyncio.sleep(self._call.config.latency.realtime_ms / 1000)
        seconds = await self._say(reply.text) if reply.text else 0.0
        if reply.call is not None:
            self._memory.put(_id(), Turn("model", calls=(reply.call.tool,)))
            call = {"id": _id(), "name": reply.call.tool, "args": reply.call.arguments}
            await self._tell({"toolCall": {"functionCalls": [call]}, "usageMetadata": self._usage(reply, seconds)})
        elif reply.text:
            await self._tell({"serverContent": {"turnComplete": True}, "usageMetadata": self._usage(reply, seconds)})
        handle = _id()
        _KEPT[self._call][handle] = Memory(dict(self._memory.turns))
        await self._tell({"sessionResumptionUpdate": {"newHandle": handle, "resumable": True}})

    async def _say(self, text: str) -> float:
        """Speak, and wait until it has been heard; returns the seconds of sound."""
        speech = await self._voice.say(text)
        item, loop = _id(), asyncio.get_running_loop()
        self._memory.put(item, Turn("model", text))
        began = loop.time()
        try:
            async for piece in paced(speech):
                sound = {"data": base64.b64encode(piece.pcm.tobytes()).decode(), "mimeType": "audio/pcm;rate=24000"}
                content: dict[str, Any] = {"modelTurn": {"role": "model", "parts": [{"inlineData": sound}]}}
                if piece.words:
                    words = "".join(f" {word.text}" for word in piece.words)
                    content["outputTranscription"] = {"text": words}
                await self._tell({"serverContent": content})
            await self._tell({"serverContent": {"generationComplete": True}})
            await asyncio.sleep(began + speech.length - loop.time())
        except asyncio.CancelledError:
            self._memory.turns[item] = Turn("model", _heard(speech, loop.time() - began))
            raise
        return speech.length

    async def expire(self) -> None:
        """Announce that the session ends, and end it."""
        await self._tell({"goAway": {"timeLeft": f"{_NOTICE}s"}})
        await asyncio.sleep(_NOTICE)
        await self._socket.close(code=1001)

    def _usage(self, reply: Reply, seconds: float) -> dict[str, Any]:
        read = sum(len(turn.text) // 4 + 4 for turn in self._memory.turns.values())
        said = round(seconds * _TOKENS_A_SECOND) or len(str(reply.call)) // 4
        return {"promptTokenCount": read, "responseTokenCount": said, "totalTokenCount": read + said}

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await send(self._socket, dict(message))


def _heard(speech: Speech, seconds: float) -> str:
    return " ".join(word.text for word in speech.words if (word.start + word.end) / 2 <= seconds)


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of Google's as JSON schema: its types are in capitals."""
    plain = dict(schema)
    if isinstance(plain.get("type"), str):
        plain["type"] = plain["type"].lower()
    if isinstance(plain.get("properties"), dict):
        plain["properties"] = {name: _plain(value) for name, value in plain["properties"].items()}
    return plain


def _id() -> str:
    return secrets.token_hex(8)
