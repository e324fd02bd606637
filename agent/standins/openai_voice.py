"""OpenAI's voices as `livekit-plugins-openai` speaks to them: `POST audio/speech`, streamed as events."""

import asyncio
import base64
import json
import secrets
from typing import Any, Literal

from aiohttp import web
from pydantic import ValidationError

from agent.standins.calls import CALLS, VOICES, refusal
from agent.standins.door import STRUCK
from agent.standins.sockets import Wire, problem
from agent.standins.spoiling import Spoiler
from agent.standins.talk import TOKENS_A_SECOND, Voice, paced
from audio.frames import RATE


class _Request(Wire):
    model: str
    input: str
    voice: str
    response_format: Literal["pcm"]
    stream_format: Literal["sse"]


def routes() -> list[web.RouteDef]:
    """Under the path of chat completions' `base_url`."""
    return [web.post("/{token}/openai/v1/audio/speech", _speech)]


async def _speech(http: web.Request) -> web.StreamResponse:
    call = http.app[CALLS].of(http)
    try:
        request = _Request.model_validate_json(await http.read())
    except ValidationError as error:
        raise refusal(web.HTTPBadRequest, problem(error)) from None
    speech = await Voice(http.app[VOICES], request.voice, call.config.language).say(request.input)
    await asyncio.sleep(call.config.latency.tts_ms / 1000)
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "x-request-id": secrets.token_hex(8)}
    response = web.StreamResponse(headers=headers)
    await response.prepare(http)
    spoiler = Spoiler(http.get(STRUCK), RATE)
    async for piece in paced(speech):
        for sent in spoiler.spoil(piece):
            sound = base64.b64encode(sent.data).decode()
            await response.write(_event({"type": "speech.audio.delta", "audio": sound}))
    read, spoken = len(request.input) // 4, round(speech.length * TOKENS_A_SECOND)
    usage = {"input_tokens": read, "output_tokens": spoken, "total_tokens": read + spoken}
    await response.write(_event({"type": "speech.audio.done", "usage": usage}))
    await response.write_eof()
    return response


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"
