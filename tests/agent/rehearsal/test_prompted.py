"""The mind that is a model, against a server of the test's own."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr

from agent.rehearsal.mind import MindFailed, Reply, Speaker, Turn
from agent.rehearsal.prompted import LONGEST, ChatModel, Prompted
from agent.rehearsal.script import Persona
from agent.settings import Settings
from tests.loopback import served

KEY = "sk-of-the-test"


class Server:
    """Answers with what it is given, in order, and the last again and again; remembers what it was asked."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._answers = answers

    async def complete(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        self.keys.append(request.headers["Authorization"])
        status, body = self._answers[min(len(self.asked), len(self._answers)) - 1]
        return web.Response(status=status, text=body, content_type="application/json")

    async def reply(self, *turns: Turn, key: str = KEY) -> Reply:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self.complete)
        persona = Persona(who="a busy baker", seed=7, temperature=0.3)
        async with served(application) as port, httpx.AsyncClient(trust_env=False) as client:
            model = ChatModel("gpt-4.1-mini", SecretStr(key), f"http://127.0.0.1:{port}/v1/")
            return await Prompted(persona, "fr", model, client).reply(turns)


def saying(content: str | None) -> tuple[int, str]:
    return 200, json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]})


def heard(text: str) -> Turn:
    return Turn(Speaker.AGENT, text)


async def test_the_model_is_told_who_it_is_and_asked_with_seed_and_temperature() -> None:
    server = Server(saying("Allô ?"))
    assert await server.reply() == Reply("Allô ?")
    [asked] = server.asked
    assert (asked["model"], asked["seed"], asked["temperature"]) == ("gpt-4.1-mini", 7, 0.3)
    system, ringing = asked["messages"]
    assert system["role"] == "system"
    assert "a busy baker" in system["content"]
    assert "language fr" in system["content"]
    assert "[hangs up]" in system["content"]
    assert ringing["role"] == "user"
    assert server.keys == [f"Bearer {KEY}"]


async def test_the_agent_is_the_user_and_the_callee_the_assistant() -> None:
    server = Server(saying("No. [hangs up]"))
    turns: Sequence[Turn] = (
        Turn(Speaker.CALLEE, "Hello?"),
        heard("This is Anna."),
        Turn(Speaker.CALLEE, ""),
        heard(""),
    )
    assert await server.reply(*turns) == Reply("No.", hangs_up=True)
    messages = server.asked[0]["messages"][2:]
    assert [message["role"] for message in messages] == ["assistant", "user", "assistant", "user"]
    assert messages[1]["content"] == "This is Anna."
    assert all(message["content"] for message in messages)
    assert "Silence" in messages[3]["content"]


@pytest.mark.parametrize("content", ["", None])
async def test_a_model_that_answers_nothing_is_a_callee_who_says_nothing(content: str | None) -> None:
    assert await Server(saying(content)).reply(heard("Hello.")) == Reply("")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_error_that_may_pass_is_given_a_second_chance(status: int) -> None:
    server = Server((status, "{}"), saying("Yes."))
    assert await server.reply(heard("Hello.")) == Reply("Yes.")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "said", "times"),
    [
        ((401, "{}"), "OPENAI_API_KEY: expected a key that the model which plays the callee accepts", 1),
        ((404, "{}"), "VOICE_WORKER_PERSONA_MODEL: expected a model that there is, to play the callee", 1),
        ((400, "{}"), "The model that plays the callee answered with an error (400).", 1),
        ((500, "{}"), "The model that plays the callee answered with an error (500).", 2),
        ((200, "oops"), "The model that plays the callee could not be reached or answered with an error.", 1),
        (
            (200, '{"choices": []}'),
            "The model that plays the callee could not be reached or answered with an error.",
            1,
        ),
    ],
)
async def test_what_went_wrong_is_one_sentence(answer: tuple[int, str], said: str, times: int) -> None:
    server = Server(answer)
    with pytest.raises(MindFailed) as raised:
        await server.reply(heard("Hello."))
    assert str(raised.value) == said
    assert len(server.asked) == times


def test_a_model_that_never_answers_is_given_up_before_the_agent_gives_up_the_callee() -> None:
    assert Settings.model_fields["inactivity_secs"].default[0] > LONGEST


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "ws://127.0.0.1:1/v1"])
async def test_a_server_that_is_not_there_is_told(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        model = ChatModel("gpt-4.1-mini", SecretStr(KEY), url)
        with pytest.raises(MindFailed, match="could not be reached"):
            await Prompted(Persona(who="a baker"), "en", model, client).reply(())


async def test_a_key_that_no_header_can_carry_is_told_without_it() -> None:
    with pytest.raises(MindFailed) as raised:
        await Server(saying("Yes.")).reply(key="schlüssel\n")
    assert "schl" not in str(raised.value)
