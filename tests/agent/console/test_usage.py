import pytest

from agent import settings
from agent.console.usage import Usage
from agent.problems import SettingsInvalid


def test_prices_are_per_million_tokens() -> None:
    given = settings.of(
        {"VOICE_WORKER_PRICES": '{"m": {"input": 2, "output": 8, "cached": 0.5}, "n": {"input": 1, "output": 1}}'}
    )
    usage = Usage(1, 1_000_000, 400_000, 500_000) + Usage(1, 0, 0, 0)
    assert usage.cost(given.prices["m"]) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.5 * 8)
    assert usage.cost(given.prices["n"]) == pytest.approx(1.5)
    assert usage.text(given.prices["m"]) == "2 requests, 1000000 + 500000 tokens, cost 5.4"
    assert Usage(1, 5, 0, 3).text(None) == "5 + 3 tokens"


@pytest.mark.parametrize("text", ["{", "[]", '{"m": 1}', '{"m": {"input": 1}}', '{"m": {"input": -1, "output": 1}}'])
def test_a_bad_price_list_is_named(text: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        settings.of({"VOICE_WORKER_PRICES": text})
    assert str(raised.value).startswith("VOICE_WORKER_PRICES: expected JSON such as")
