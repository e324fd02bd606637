"""Cartesia's voices as `livekit-plugins-cartesia` speaks to them: `GET tts/websocket`, `POST tts/bytes`."""

import asyncio
import base64
from functools import partial
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field, TypeAdapter, ValidationError

from agent.standins.calls import CALLS, VOICES, Call, refusal
from agent.standins.espeak import Utterance
from agent.standins.resample import resampled
from agent.standins.sockets import Contexts, Wire, problem, send, spoken
from agent.standins.spoiling import Spoiler, breakable
from agent.standins.synthesis import Context, Manner, Piece
from agent.standins.voices import Voices, speaker
from audio.frames import RATE


class _Voice(Wire):
    id: str = ""


class _Format(Wire):
    encoding: Literal["pcm_s16le"]
    sample_rate: Annotated[int, Field(ge=8000, le=48000)]


class _Generation(Wire):
    speed: Annotated[float, Field(ge=0.6, le=2.0)] = 1.0
    volume: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0


class _Request(Wire):
    transcript: str
    voice: _Voice
    output_format: _Format
    language: str | None = None
    generation_config: _Generation = _Generation()
    context_id: str = ""
    more: Annotated[bool, Field(alias="continue")] = False
    add_timestamps: bool = False
    max_buffer_delay_ms: int = 3000


class _Cancel(Wire):
    context_id: str
    cancel: Literal[True]


_MESSAGE: TypeAdapter[_Cancel | _Request] = TypeAdapter(_Cancel | _Request)


def routes() -> list[web.RouteDef]:
    """Under the path that is given to the plugin as `base_url`."""
    return [
        web.get("/{token}/cartesia/tts/websocket", _socket),
        web.post("/{token}/cartesia/tts/bytes", _bytes),
    ]


def _manner(request: _Request, call: Call) -> Manner:
    generation = request.generation_config
    variant, pitch = speaker(request.voice.id)
    utterance = Utterance(
        text=request.transcript,
        language=request.language or call.config.language,
        variant=variant,
        speed=generation.speed,
        volume=generation.volume,
        pitch=pitch,
    )
    return Manner(utterance, request.output_format.sample_rate, call.config.latency.tts_ms / 1000)


async def _bytes(http: web.Request) -> web.Response:
    call = _authorised(http)
    try:
        request = _Request.model_validate_json(await http.read())
    except ValidationError as error:
        raise refusal(web.HTTPBadRequest, problem(error)) from None
    manner = _manner(request, call)
    speech = await http.app[VOICES].say(manner.utterance)
    await asyncio.sleep(manner.latency)
    pcm = resampled(speech.pcm, RATE, manner.rate)
    return web.Response(body=pcm.tobytes(), content_type="audio/pcm")


def _authorised(http: web.Request) -> Call:
    call = http.app[CALLS].of(http)
    if "X-API-Key" not in http.headers:
        raise refusal(web.HTTPUnauthorized, "The header X-API-Key is missing.")
    return call


async def _socket(http: web.Request) -> web.WebSocketResponse:
    return await spoken(http, partial(_Session, http.app[VOICES], _authorised(http)))


class _Session:
    """One socket, on which contexts may overlap."""

    def __init__(self, voices: Voices, call: Call, socket: web.WebSocketResponse) -> None:
        self.tasks = Contexts()
        self._voices = voices
        self._call = call
        self._socket = socket
        self._open: dict[str, Context] = {}

    async def take(self, text: str) -> None:
        """Act on one message."""
        try:
            request = _MESSAGE.validate_json(text)
        except ValidationError as error:
            await send(self._socket, {"type": "error", "status_code": 400, "done": True, "error": problem(error)})
            return
        if isinstance(request, _Cancel):
            self._open.pop(request.context_id, None)
            self.tasks.cancel(request.context_id)
            return
        context = self._open.get(request.context_id)
        if context is None:
            context = self._begin(request)
        context.say(request.transcript)
        if request.max_buffer_delay_ms == 0:
            context.flush()
        if not request.more:
            context.finish()
            del self._open[request.context_id]

    def _begin(self, request: _Request) -> Context:
        manner = _manner(request, self._call)
        spoiler = Spoiler(self._call.outages.strike("tts", "cartesia"), manner.rate)

        async def emit(piece: Piece) -> None:
            for sent in spoiler.spoil(piece):
                await self._send(request, sent)

        context = Context(self._voices, manner, emit)
        self._open[request.context_id] = context
        self.tasks.start(request.context_id, self._speak(context, request.context_id, spoiler))
        return context

    async def _speak(self, context: Context, context_id: str, spoiler: Spoiler) -> None:
        async with breakable(self._socket):
            await spoiler.begin()
            await context.run()
            await send(self._socket, {"type": "done", "context_id": context_id, "done": True, "status_code": 200})

    async def _send(self, request: _Request, piece: Piece) -> None:
        head = {"context_id": request.context_id, "done": False, "status_code": 206}
        if request.add_timestamps and piece.words:
            timestamps = {
                "words": [word.text for word in piece.words],
                "start": [round(word.start, 3) for word in piece.words],
                "end": [round(word.end, 3) for word in piece.words],
            }
            await send(self._socket, {**head, "type": "timestamps", "word_timestamps": timestamps})
        data = base64.b64encode(piece.data).decode()
        await send(self._socket, {**head, "type": "chunk", "data": data, "step_time": 0})
