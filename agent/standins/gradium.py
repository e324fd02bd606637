"""Gradium's voices as `livekit-plugins-gradium` speaks to them: `GET speech/tts` (WebSocket), one utterance on each."""

import base64
import json
import secrets
from functools import partial
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from agent.standins.calls import CALLS, VOICES, Call
from agent.standins.espeak import Utterance
from agent.standins.sockets import Contexts, Wire, problem, send, spoken
from agent.standins.spoiling import Spoiler, breakable
from agent.standins.synthesis import Context, Manner, Piece
from agent.standins.voices import Voices, speaker

_RATES = {"pcm": 48_000, **{f"pcm_{rate}": rate for rate in (8000, 16_000, 22_050, 24_000, 44_100, 48_000)}}
_FASTEST, _SLOWEST = 1.5, 0.6
"""Speeds at the ends of `padding_bonus`, which are not documented."""
_MOST_PADDING = 4.0
_PROTOCOL, _UNSUPPORTED, _POLICY = 1002, 1003, 1008
"""Codes that a socket is closed with."""


def _decoded(config: object) -> object:
    """The settings of a voice come as JSON, or as JSON in a string."""
    try:
        return json.loads(config) if isinstance(config, str) else config
    except ValueError:
        return None


class _Config(Wire):
    padding_bonus: Annotated[float, Field(ge=-_MOST_PADDING, le=_MOST_PADDING)] = 0.0
    temp: Annotated[float, Field(ge=0, le=1.4)] = 0.7
    cfg_coef: Annotated[float, Field(ge=1, le=4)] = 2.0

    @property
    def speed(self) -> float:
        """What the padding comes to."""
        share = self.padding_bonus / _MOST_PADDING
        return 1 - share * ((_FASTEST - 1) if share < 0 else (1 - _SLOWEST))


class _Setup(Wire):
    type: Literal["setup"]
    model_name: str = "default"
    voice_id: str | None = None
    voice: str | None = None
    output_format: Literal["pcm", "pcm_8000", "pcm_16000", "pcm_22050", "pcm_24000", "pcm_44100", "pcm_48000"]
    json_config: Annotated[_Config, BeforeValidator(_decoded)] = _Config()


class _Text(Wire):
    type: Literal["text"]
    text: str


class _End(Wire):
    type: Literal["end_of_stream"]


_MESSAGE: TypeAdapter[_Setup | _Text | _End] = TypeAdapter(
    Annotated[_Setup | _Text | _End, Field(discriminator="type")]
)


def routes() -> list[web.RouteDef]:
    """The path that is given to the plugin as `model_endpoint`."""
    return [web.get("/{token}/gradium/api/speech/tts", _socket)]


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call = http.app[CALLS].of(http)
    return await spoken(http, partial(_Session, http.app[VOICES], call, "x-api-key" in http.headers))


class _Session:
    """One socket."""

    def __init__(self, voices: Voices, call: Call, authorised: bool, socket: web.WebSocketResponse) -> None:
        self.tasks = Contexts()
        self._voices = voices
        self._call = call
        self._authorised = authorised
        self._socket = socket
        self._context: Context | None = None

    async def take(self, text: str) -> None:
        """Act on one message."""
        if not self._authorised:
            await self._refuse(_POLICY, "The header x-api-key is missing.")
            return
        try:
            message = _MESSAGE.validate_json(text)
        except ValidationError as error:
            await self._refuse(_UNSUPPORTED, problem(error))
            return
        match message, self._context:
            case _Setup(), None:
                await self._begin(message)
            case _Text(text=words), Context() as context:
                context.say(words)
            case _End(), Context() as context:
                context.finish()
            case _:
                await self._refuse(_PROTOCOL, "The first message, and no other, is the setup.")

    async def _begin(self, setup: _Setup) -> None:
        rate = _RATES[setup.output_format]
        request = secrets.token_hex(16)
        ready = {"type": "ready", "request_id": request, "model_name": setup.model_name, "sample_rate": rate}
        await send(self._socket, {**ready, "frame_size": round(rate * 0.08)})
        variant, pitch = speaker(setup.voice_id or setup.voice or "")
        utterance = Utterance("", self._call.config.language, variant, speed=setup.json_config.speed, pitch=pitch)
        manner = Manner(utterance, rate, self._call.config.latency.tts_ms / 1000)
        spoiler = Spoiler(self._call.outages.strike("tts", "gradium"), rate)

        async def emit(piece: Piece) -> None:
            for sent in spoiler.spoil(piece):
                await self._send(sent)

        self._context = Context(self._voices, manner, emit)
        self.tasks.start(request, self._speak(self._context, spoiler))

    async def _speak(self, context: Context, spoiler: Spoiler) -> None:
        async with breakable(self._socket):
            await spoiler.begin()
            await context.run()
            await send(self._socket, {"type": "end_of_stream"})
            await self._socket.close()

    async def _send(self, piece: Piece) -> None:
        for word in piece.words:
            times = {"start_s": round(word.start, 3), "stop_s": round(word.end, 3)}
            await send(self._socket, {"type": "text", "text": word.text, **times})
        audio: dict[str, Any] = {"type": "audio", "audio": base64.b64encode(piece.data).decode()}
        await send(self._socket, audio)

    async def _refuse(self, code: int, sentence: str) -> None:
        await send(self._socket, {"type": "error", "message": sentence, "code": code})
        await self._socket.close(code=code)
