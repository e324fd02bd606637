"""Whole calls with models that hear and speak by themselves."""

from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.standins.process import StandIns
from tests.calls import SLOTS, Conducted, attempt, conducted, line

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # Google's SDK and its plugin are not of one mind about how a session is set up.
    pytest.mark.filterwarnings("ignore:Setting `LiveConnectConfig:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

OPENAI = {"type": "realtime", "provider": "openai", "realtime_model_id": "gpt-realtime", "realtime_voice_id": "marin"}
GREETED: dict[str, Any] = {"first_sentence": "Hello there.", "end_of_call_sentence": "Goodbye."}
STORY = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen."


async def test_a_realtime_model_holds_a_conversation(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=OPENAI),
        line(
            {"after": "agent-stops", "say": "Who is this?"},
            {"after": "agent-stops", "say": "I see. Goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is Emma.", "Goodbye."]
    assert call.said("user") == ["Who is this?", "I see. Goodbye."]
    assert call.report.end_reason == "tool_end_call"
    assert len(call.all(e.TurnTaken)) == 2
    [latency] = call.report.details.latencies
    assert latency.voice_to_voice_ms is not None


async def test_without_a_voice_the_assistants_voice_speaks_what_the_model_writes(
    stand_ins: StandIns, tmp_path: Path
) -> None:
    model = {key: value for key, value in OPENAI.items() if key != "realtime_voice_id"}
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=model),
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
    assert call.report.end_reason == "tool_end_call"
    assert call.one(e.Planned).voice == "cartesia/sonic-3"


async def test_an_interrupted_answer_is_quoted_as_far_as_it_was_heard(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=OPENAI),
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
    assert call.said("user")[-1] == "That is enough, thank you very much."
    assert len(call.all(e.TurnTaken)) == 2
    assert call.report.end_reason == "tool_end_call"


async def _greeted_and_looked_up(stand_ins: StandIns, folder: Path, model: dict[str, str]) -> Conducted:
    """A call whose first sentence the model makes, and in which it uses a tool."""
    call = await conducted(
        stand_ins,
        folder,
        attempt(
            first_sentence="Greet them.",
            first_sentence_mode="generated",
            end_of_call_sentence="Goodbye then.",
            custom_tools=[SLOTS],
            llm_model=model,
        ),
        line(
            {"after": "agent-stops", "say": "Is there a slot on Monday?"},
            {"after": "agent-stops", "say": "Fine, thank you."},
            model={
                "opening": "Good morning, here is Emma.",
                "script": [
                    {"when": "slot", "call": {"tool": "find_slots", "arguments": {"day": "2026-03-09"}}},
                    {"after_tool": "find_slots", "reply": "Nine is free."},
                    {"when": "thank", "call": {"tool": "end_call"}},
                ],
            },
        ),
    )
    assert call.said("assistant") == ["Good morning, here is Emma.", "Nine is free.", "Goodbye then."]
    assert call.said("user") == ["Is there a slot on Monday?", "Fine, thank you."]
    return call


async def test_the_model_makes_the_first_sentence_and_uses_tools(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await _greeted_and_looked_up(stand_ins, tmp_path, OPENAI)
    used = next(entry for entry in call.report.transcript if entry.tool_name == "find_slots")
    assert used.tool_arguments == {"day": "2026-03-09"}
    assert call.report.details.usage is not None
    assert call.report.details.usage.llm_input_tokens > 0


GOOGLE = {
    "type": "realtime",
    "provider": "google",
    "realtime_model_id": "gemini-2.5-flash-native-audio-preview-12-2025",
}


async def test_a_model_of_googles_holds_a_conversation(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=GOOGLE),
        line(
            {"after": "agent-stops", "say": "Who is this?"},
            {"after": "agent-stops", "say": "I see, goodbye."},
            model={
                "script": [{"when": "who", "reply": "It is Emma."}, {"when": "goodbye", "call": {"tool": "end_call"}}]
            },
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is Emma.", "Goodbye."]
    assert call.said("user") == ["Who is this?", "I see, goodbye."]
    assert call.report.end_reason == "tool_end_call"
    assert len(call.all(e.TurnTaken)) == 2
    assert call.one(e.Planned).voice == "google/gemini-3.1-flash-tts-preview"


@pytest.mark.parametrize("model", [OPENAI, GOOGLE], ids=["openai", "google"])
@pytest.mark.parametrize("kind", ["drop", "expire"])
async def test_a_session_that_ends_between_two_turns_goes_on_with_what_was_said(
    stand_ins: StandIns, tmp_path: Path, model: dict[str, str], kind: str
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=model),
        line(
            {"after": "agent-stops", "say": "Tell me the time."},
            {"after": "agent-stops", "wait": 1.5, "say": "Tell me the time."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "time", "reply": "It is nine."},
                    {"when": "time", "reply": "I said it already."},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ],
                "faults": [{"after": 3.5, "kind": kind}],
            },
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is nine.", "I said it already.", "Goodbye."]
    assert call.report.end_reason == "tool_end_call"
    assert list(call.report.details.warnings) == ["the connection to the model was lost and made again"]


@pytest.mark.parametrize("model", [OPENAI, GOOGLE], ids=["openai", "google"])
@pytest.mark.parametrize("after", [0.5, 1.7], ids=["while they speak", "while it thinks"])
async def test_a_turn_is_answered_although_the_connection_drops(
    stand_ins: StandIns, tmp_path: Path, model: dict[str, str], after: float
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=model),
        line(
            {"after": "agent-stops", "say": "Tell me the time."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "tell me the time", "reply": "It is nine."},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ],
                "faults": [{"after": after}],
            },
            latency={"realtime_ms": 700},
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is nine.", "Goodbye."]
    assert call.report.end_reason == "tool_end_call"


@pytest.mark.parametrize(("model", "after"), [(OPENAI, 2.0), (GOOGLE, 3.4)], ids=["openai", "google"])
async def test_an_answer_that_is_broken_off_goes_on(
    stand_ins: StandIns, tmp_path: Path, model: dict[str, str], after: float
) -> None:
    story = " ".join([STORY] * 3)
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=model),
        line(
            {"after": "agent-stops", "say": "Please count for me."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [{"when": "count", "reply": story}, {"when": "goodbye", "call": {"tool": "end_call"}}],
                "faults": [{"after": after}],
            },
        ),
    )
    said = call.said("assistant")
    assert 1 < len(said[1].split()) < len(story.split())
    assert story.startswith(said[1])
    assert len(said) >= 4
    assert call.report.end_reason == "tool_end_call"


async def test_a_connection_that_drops_while_a_tool_works_owes_no_answer(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, custom_tools=[SLOTS], llm_model=GOOGLE),
        line(
            {"after": "agent-stops", "say": "Is there a slot?"},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "slot", "call": {"tool": "find_slots", "arguments": {"day": "2026-03-09"}}},
                    {"after_tool": "find_slots", "reply": "Nine is free."},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ],
                "faults": [{"after": 3.4}],
            },
            latency={"tool_ms": 2500},
        ),
    )
    assert call.said("assistant") == ["Hello there.", "Nine is free.", "Goodbye."]
    assert list(call.report.details.warnings) == ["the connection to the model was lost and made again"]


@pytest.mark.parametrize("wait", [0.35, 0.6])
async def test_an_answer_prepared_in_a_pause_is_thrown_away(stand_ins: StandIns, tmp_path: Path, wait: float) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=OPENAI),
        line(
            {"after": "agent-stops", "say": f"Tell me please /{wait}/ what the time is."},
            {"after": "agent-stops", "say": "Tell me please."},
            {"after": "agent-stops", "say": "Goodbye."},
            model={
                "script": [
                    {"when": "time", "reply": "It is nine."},
                    {"when": "tell me please", "reply": "Tell you what?"},
                    {"when": "goodbye", "call": {"tool": "end_call"}},
                ]
            },
        ),
    )
    assert call.said("assistant") == ["Hello there.", "It is nine.", "Tell you what?", "Goodbye."]
    assert call.said("user") == ["Tell me please what the time is.", "Tell me please.", "Goodbye."]


async def test_what_is_said_under_the_first_sentence_is_no_turn(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(
            first_sentence="Hello there, this is Emma from the clinic, I call about your appointment next week.",
            end_of_call_sentence="Goodbye.",
            llm_model=OPENAI,
        ),
        line(
            {"at": 0.2, "say": "Hello?"},
            {"after": "agent-stops", "wait": 1.0, "say": "What about it?"},
            model={"script": [{"when": "^what about it", "call": {"tool": "end_call"}}]},
        ),
    )
    assert call.report.end_reason == "tool_end_call"
    assert len(call.all(e.TurnTaken)) == 1


async def test_googles_model_is_interrupted_and_quoted(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(**GREETED, llm_model=GOOGLE),
        line(
            {"after": "agent-stops", "say": "Please count for me."},
            {"when": "four", "say": "That is enough, thank you very much."},
            model={"script": [{"when": "count", "reply": STORY}, {"when": "enough", "call": {"tool": "end_call"}}]},
        ),
    )
    reply = next(event for event in call.all(e.AgentStopped) if event.kind == "reply")
    assert reply.cut
    assert STORY.startswith(reply.text)
    assert 4 <= len(reply.text.split()) <= 12
    assert call.said("user")[-1] == "That is enough, thank you very much."
    assert call.report.end_reason == "tool_end_call"


async def test_googles_model_makes_the_first_sentence_and_uses_tools(stand_ins: StandIns, tmp_path: Path) -> None:
    await _greeted_and_looked_up(stand_ins, tmp_path, GOOGLE)


@pytest.mark.parametrize("model", [OPENAI, GOOGLE], ids=["openai", "google"])
async def test_the_message_at_the_limit_cannot_be_interrupted(
    stand_ins: StandIns, tmp_path: Path, model: dict[str, str]
) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(
            first_sentence_mode="none",
            first_sentence="",
            max_call_duration_secs=9,
            max_duration_end_message="I am sorry, our time is over.",
            llm_model=model,
        ),
        line(
            {"at": 0.5, "say": "Please count for me."},
            {"at": 7.6, "say": "Wait, wait, please go on."},
            model={"script": [{"when": "count", "reply": STORY * 2}]},
        ),
    )
    said = [event for event in call.all(e.AgentStopped) if event.kind == "limit"]
    assert [(event.text, event.cut) for event in said] == [("I am sorry, our time is over.", False)]
    assert call.report.end_reason == "max_duration"
    assert call.speech("user")[-1].is_real_turn is False
