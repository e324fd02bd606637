"""The middle of a call on the simulated line: interruptions, what was heard, the recording, every pipeline."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent import events as e
from agent.standins.process import StandIns
from audio.recording import read_ogg
from tests.calls import attempt, audible, conducted, line, milliseconds

pytestmark = pytest.mark.asyncio(loop_scope="session")

GREETED: dict[str, Any] = {"first_sentence": "Hello there.", "end_of_call_sentence": "Goodbye."}
STORY = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen."


async def test_an_interrupted_reply_is_quoted_to_the_word(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "Please count for me."},
            {"when": "four", "say": "That is enough, thank you very much."},
            model={"script": [{"when": "count", "reply": STORY}, {"when": "enough", "call": {"tool": "end_call"}}]},
        ),
    )
    reply = next(event for event in call.all(e.AgentStopped) if event.kind == "reply")
    assert reply.cut
    assert STORY.startswith(reply.text)
    assert 5 <= len(reply.text.split()) <= 12
    silence = milliseconds(call.line.said.agent, reply.stop / 24 + 6, reply.stop / 24 + 300)
    assert int(np.abs(silence.astype(np.int32)).max()) < 200
    assert call.said("user")[-1] == "That is enough, thank you very much."
    assert len(call.all(e.TurnTaken)) == 2
    assert call.report.end_reason == "tool_end_call"


async def test_the_recording_and_the_report_agree(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "Who is this? /0.5/ I did not hear your name."},
            {"after": "agent-stops", "say": "I see. Goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
        ),
    )
    callee, agent = read_ogg(call.folder / "audio.ogg")
    length = (call.one(e.Ended).at - call.one(e.Answered).at) * 1000
    assert len(agent) / 24 == pytest.approx(length, abs=100)
    for event in call.report.speech_events:
        side = callee if event.speaker == "user" else agent
        start, stop = event.started_speaking_at_ms, event.stopped_speaking_at_ms
        assert stop is not None
        first, last = audible(milliseconds(side, max(0, start - 150), stop + 150))
        assert first == pytest.approx(min(150, start), abs=40), event
        assert last == pytest.approx(min(150, start) + stop - start, abs=60), event
    user = call.speech("user")[0]
    assert user.stt_transcription_delay_ms == pytest.approx(100, abs=60)


async def test_every_reply_is_measured(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "Who is this?"},
            {"after": "agent-stops", "say": "I see. Goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
        ),
    )
    [latency] = call.report.details.latencies
    [reply] = [event for event in call.speech("agent") if event.id == latency.speech_event_id]
    assert reply.transcript == "It is Emma."
    assert reply.llm_winner_model == "gpt-4.1"
    assert latency.voice_to_voice_ms is not None and 250 <= latency.voice_to_voice_ms <= 1500
    assert latency.llm_ttft_ms is not None and latency.llm_ttft_ms >= 150
    assert latency.tts_ttfb_ms is not None and latency.tts_ttfb_ms >= 80
    assert call.report.details.usage is not None
    assert call.report.details.usage.llm_input_tokens > 0
    assert call.report.details.usage.tts_characters >= len("Hello there.Goodbye.It is Emma.")


@pytest.mark.parametrize(
    "assistant",
    [
        {"voice": {"provider": "elevenlabs", "id": "voice-1", "speed": 1.1}},
        {"voice": {"provider": "cartesia", "id": "voice-2", "model": "sonic-3.5", "speed": 0.8, "volume": 1.5}},
        {"llm_model": {"type": "dedicated-instance", "name": "ministral-3-8b-instruct"}},
        {"llm_model": {"type": "openrouter", "openrouter_model_id": "qwen/qwen3", "openrouter_provider": "groq"}},
        {
            "llm_model": {
                "type": "custom",
                "api_url": "https://models.example/v1",
                "api_key": "canary-key-123",
                "model_name": "own-model",
            }
        },
        {"stt_context": {"general": [{"key": "company", "value": "Bright"}], "terms": ["Invisalign"]}},
    ],
    ids=["elevenlabs", "cartesia", "ministral", "openrouter", "custom", "context"],
)
async def test_every_pipeline_holds_a_conversation(
    stand_ins: StandIns, tmp_path: Path, assistant: dict[str, Any]
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, **assistant),
        line(
            {"after": "agent-stops", "say": "Who is this?"},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is Emma.", "Goodbye."]
    assert call.said("user") == ["Who is this?", "Goodbye."]
    written = (call.folder / "events.jsonl").read_text() + (call.folder / "attempt.json").read_text()
    assert "canary-key-123" not in written


async def test_a_call_in_french(stand_ins: StandIns, tmp_path: Path) -> None:
    french = attempt(first_sentence="Bonjour, ici Emma.", end_of_call_sentence="Au revoir.")
    call = await conducted(
        stand_ins,
        tmp_path,
        {**french, "language": "fr"},
        line(
            {"after": "agent-stops", "say": "Ah oui, très bien."},
            model={"script": [{"when": "bien", "call": {"tool": "end_call"}}]},
        ),
    )
    assert call.report.details.language == "fr"
    assert call.said("user") == ["Ah oui, très bien."]
    assert call.said("assistant") == ["Bonjour, ici Emma.", "Au revoir."]


async def test_a_tool_that_fails_is_told_to_the_model_in_a_sentence(stand_ins: StandIns, tmp_path: Path) -> None:
    tool = {
        "name": "look_up",
        "description": "Looks something up.",
        "method": "POST",
        "url": "http://127.0.0.1:9/private",
        "headers": [{"key": "Authorization", "value": "Bearer canary-token"}],
        "input_schema": [],
    }
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, custom_tools=[tool]),
        line(
            {"after": "agent-stops", "say": "Look it up, please."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "look", "call": {"tool": "look_up"}},
                    {"after_tool": "look_up", "reply": "I could not look it up."},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ]
            },
        ),
    )
    used = next(entry for entry in call.report.transcript if entry.tool_name == "look_up")
    assert used.tool_is_error is True
    assert used.tool_output and "127.0.0.1" not in used.tool_output
    assert "I could not look it up." in call.said("assistant")
    assert "canary-token" not in json.dumps(call.report.model_dump(mode="json"))


async def test_the_transcript_is_in_the_order_of_the_conversation(stand_ins: StandIns, tmp_path: Path) -> None:
    tool = {
        "name": "find_slots",
        "description": "Free slots.",
        "method": "GET",
        "url": "http://tools.stand-in/slots?day=2026-03-09",
        "input_schema": [],
    }
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, custom_tools=[tool]),
        line(
            {"after": "agent-stops", "say": "Look it up, please."},
            model={
                "script": [
                    {"when": "look", "reply": "One moment.", "call": {"tool": "find_slots"}},
                    {"after_tool": "find_slots", "reply": "That did not help.", "call": {"tool": "magic"}},
                    {"after_tool": "magic", "reply": "Let us stop here.", "call": {"tool": "end_call"}},
                ]
            },
        ),
    )
    assert [entry.tool_name or entry.content for entry in call.report.transcript] == [
        "Hello there.",
        "Look it up, please.",
        "One moment.",
        "find_slots",
        "That did not help.",
        "magic",
        "Let us stop here.",
        "end_call",
        "Goodbye.",
    ]
    unknown = next(entry for entry in call.report.transcript if entry.tool_name == "magic")
    assert unknown.tool_is_error is True


async def test_a_slow_recogniser_splits_no_turn(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED),
        line(
            {"after": "agent-stops", "say": "That is all, thank you."},
            model={"script": [{"when": "thank you", "call": {"tool": "end_call"}}]},
            latency={"stt_final_ms": 1200},
        ),
    )
    assert call.said("user") == ["That is all, thank you."]
    assert call.report.end_reason == "tool_end_call"


async def test_a_prompt_of_200_kb_is_accepted(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, prompt="Be brief. " * 20_000),
        line(
            {"after": "agent-stops", "say": "Goodbye."},
            model={"script": [{"when": "goodbye", "call": {"tool": "end_call"}}]},
        ),
    )
    assert call.report.end_reason == "tool_end_call"
