"""ElevenLabs' voices as `livekit-plugins-elevenlabs` speaks to them.

`GET text-to-speech/{voice}/multi-stream-input` (WebSocket) and `POST text-to-speech/{voice}/stream`.
"""

import asyncio
import base64
from functools import partial
from itertools import pairwise
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, ValidationError

from agent.standins.calls import CALLS, VOICES, Call, refusal
from agent.standins.espeak import Utterance
from agent.standins.resample import resampled
from agent.standins.sockets import Contexts, Wire, problem, send, spoken
from agent.standins.speech import TimedWord
from agent.standins.spoiling import Spoiler, breakable
from agent.standins.synthesis import Context, Manner, Piece
from agent.standins.voices import Voices, speaker
from audio.frames import RATE

_RATES = {f"pcm_{rate}": rate for rate in (8000, 16000, 22050, 24000, 44100, 48000)}


class _Settings(Wire):
    speed: Annotated[float, Field(ge=0.7, le=1.2)] = 1.0


class _Message(Wire):
    context_id: str = "default"
    text: str = ""
    voice_settings: _Settings | None = None
    flush: bool = False
    close_context: bool = False
    close_socket: bool = False


class _Body(Wire):
    text: str
    voice_settings: _Settings | None = None
    language_code: str | None = None


def routes() -> list[web.RouteDef]:
    """Under the path that is given to the plugin as `base_url`."""
    return [
        web.get("/{token}/elevenlabs/v1/text-to-speech/{voice}/multi-stream-input", _socket),
        web.post("/{token}/elevenlabs/v1/text-to-speech/{voice}/stream", _stream),
    ]


def _authorised(http: web.Request) -> tuple[Call, Manner]:
    """The call, and the manner that the request's path and query ask for."""
    call = http.app[CALLS].of(http)
    if "xi-api-key" not in http.headers:
        raise refusal(web.HTTPUnauthorized, "The header xi-api-key is missing.")
    encoding = http.query.get("output_format", "mp3_44100_128")
    if encoding not in _RATES:
        raise refusal(web.HTTPBadRequest, f"The stand-in's output_format is one of {', '.join(_RATES)}.")
    language = http.query.get("language_code", call.config.language)
    variant, pitch = speaker(http.match_info["voice"])
    utterance = Utterance("", language, variant, pitch=pitch)
    return call, Manner(utterance, _RATES[encoding], call.config.latency.tts_ms / 1000)


async def _stream(http: web.Request) -> web.Response:
    _, manner = _authorised(http)
    try:
        body = _Body.model_validate_json(await http.read())
    except ValidationError as error:
        raise refusal(web.HTTPBadRequest, problem(error)) from None
    manner = manner.at((body.voice_settings or _Settings()).speed)
    speech = await http.app[VOICES].say(manner.utter(body.text, body.language_code))
    await asyncio.sleep(manner.latency)
    return web.Response(body=resampled(speech.pcm, RATE, manner.rate).tobytes(), content_type="audio/pcm")


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call, manner = _authorised(http)
    return await spoken(http, partial(_Session, http.app[VOICES], call, manner))


class _Session:
    """One socket, on which contexts may overlap."""

    def __init__(self, voices: Voices, call: Call, manner: Manner, socket: web.WebSocketResponse) -> None:
        self.tasks = Contexts()
        self._voices = voices
        self._call = call
        self._manner = manner
        self._socket = socket
        self._open: dict[str, Context] = {}

    async def take(self, text: str) -> None:
        """Act on one message."""
        try:
            message = _Message.model_validate_json(text)
        except ValidationError as error:
            await send(self._socket, {"error": problem(error), "code": 1008})
            return
        if message.close_socket:
            for unfinished in self._open.values():
                unfinished.finish()
            self._open.clear()
            return
        context = self._open.get(message.context_id)
        if context is None:
            if message.close_context:
                return
            context = self._begin(message)
        context.say(message.text)
        if message.flush:
            context.flush()
        if message.close_context:
            context.finish()
            del self._open[message.context_id]

    def _begin(self, message: _Message) -> Context:
        manner = self._manner.at((message.voice_settings or _Settings()).speed)
        spoiler = Spoiler(self._call.outages.strike("tts", "elevenlabs"), manner.rate)

        async def emit(piece: Piece) -> None:
            for sent in spoiler.spoil(piece):
                await self._send(message.context_id, sent)

        context = Context(self._voices, manner, emit)
        self._open[message.context_id] = context
        self.tasks.start(message.context_id, self._speak(context, message.context_id, spoiler))
        return context

    async def _speak(self, context: Context, context_id: str, spoiler: Spoiler) -> None:
        async with breakable(self._socket):
            await spoiler.begin()
            await context.run()
            await send(self._socket, {"isFinal": True, "contextId": context_id})

    async def _send(self, context_id: str, piece: Piece) -> None:
        aligned = alignment(piece.words)
        audio = base64.b64encode(piece.data).decode()
        message = {"audio": audio, "alignment": aligned, "normalizedAlignment": aligned, "contextId": context_id}
        await send(self._socket, message)


def alignment(words: tuple[TimedWord, ...]) -> dict[str, Any] | None:
    """Times of every character, spaces included, in milliseconds from the start of the context."""
    if not words:
        return None
    chars: list[str] = []
    starts: list[int] = []
    durations: list[int] = []
    for word in words:
        begin, length = round(word.start * 1000), round((word.end - word.start) * 1000)
        edges = [begin + length * index // len(word.text) for index in range(len(word.text) + 1)]
        for char, (edge, following) in zip(word.text, pairwise(edges), strict=True):
            chars.append(char)
            starts.append(edge)
            durations.append(following - edge)
        chars.append(" ")
        starts.append(begin + length)
        durations.append(0)
    return {"chars": chars, "charStartTimesMs": starts, "charDurationsMs": durations}
