"""A callee's mind that is a real model: OpenAI's chat completions, or whatever speaks them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from agent.rehearsal.mind import HANGS_UP, MindFailed, Reply, Speaker, Turn, reply_of
from agent.rehearsal.script import Persona

_OPENAI = "https://api.openai.com/v1"
LONGEST = 7.0
"""Seconds a reply may take, a second attempt included: less than any agent waits for a silent callee."""
_AGAIN = 0.5
"""Seconds before the second and last attempt."""
_INSTRUCTIONS = f"""\
You play a person in a phone call. Somebody calls you; what they say are the messages you get. This is who you are:

{{who}}

Stay this person to the end. You are not an assistant and you do not help the caller with their work.
Speak the language {{language}}, unless who you are says otherwise.
Write only what you say aloud, as people talk on the phone: mostly one short sentence, seldom three.
No stage directions, no quotation marks, no lists.
When you want to end the call, say your last words and write {HANGS_UP} after them. Do so once the conversation is over.
"""
_RINGS = "(Your phone rings. You do not know who it is. You pick up and say something short.)"
_SILENCE = "(Silence: the caller says nothing.)"


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A model, and what it is reached with."""

    name: str
    key: SecretStr
    base_url: str | None = None
    """None: OpenAI's."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Message(_Wire):
    content: str | None = None


class _Choice(_Wire):
    message: _Message


class _Completion(_Wire):
    choices: tuple[_Choice, ...] = Field(min_length=1)


class Prompted:
    """`agent.rehearsal.mind.Mind`."""

    def __init__(self, persona: Persona, language: str, model: ChatModel, client: httpx.AsyncClient) -> None:
        """`language` is BCP 47."""
        self._persona = persona
        self._instructions = _INSTRUCTIONS.format(who=persona.who, language=language)
        self._model = model
        self._client = client

    async def reply(self, turns: Sequence[Turn]) -> Reply:
        """As `Mind.reply`."""
        try:
            async with asyncio.timeout(LONGEST):
                response = await self._ask(turns)
                if response is None or _may_pass(response.status_code):
                    await asyncio.sleep(_AGAIN)
                    response = await self._ask(turns)
        except TimeoutError:
            raise MindFailed(f"The model that plays the callee did not answer within {LONGEST:g} seconds.") from None
        if response is None:
            raise MindFailed
        return _read(response)

    async def _ask(self, turns: Sequence[Turn]) -> httpx.Response | None:
        """None: it was not reached."""
        asked = {
            "model": self._model.name,
            "messages": [{"role": "system", "content": self._instructions}, *_messages(turns)],
            "temperature": self._persona.temperature,
            "seed": self._persona.seed,
        }
        url = f"{(self._model.base_url or _OPENAI).rstrip('/')}/chat/completions"
        headers = {"Authorization": f"Bearer {self._model.key.get_secret_value()}"}
        try:
            async with asyncio.timeout(LONGEST):
                return await self._client.post(url, json=asked, headers=headers)
        except (
            TimeoutError,
            httpx.HTTPError,
            httpx.InvalidURL,
            UnicodeError,
        ):  # the last: a key that no header carries
            return None


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    roles = {Speaker.AGENT: "user", Speaker.CALLEE: "assistant"}
    said = [{"role": roles[turn.speaker], "content": _content(turn)} for turn in turns]
    return [{"role": "user", "content": _RINGS}, *said]


def _content(turn: Turn) -> str:
    if turn.text:
        return turn.text
    return _SILENCE if turn.speaker is Speaker.AGENT else "…"


def _may_pass(status: int) -> bool:
    return status == 429 or status >= 500


def _read(response: httpx.Response) -> Reply:
    if response.status_code != 200:
        raise MindFailed(_refused(response.status_code))
    try:
        completion = _Completion.model_validate_json(response.content)
    except ValidationError:
        raise MindFailed from None
    return reply_of(completion.choices[0].message.content or "")


def _refused(status: int) -> str:
    if status in (401, 403):
        return "OPENAI_API_KEY: expected a key that the model which plays the callee accepts"
    if status == 404:
        return "VOICE_WORKER_PERSONA_MODEL: expected a model that there is, to play the callee"
    return f"The model that plays the callee answered with an error ({status})."
