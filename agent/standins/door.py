"""Where requests come in: those that a fault strikes are answered here, as far as it does not matter what was asked.

A completion, a recogniser's connection and a voice without a socket are struck here; a fault that is for later is left
in the request, under `STRUCK`. A voice with a socket is struck utterance by utterance; opening its socket is a request
as well, for the faults that can happen to it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.standins.calls import CALLS, refusal
from agent.standins.config import AT_THE_DOOR, FaultKind, Provider, ProviderFault
from agent.standins.spoiling import NO_JSON, Broken, Nonsense

STRUCK: web.RequestKey[ProviderFault] = web.RequestKey("struck", ProviderFault)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_EVENTS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
_REFUSALS: dict[FaultKind, tuple[type[web.HTTPError], str]] = {
    FaultKind.UNAUTHORISED: (web.HTTPUnauthorized, "The key is refused."),
    FaultKind.LIMITED: (web.HTTPTooManyRequests, "Too many requests."),
    FaultKind.DOWN: (web.HTTPServiceUnavailable, "The provider is down."),
}


class _Completion(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str = ""


@web.middleware
async def door(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer what is struck; let everything else in."""
    fault = await _fault(request)
    if fault is None:
        return await _kept(request, handler)
    if fault.kind is FaultKind.REFUSED:
        return _gone(request)
    if fault.kind in _REFUSALS:
        raise _refused(fault)
    if request.method == "POST" and fault.kind is FaultKind.SILENT:
        await web.StreamResponse(headers=_EVENTS).prepare(request)
        await asyncio.Event().wait()  # ended by the client's disconnection
    if request.method == "POST" and fault.kind is FaultKind.MALFORMED:
        return await _nonsense(request)
    request[STRUCK] = fault
    return await _kept(request, handler)


async def _kept(http: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(http)
    except Broken:
        return _gone(http)
    except Nonsense:
        return await _nonsense(http)


async def _fault(http: web.Request) -> ProviderFault | None:
    match http.path.split("/")[2:]:
        case ["openai", "v1", "chat", "completions"]:
            return _struck(http, "llm", await _model(http))
        case ["openai", "v1", "audio", "speech"]:
            return _struck(http, "tts", "openai")
        case ["google", *_] if http.method == "POST":
            return _struck(http, "tts", "google")
        case ["cartesia" | "elevenlabs" | "gradium" as voice, *_]:
            return http.app[CALLS].of(http).outages.strike("tts", voice, AT_THE_DOOR)
        case ["deepgram" | "soniox" as recogniser, *_]:
            return _struck(http, "stt", recogniser)
        case _:
            return None


def _struck(http: web.Request, provider: Provider, name: str) -> ProviderFault | None:
    return http.app[CALLS].of(http).outages.strike(provider, name)


async def _model(http: web.Request) -> str:
    try:
        return _Completion.model_validate_json(await http.read()).model
    except ValidationError:
        return ""


def _refused(fault: ProviderFault) -> web.HTTPError:
    kind, sentence = _REFUSALS[fault.kind]
    error = refusal(kind, sentence)
    if fault.kind is FaultKind.LIMITED:
        error.headers["Retry-After"] = f"{fault.lasting:g}"
    return error


def _gone(http: web.Request) -> web.Response:
    """Close the connection without an answer; what is returned goes nowhere."""
    if http.transport is not None:
        http.transport.abort()
    return web.Response()


async def _nonsense(http: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers=_EVENTS)
    await response.prepare(http)
    await response.write(f"data: {NO_JSON}\n\n".encode())
    await response.write_eof()
    return response
