"""Deepgram's live recogniser as `livekit-plugins-deepgram` speaks to it: `GET listen` (WebSocket)."""

import secrets
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from aiohttp import WSMsgType, web
from pydantic import ValidationError

from agent.standins.calls import CALLS, Call, refusal
from agent.standins.config import ProviderFault
from agent.standins.door import STRUCK
from agent.standins.listener import Listener, Report, attentive
from agent.standins.recogniser import HeardWord, Result, Started
from agent.standins.sockets import Wire, opened, send
from agent.standins.spoiling import ailing


class _Control(Wire):
    type: Literal["KeepAlive", "Finalize", "CloseStream"]


@dataclass(frozen=True, slots=True)
class _Options:
    rate: int
    interim: bool
    formatted: bool
    activity: bool


def routes() -> list[web.RouteDef]:
    """The path that is given to the plugin as `base_url`."""
    return [web.get("/{token}/deepgram/v1/listen", _socket)]


def _options(http: web.Request) -> _Options:
    query = http.query
    rate = query.get("sample_rate", "16000")
    if query.get("encoding", "linear16") != "linear16" or query.get("channels", "1") != "1" or not rate.isdecimal():
        raise refusal(web.HTTPBadRequest, "The stand-in hears one channel of linear16 at a given sample_rate.")
    if not 8000 <= int(rate) <= 48000:
        raise refusal(web.HTTPBadRequest, "sample_rate is 8000 to 48000.")
    return _Options(
        rate=int(rate),
        interim=query.get("interim_results") == "true",
        formatted="true" in (query.get("punctuate"), query.get("smart_format")),
        activity=query.get("vad_events") == "true",
    )


async def _socket(http: web.Request) -> web.WebSocketResponse:
    call = http.app[CALLS].of(http)
    if "Authorization" not in http.headers:
        raise refusal(web.HTTPUnauthorized, "The header Authorization is missing.")
    options = _options(http)

    async def talk(socket: web.WebSocketResponse) -> None:
        session = _Session(socket, options)
        await session.listen(call, http.get(STRUCK))

    return await opened(http, talk)


class _Session:
    """One socket."""

    def __init__(self, socket: web.WebSocketResponse, options: _Options) -> None:
        self._socket = socket
        self._options = options
        self._request_id = secrets.token_hex(16)

    async def listen(self, call: Call, fault: ProviderFault | None) -> None:
        """Take audio and commands until the client closes the stream."""
        listener = Listener(call.config, self._options.rate, self._tell, activity=self._options.activity)
        async with attentive(call, listener), ailing(self._socket, listener, fault):
            async for message in self._socket:
                if message.type is WSMsgType.BINARY:
                    listener.hear(message.data)
                    continue
                try:
                    control = _Control.model_validate_json(message.data)
                except ValidationError:
                    continue
                if control.type == "KeepAlive":
                    continue
                await listener.flush()
                if control.type == "CloseStream":
                    await send(self._socket, self._metadata(listener.position))
                    await self._socket.close()

    async def _tell(self, report: Report) -> None:
        match report:
            case Started():
                if self._options.activity:
                    began = {"type": "SpeechStarted", "channel": [0], "timestamp": round(report.at, 3)}
                    await send(self._socket, began)
            case Result():
                if report.final or self._options.interim:
                    await send(self._socket, self._results(report))
            case _:
                assert_never(report)

    def _results(self, result: Result) -> dict[str, Any]:
        words = [_word(word, self._options.formatted) for word in result.words]
        key = "punctuated_word" if self._options.formatted else "word"
        confidence = min((word.confidence for word in result.words), default=0.0)
        start, end = (result.words[0].start, result.words[-1].end) if result.words else (0.0, 0.0)
        alternative = {"transcript": " ".join(word[key] for word in words), "confidence": confidence, "words": words}
        return {
            "type": "Results",
            "channel_index": [0, 1],
            "start": start,
            "duration": round(end - start, 3),
            "is_final": result.final,
            "speech_final": result.final,
            "from_finalize": result.flushed,
            "channel": {"alternatives": [alternative]},
            "metadata": {"request_id": self._request_id},
        }

    def _metadata(self, duration: float) -> dict[str, Any]:
        return {"type": "Metadata", "request_id": self._request_id, "duration": round(duration, 3), "channels": 1}


def _word(word: HeardWord, formatted: bool) -> dict[str, Any]:
    bare = word.text.strip(".,;:!?…¿¡\"'()«»").casefold()
    plain = {"word": bare or word.text, "start": word.start, "end": word.end, "confidence": word.confidence}
    return {**plain, "punctuated_word": word.text} if formatted else plain
