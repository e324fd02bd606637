"""The stand-ins' sections of a line file."""

import pytest
from pydantic import ValidationError

from agent.standins.config import CallConfig, ModelScript, Rule


def test_a_line_file_without_sections_gets_the_documented_defaults() -> None:
    config = CallConfig()

    assert config.model == ModelScript()
    assert (config.latency.llm_ms, config.latency.tts_ms, config.latency.stt_final_ms) == (150, 80, 100)
    assert not config.unscripted
    assert (config.errors.words, config.errors.ends, config.errors.pauses) == (0, 0, 0)


@pytest.mark.parametrize(
    "rule",
    [{}, {"when": "hello"}, {"silent": True, "reply": "Hello"}, {"when": "(", "reply": "Hello"}, {"says": "Hello"}],
)
def test_a_rule_that_cannot_be_followed_is_refused_without_quoting_it(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        Rule.model_validate(rule)

    assert "Hello" not in str(refused.value.errors(include_input=False, include_context=False))


def test_a_config_survives_the_way_to_the_process() -> None:
    config = CallConfig(language="fr", model=ModelScript(script=(Rule(when="oui", reply="Très bien."),)))

    assert CallConfig.model_validate_json(config.model_dump_json()) == config
