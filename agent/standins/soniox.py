"""Soniox's live recogniser as `livekit-plugins-soniox` speaks to it: `GET transcribe-websocket` (WebSocket).

The first message is the configuration. Then come audio as binary messages, and commands; an empty message ends the
stream. Tokens are told again and again until they are final.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, assert_never

from aiohttp import WSMessage, WSMsgType, web
from pydantic import Field, ValidationError, model_validator

from agent.standins.calls import CALLS, Call
from agent.standins.config import ProviderFault
from agent.standins.door import STRUCK
from agent.standins.listener import Listener, Report, attentive
from agent.standins.recogniser import HeardWord, Result, Started
from agent.standins.sockets import Wire, opened, problem, send
from agent.standins.spoiling import ailing

MOST_CONTEXT = 10_000
"""Characters of a context."""
_PUNCTUATION = ".,;:!?…"
_END = "<end>"
"""The token that ends a stretch of speech."""
_FINALIZED = "<fin>"
"""The token that ends what was asked for with `finalize`."""


class _Fact(Wire):
    key: str
    value: str


class _Context(Wire):
    general: tuple[_Fact, ...] | None = None
    text: str | None = None
    terms: tuple[str, ...] | None = None

    @property
    def size(self) -> int:
        """Characters."""
        facts = sum(len(fact.key) + len(fact.value) for fact in self.general or ())
        return facts + len(self.text or "") + sum(map(len, self.terms or ()))


class _Config(Wire):
    api_key: str = ""
    model: Literal["stt-rt-v4", "stt-rt-v5"]
    audio_format: Literal["pcm_s16le"]
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]
    num_channels: Literal[1]
    language_hints: tuple[str, ...] | None = None
    context: _Context | None = None
    enable_endpoint_detection: bool = False
    enable_language_identification: bool = False
    max_endpoint_delay_ms: Annotated[int, Field(ge=500, le=3000)] = 2000
    endpoint_sensitivity: Annotated[float, Field(ge=-1, le=1)] | None = None
    endpoint_latency_adjustment_level: Annotated[int, Field(ge=0, le=3)] | None = None

    @model_validator(mode="after")
    def _is_for_its_model(self) -> Self:
        only_v5 = (self.endpoint_sensitivity, self.endpoint_latency_adjustment_level)
        if self.model != "stt-rt-v5" and only_v5 != (None, None):
            raise ValueError("the model does not know all of it")
        return self


class _Control(Wire):
    type: Literal["keepalive", "finalize"]


def routes() -> list[web.RouteDef]:
    """The path that is given to the plugin as `base_url`."""
    return [web.get("/{token}/soniox/transcribe-websocket", _socket)]


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call = http.app[CALLS].of(http)
    key = http.headers.get("Authorization", "").removeprefix("Bearer ")

    async def talk(socket: web.WebSocketResponse) -> None:
        config = await _config(socket, key)
        if config is not None:
            await _Session(socket, config, call).listen(call, http.get(STRUCK))

    return await opened(http, talk)


async def _config(socket: web.WebSocketResponse, key: str) -> _Config | None:
    """What the client asks for; None after it was refused."""
    first = await socket.receive()
    if first.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
        return None
    try:
        config = _Config.model_validate_json(first.data)
    except ValidationError as error:
        await _refuse(socket, 400, problem(error))
        return None
    if not (key or config.api_key):
        await _refuse(socket, 401, "Missing API key.")
        return None
    if config.context is not None and config.context.size > MOST_CONTEXT:
        await _refuse(socket, 400, "Context is too long.")
        return None
    return config


async def _refuse(socket: web.WebSocketResponse, code: int, sentence: str) -> None:
    await send(socket, {"error_code": code, "error_message": sentence})
    await socket.close()


class _Session:
    """One socket that is configured."""

    def __init__(self, socket: web.WebSocketResponse, config: _Config, call: Call) -> None:
        self._socket = socket
        self._config = config
        self._listener = Listener(call.config, config.sample_rate, self._tell, activity=True)
        spoken = (config.language_hints or (call.config.language,))[0].partition("-")[0]
        self._language = spoken if config.enable_language_identification else None
        self._final_ms = 0

    async def listen(self, call: Call, fault: ProviderFault | None) -> None:
        """Take audio and commands until the client ends the stream."""
        async with attentive(call, self._listener), ailing(self._socket, self._listener, fault):
            async for message in self._socket:
                if not message.data:
                    await self._listener.flush()
                    await self._send([], finished=True)
                    await self._socket.close()
                elif message.type is WSMsgType.BINARY:
                    self._listener.hear(message.data)
                elif _asks_to_finalize(message):
                    await self._listener.flush()
                    await self._send([_marker(_FINALIZED)])

    async def _tell(self, report: Report) -> None:
        match report:
            case Started() | Result(words=()):
                await self._send([])  # how far it is
            case Result():
                tokens = list(self._tokens(report))
                if report.final:
                    self._final_ms = _ms(report.words[-1].end)
                if report.final and not report.flushed and self._config.enable_endpoint_detection:
                    tokens.append(_marker(_END))
                await self._send(tokens)
            case _:
                assert_never(report)

    def _tokens(self, result: Result) -> Iterator[dict[str, Any]]:
        for index, word in enumerate(result.words):
            for text in _parts(word, first=index == 0):
                token: dict[str, Any] = {
                    "text": text,
                    "start_ms": _ms(word.start),
                    "end_ms": _ms(word.end),
                    "confidence": word.confidence,
                    "is_final": result.final,
                }
                yield token if self._language is None else {**token, "language": self._language}

    async def _send(self, tokens: list[dict[str, Any]], *, finished: bool = False) -> None:
        total = _ms(self._listener.position)
        message = {"tokens": tokens, "final_audio_proc_ms": self._final_ms, "total_audio_proc_ms": total}
        await send(self._socket, {**message, "finished": True} if finished else message)


def _asks_to_finalize(message: WSMessage) -> bool:
    try:
        return _Control.model_validate_json(message.data).type == "finalize"
    except ValidationError:
        return False


def _parts(word: HeardWord, *, first: bool) -> Iterator[str]:
    """A word in pieces: with the space before it, then what is written on it."""
    bare = word.text.rstrip(_PUNCTUATION)
    space = "" if first else " "
    yield f"{space}{bare or word.text}"
    if bare and bare != word.text:
        yield word.text[len(bare) :]


def _marker(text: str) -> dict[str, Any]:
    return {"text": text, "is_final": True}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
