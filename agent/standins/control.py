"""How the parent speaks to the stand-in process: under a path that only it knows."""

import asyncio
import base64
import json
import os

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from agent.standins import calls
from agent.standins.config import CallConfig
from agent.standins.espeak import Utterance
from agent.standins.sockets import problem
from agent.standins.speech import Mark

_MARKS: TypeAdapter[tuple[Mark, ...]] = TypeAdapter(tuple[Mark, ...])
_UTTERANCE: TypeAdapter[Utterance] = TypeAdapter(Utterance)


def routes(secret: str) -> list[web.RouteDef]:
    """`secret` is the first part of every path."""
    return [
        web.post(f"/{secret}/calls", _open),
        web.delete(f"/{secret}/calls/{{token}}", _close),
        web.post(f"/{secret}/calls/{{token}}/marks", _mark),
        web.post(f"/{secret}/voice", _voice),
        web.get(f"/{secret}/life", _life),
    ]


async def _open(http: web.Request) -> web.Response:
    config = CallConfig.model_validate_json(await http.read())
    secure = http.app[calls.SECURE]
    token = http.app[calls.CALLS].open(config)
    return web.json_response({"token": token, "port": secure.port, "certificate": secure.certificate})


async def _close(http: web.Request) -> web.Response:
    http.app[calls.CALLS].close(http.match_info["token"])
    return web.Response(status=204)


async def _mark(http: web.Request) -> web.Response:
    http.app[calls.CALLS].of(http).mark(_MARKS.validate_json(await http.read()))
    return web.Response(status=204)


async def _voice(http: web.Request) -> web.Response:
    try:
        utterance = _UTTERANCE.validate_json(await http.read())
    except ValidationError as error:
        raise calls.refusal(web.HTTPBadRequest, problem(error)) from None
    speech = await http.app[calls.VOICES].say(utterance)
    words = [[word.text, word.start, word.end] for word in speech.words]
    return web.json_response({"words": words, "pcm": base64.b64encode(speech.pcm.tobytes()).decode()})


async def _life(http: web.Request) -> web.StreamResponse:
    """A line with the process's id, then nothing: the answer ends when the process does."""
    response = web.StreamResponse()
    await response.prepare(http)
    await response.write(json.dumps({"pid": os.getpid()}).encode() + b"\n")
    await asyncio.Event().wait()
    return response
