"""Whole calls on the simulated line: what was heard, and what the report says of it."""

from pathlib import Path

import pytest

from agent.report import fold
from agent.standins.process import StandIns
from tests.calls import SLOTS, attempt, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_call_with_a_tool_runs_from_greeting_to_goodbye(stand_ins: StandIns, tmp_path: Path) -> None:
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(
            first_sentence="Hello, this is Emma.",
            end_of_call_sentence="Goodbye then.",
            custom_tools=[SLOTS],
        ),
        line(
            {"after": "agent-stops", "say": "Is there a slot on Monday?"},
            {"after": "agent-stops", "say": "Fine, thank you."},
            model={
                "script": [
                    {"when": "slot", "call": {"tool": "find_slots", "arguments": {"day": "2026-03-09"}}},
                    {"after_tool": "find_slots", "reply": "Nine is free."},
                    {"when": "thank", "call": {"tool": "end_call"}},
                ]
            },
        ),
    )
    report = call.report
    assert (report.status, report.result, report.ended_by, report.end_reason) == (
        "completed",
        "human",
        "agent",
        "tool_end_call",
    )
    assert call.said("assistant") == ["Hello, this is Emma.", "Nine is free.", "Goodbye then."]
    assert call.said("user") == ["Is there a slot on Monday?", "Fine, thank you."]
    used = next(entry for entry in report.transcript if entry.tool_name == "find_slots")
    assert used.tool_arguments == {"day": "2026-03-09"}
    assert used.tool_is_error is False
    assert fold(call.events) == report
