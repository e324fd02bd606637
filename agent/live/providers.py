"""Asking the providers: one authenticated GET each."""

import asyncio
from collections.abc import Iterable, Mapping

import httpx

from agent.live.finding import Findings, well, wrong
from agent.live.questions import Question

LONGEST = 5.0
"""Seconds an answer may take."""
_INVALID = "API_KEY_INVALID"
"""How Google refuses a key."""
_LIMITED = "missing_permissions"
"""How ElevenLabs refuses a good key that may not read voices."""


async def answers(questions: Iterable[Question], longest: float = LONGEST) -> Mapping[Question, Findings]:
    """Ask everything at once, each question once. Raises nothing."""
    asked = list(dict.fromkeys(questions))
    async with httpx.AsyncClient(trust_env=False, timeout=longest) as client:
        found = await asyncio.gather(*(_answer(client, question, longest) for question in asked))
    return dict(zip(asked, found, strict=True))


async def _answer(client: httpx.AsyncClient, question: Question, longest: float) -> Findings:
    headers = {question.header: question.scheme + question.key.get_secret_value()}
    if question.version is not None:
        headers["Cartesia-Version"] = question.version
    try:
        async with asyncio.timeout(longest):
            response = await client.get(question.url, headers=headers)
    except (TimeoutError, httpx.TimeoutException):
        return wrong(question.key_from, f"expected {question.who} to answer within {longest:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):  # a key that no header can carry is a UnicodeError
        return wrong(question.key_from, f"expected {question.who} to be reachable")
    return _judged(question, response)


def _judged(question: Question, response: httpx.Response) -> Findings:
    who = question.who
    match response.status_code:
        case status if 200 <= status < 300:
            there = (
                ", the voice is there" if question.voice_from else ", the model is there" if question.model_from else ""
            )
            return well(f"{who}: the key works{there}")
        case 401 | 403 if _LIMITED in response.text:
            return well(f"{who}: the key works, though it may not look up voices")
        case 429:
            return well(f"{who}: the key is not refused, though there are too many requests just now")
        case 404 | 405 if question.may_lack:
            return well(f"{who}: it answers; whether the key works cannot be asked there")
        case 400 if _INVALID in response.text:
            return _refused(question, 401)
        case status:
            return _refused(question, status)


def _refused(question: Question, status: int) -> Findings:
    who = question.who
    if status in (401, 403):
        return wrong(question.key_from, f"expected a key that {who} accepts")
    if status == 404 and question.voice_from is not None:
        return wrong(question.voice_from, f"expected a voice that {who} has")
    if status == 404 and question.model_from is not None:
        return wrong(question.model_from, f"expected a model that {who} has")
    return wrong(question.key_from, f"expected {who} to answer with 200, not {status}")
