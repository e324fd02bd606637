from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import settings
from agent.check import check
from agent.documents import read_attempt
from agent.models.assistant import Assistant
from agent.plan import ModelPlan, Plan, RealtimePlan
from agent.prepare import prepare
from agent.providers import STAND_INS

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def plans() -> list[Plan]:
    attempts = [read_attempt(path).model for path in sorted(EXAMPLES.glob("*.yaml"))]
    return [prepare(one, one.assistant or Assistant(), settings.of({}), STAND_INS, NOW) for one in attempts]


@pytest.mark.parametrize(
    "path", sorted([*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("*.json")]), ids=lambda path: path.name
)
def test_an_example_has_no_problem_and_no_unknown_field(path: Path) -> None:
    (verdict,) = check([path], settings.of({}), NOW)
    assert (verdict.problems, verdict.unknown) == ((), ())
    assert all("_API_KEY" in warning or "expected" in warning for warning in verdict.warnings)  # credentials only


def test_the_examples_use_every_pipeline() -> None:
    made = plans()
    kinds = {plan.model.kind for plan in made if isinstance(plan.model, ModelPlan)}
    assert kinds == {"openai", "openrouter"}
    assert any(isinstance(plan.model, RealtimePlan) for plan in made)
    assert {plan.model.name for plan in made} >= {"gpt-4.1", "ministral-3-8b-instruct"}
    assert {plan.voice.provider for plan in made} == {"cartesia", "elevenlabs", "gradium", "openai"}
    assert {plan.recogniser.provider for plan in made} == {"deepgram", "soniox"}
    assert {plan.opening.mode for plan in made} == {"static", "generated", "none"}
    assert any(plan.tools for plan in made)


def test_the_examples_languages_and_time_zones_are_found() -> None:
    found = {plan.attempt_id: (plan.language, plan.timezone) for plan in plans()}
    assert found["french"] == ("fr", "Europe/Paris")
    assert found["appointment"] == ("en", "America/New_York")
    assert {language for language, _ in found.values()} == {"en", "fr"}


def test_the_examples_can_be_told_apart() -> None:
    attempts = [plan.attempt_id for plan in plans()]
    assert len(set(attempts)) == len(attempts)
