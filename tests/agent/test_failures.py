"""What is said of a provider that gave nothing."""

import pytest
from livekit.agents import APIConnectionError, APIStatusError, APITimeoutError

from agent.failures import is_refusal, reason_of


def status(code: int) -> APIStatusError:
    return APIStatusError("sk-secret was refused", status_code=code)


@pytest.mark.parametrize(
    ("failure", "part", "reason"),
    [
        (status(401), "model", "the model's provider refused the key"),
        (status(403), "voice", "the voice's provider refused the key"),
        (status(404), "voice", "the voice's provider does not know this voice"),
        (status(429), "model", "the model's provider takes no more requests: too many, or no credit left"),
        (status(503), "recogniser", "the recogniser answered with an error (503)"),
        (status(-1), "model", "the model failed"),
        (APITimeoutError(), "voice", "the voice did not answer in time"),
        (APIConnectionError(), "recogniser", "the recogniser could not be reached"),
        (ValueError("sk-secret"), "model", "the model failed"),
    ],
)
def test_every_failure_has_a_sentence_of_our_own(failure: BaseException, part: str, reason: str) -> None:
    assert reason_of(failure, part) == reason


def test_after_the_last_try_the_first_cause_counts() -> None:
    last = APIConnectionError("failed after 4 attempts")
    last.__cause__ = status(401)
    assert reason_of(last, "model") == "the model's provider refused the key"
    assert is_refusal(last)
    assert not is_refusal(APIConnectionError())
