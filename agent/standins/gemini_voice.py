"""Google's voices as `livekit-plugins-google` speaks to them: `POST models/{model}:streamGenerateContent`, over TLS."""

import asyncio
import base64
import json
import re

from aiohttp import web
from pydantic import ValidationError

from agent.standins.calls import CALLS, VOICES, refusal
from agent.standins.door import STRUCK
from agent.standins.gemini import Content, Generation, GoogleWire
from agent.standins.sockets import problem
from agent.standins.spoiling import Spoiler
from agent.standins.talk import Voice, paced
from audio.frames import RATE

_QUOTED = re.compile(r'"(.*)"\s*$', re.DOTALL)
"""What is to be said; before it may stand how."""


class _Request(GoogleWire):
    contents: tuple[Content, ...]
    generation_config: Generation


def routes() -> list[web.RouteDef]:
    """Under the path that is given to the SDK as `base_url`."""
    return [web.post("/{token}/google/{version}/models/{model}:streamGenerateContent", _speech)]


async def _speech(http: web.Request) -> web.StreamResponse:
    call = http.app[CALLS].of(http)
    try:
        request = _Request.model_validate_json(await http.read())
    except ValidationError as error:
        raise refusal(web.HTTPBadRequest, problem(error)) from None
    asked = " ".join(content.text for content in request.contents)
    quoted = _QUOTED.search(asked)
    name = request.generation_config.speech_config.voice_config.prebuilt_voice_config.voice_name
    text = asked if quoted is None else quoted[1]
    speech = await Voice(http.app[VOICES], name, call.config.language).say(text)
    await asyncio.sleep(call.config.latency.tts_ms / 1000)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(http)
    spoiler = Spoiler(http.get(STRUCK), RATE)
    async for piece in paced(speech):
        for sent in spoiler.spoil(piece):
            await response.write(_event(base64.b64encode(sent.data).decode()))
    await response.write_eof()
    return response


def _event(data: str) -> bytes:
    part = {"inlineData": {"data": data, "mimeType": "audio/L16;codec=pcm;rate=24000"}}
    chunk = {"candidates": [{"content": {"role": "model", "parts": [part]}}]}
    return b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"
