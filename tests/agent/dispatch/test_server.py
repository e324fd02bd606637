import pytest
from aiohttp import web

from agent import settings
from agent.dispatch.server import ServerFailed, connected
from agent.problems import SettingsInvalid
from tests.agent.dispatch.livekit import LiveKit, livekit, twirp


async def complaint(server: LiveKit, **variables: str) -> str:
    with pytest.raises((SettingsInvalid, ServerFailed)) as raised:
        async with connected(server.settings(**variables)) as asked:
            await asked.rooms()
    return str(raised.value)


async def test_every_setting_that_is_missing_is_named() -> None:
    with pytest.raises(SettingsInvalid) as raised:
        async with connected(settings.of({"LIVEKIT_API_KEY": "k"})):
            pass
    assert raised.value.lines() == ("LIVEKIT_URL: expected to be set", "LIVEKIT_API_SECRET: expected to be set")


async def test_a_wrong_setting_is_named_without_its_value() -> None:
    async with livekit() as server:
        said = {
            await complaint(server, LIVEKIT_API_KEY="nokey"),
            await complaint(server, LIVEKIT_API_SECRET="f" * 40),
            await complaint(server, LIVEKIT_URL="ws://127.0.0.1:9"),
        }
    assert said == {
        "LIVEKIT_API_KEY: expected a key that the LiveKit server knows",
        "LIVEKIT_API_SECRET: expected the secret that belongs to LIVEKIT_API_KEY",
        "LIVEKIT_URL: expected a LiveKit server: none could be reached there",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (web.Response(text="<html>", content_type="text/html"), "LIVEKIT_URL: expected a LiveKit server: something"),
        (web.Response(status=404, text="404"), "LIVEKIT_URL: expected a LiveKit server: something"),
        (twirp("internal", "sip not connected (redis required)", 500), "the LiveKit server has no telephony"),
        (twirp("resource_exhausted", "secret", 429), "with an error: resource_exhausted"),
        (web.Response(status=401, text="go away"), "LIVEKIT_API_SECRET: expected to be accepted"),
    ],
)
async def test_every_odd_answer_is_a_sentence(answer: web.Response, expected: str) -> None:
    async with livekit() as server:
        server.failing["ListRooms"] = answer
        said = await complaint(server)
    assert expected in said
    assert "secret" not in said.replace("SECRET", "")


async def test_deleting_tells_whether_there_was_a_room() -> None:
    async with livekit() as server, connected(server.settings()) as asked:
        server.room("r")
        assert await asked.delete("r")
        assert not await asked.delete("r")
        server.failing["DeleteRoom"] = twirp("unknown", "could not find object", 500)
        assert not await asked.delete("r")


async def test_nobody_is_in_a_room_that_is_not_there() -> None:
    async with livekit() as server, connected(server.settings()) as asked:
        assert await asked.participants("nowhere") == []
