"""Which mind a line's persona gets, and what that takes."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import assert_never

import httpx

from agent.problems import ErrorCode, InputInvalid, Problem
from agent.providers import Providers, Source
from agent.rehearsal.improvised import Improvised
from agent.rehearsal.prompted import LONGEST, ChatModel, Prompted
from agent.rehearsal.script import LineScript
from agent.rehearsal.thinking import Thinking, thinking
from agent.settings import Settings


def check_key(lines: Iterable[LineScript], providers: Providers, settings: Settings) -> None:
    """Find out before the calls that every persona can be played. Raises `InputInvalid`."""
    if providers.persona is Source.REAL and any(line.persona is not None for line in lines):
        _model(settings)


@asynccontextmanager
async def mind_of(
    line: LineScript, language: str, providers: Providers, settings: Settings
) -> AsyncIterator[Thinking | None]:
    """The mind of the callee, until the call is over; None without a persona. `language` is the attempt's.

    Raises `InputInvalid`.
    """
    if line.persona is None:
        yield None
        return
    spoken = line.spoken(language)
    match providers.persona:
        case Source.STAND_IN:
            async with thinking(Improvised(line.persona, spoken)) as mind:
                yield mind
        case Source.REAL:
            model = _model(settings)
            async with (
                httpx.AsyncClient(trust_env=False, timeout=LONGEST) as client,
                thinking(Prompted(line.persona, spoken, model, client)) as mind,
            ):
                yield mind
        case _:
            assert_never(providers.persona)


def _model(settings: Settings) -> ChatModel:
    if settings.openai_api_key is None:
        expected = "expected to be set, as this line's persona is played by OpenAI's model"
        raise InputInvalid([Problem("OPENAI_API_KEY", expected, ErrorCode.MISSING_CREDENTIALS)])
    return ChatModel(settings.persona_model, settings.openai_api_key, settings.openai_base_url)
