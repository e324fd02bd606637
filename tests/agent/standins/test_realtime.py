"""OpenAI's realtime protocol as far as the plugin does not show it."""

from typing import Any

import aiohttp
import pytest

from agent.standins.config import CallConfig, Latencies, ModelScript, Rule
from agent.standins.process import StandIns

pytestmark = pytest.mark.asyncio(loop_scope="package")

SILENCE = "AAAA" * 1600
ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Count, please."}]}


async def talk(stand_ins: StandIns, until: str, *events: dict[str, Any], script: tuple[Rule, ...] = ()) -> list[Any]:
    """What is answered to the events, up to one of a type."""
    call = await stand_ins.open_call(CallConfig(model=ModelScript(script=script), latency=Latencies(realtime_ms=0)))
    answers: list[Any] = []
    headers = {"Authorization": "Bearer key"}
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{call.openai_url}/realtime", headers=headers) as socket,
    ):
        for event in events:
            await socket.send_json(event)
        while not answers or answers[-1]["type"] != until:
            answers.append(await socket.receive_json(timeout=10))
    return answers


async def test_a_client_without_a_key_is_refused(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig())
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{call.openai_url}/realtime")


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "nonsense"}, "invalid_value"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_delete_invalid_item_id"),
        ({"type": "conversation.item.truncate", "item_id": "x"}, "item_truncate_invalid_item_id"),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"type": "x"}}}}},
            "invalid_value",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused_by_its_code(
    stand_ins: StandIns, event: dict[str, Any], code: str
) -> None:
    answers = await talk(stand_ins, "error", {"event_id": "e1", **event})
    assert (answers[-1]["error"]["code"], answers[-1]["error"]["event_id"]) == (code, "e1")


async def test_an_answer_names_the_request_and_its_usage(stand_ins: StandIns) -> None:
    answers = await talk(
        stand_ins,
        "response.done",
        {"type": "session.update", "session": {"output_modalities": ["text"]}},
        {"type": "conversation.item.create", "item": ASKED},
        {"type": "response.create", "response": {"metadata": {"client_event_id": "e1"}}},
        script=(Rule(when="count", reply="One two."),),
    )
    done = answers[-1]["response"]
    assert (done["metadata"], done["status"]) == ({"client_event_id": "e1"}, "completed")
    assert done["usage"]["total_tokens"] == done["usage"]["input_tokens"] + done["usage"]["output_tokens"] > 0
    written = "".join(answer["delta"] for answer in answers if answer["type"] == "response.output_text.delta")
    assert written.strip() == "One two."


async def test_one_answer_at_a_time(stand_ins: StandIns) -> None:
    answers = await talk(
        stand_ins,
        "error",
        {"type": "conversation.item.create", "item": ASKED},
        {"type": "response.create"},
        {"type": "response.create"},
        script=(Rule(when="count", silent=True),),
    )
    assert answers[-1]["error"]["code"] == "conversation_already_has_active_response"
