"""A hundred interruptions at random moments: every turn is answered, none is lost, none is answered twice."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent import events as e
from agent.standins.process import StandIns
from tests.calls import attempt, conducted, line

pytestmark = pytest.mark.asyncio(loop_scope="session")

EACH = 10
"""Interruptions in a call."""
STORY = "The house stands by the river and has a red door, and behind it there is a garden with an old apple tree."
WORDS = ("river", "red door", "behind", "garden", "old", "tree")
"""Where the callee may break in: in the middle, and near the end."""
TOPICS = ("bread", "coffee", "paper", "music", "winter", "trains", "money", "gloves", "butter", "summer")


def interruptions(seed: int) -> list[dict[str, Any]]:
    """What the callee says and when: a moment after a word of the answer to what they said before."""
    rng = random.Random(seed)
    steps: list[dict[str, Any]] = [{"after": "agent-stops", "say": f"Tell me about {TOPICS[0]}."}]
    for before, topic in pairwise(TOPICS):
        how = rng.choice(["No, tell me about {}.", "Wait, what about {}?", "Stop. / I would like to hear of {}."])
        steps.append({**_breaking_in(before, rng), "say": how.format(topic)})
    return [*steps, {**_breaking_in(TOPICS[-1], rng), "say": "Thank you, that is all. Goodbye."}]


def _breaking_in(topic: str, rng: random.Random) -> dict[str, Any]:
    return {"when": f"About {topic}.*{rng.choice(WORDS)}", "wait": round(rng.uniform(0.0, 0.8), 2)}


@pytest.mark.parametrize("seed", range(10))
async def test_every_turn_is_answered_once(stand_ins: StandIns, tmp_path: Path, seed: int) -> None:
    script = [{"when": topic, "reply": f"About {topic}. {STORY}"} for topic in TOPICS]
    call = await conducted(
        stand_ins,
        tmp_path,
        attempt(first_sentence="Hello there.", end_of_call_sentence="Goodbye.", max_call_duration_secs=180),
        line(*interruptions(seed), model={"script": [{"when": "goodbye", "call": {"tool": "end_call"}}, *script]}),
    )
    answers = [event.text for event in call.all(e.AgentStopped) if event.kind == "reply"]
    asked = " ".join(call.said("user"))
    assert all(topic in asked for topic in TOPICS)
    assert [sum(answer.startswith(f"About {topic}") for answer in answers) for topic in TOPICS] == [1] * EACH
    assert call.report.end_reason == "tool_end_call"
