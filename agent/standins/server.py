"""The stand-in process: one loopback server for all of them, which lives as long as its parent."""

import asyncio
import json
import secrets
import sys

from aiohttp import web

from agent.standins import (
    cartesia,
    certificate,
    chat,
    control,
    deepgram,
    elevenlabs,
    gemini,
    gemini_voice,
    gradium,
    openai_voice,
    realtime,
    soniox,
    tools,
)
from agent.standins.calls import CALLS, SECURE, VOICES, Calls, Secure
from agent.standins.certificate import HOST
from agent.standins.door import door
from agent.standins.espeak import EspeakMissing
from agent.standins.voices import Voices

_BODY_LIMIT = 16 * 1024 * 1024
"""Bytes of a request; a prompt may be long."""


def application(voices: Voices, secret: str, secure: Secure) -> web.Application:
    """All stand-ins, and the parent's control under `secret`."""
    app = web.Application(client_max_size=_BODY_LIMIT, middlewares=[door])
    app[CALLS] = Calls()
    app[VOICES] = voices
    app[SECURE] = secure
    app.add_routes(control.routes(secret))
    for stand_in in (
        chat,
        cartesia,
        elevenlabs,
        gradium,
        deepgram,
        soniox,
        tools,
        realtime,
        openai_voice,
        gemini,
        gemini_voice,
    ):
        app.add_routes(stand_in.routes())
    return app


async def serve() -> int:
    """Print one JSON line, `{"port", "secret"}` or `{"failed"}`, then serve until standard input ends."""
    voices = Voices()
    try:
        await voices.open()
    except EspeakMissing as missing:
        _announce({"failed": str(missing)})
        voices.close()
        return 1
    secret = secrets.token_hex(16)
    context, pem = certificate.made()
    secure = Secure(pem)
    runner = web.AppRunner(
        application(voices, secret, secure), access_log=None, handler_cancellation=True, shutdown_timeout=0.5
    )
    await runner.setup()
    sites = web.TCPSite(runner, HOST, 0), web.TCPSite(runner, HOST, 0, ssl_context=context)
    try:
        for site in sites:
            await site.start()
        secure.port = runner.addresses[1][1]
        _announce({"port": runner.addresses[0][1], "secret": secret})
        await _parent_gone()
    finally:
        await runner.cleanup()
        voices.close()
    return 0


def _announce(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def _parent_gone() -> None:
    """Returns when standard input, which the parent holds open and never writes to, comes to its end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        continue
