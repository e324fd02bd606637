"""Which requests a fault strikes."""

import pytest
from pydantic import ValidationError

from agent.standins.config import AT_THE_DOOR, FaultKind, ProviderFault
from agent.standins.outages import Outages


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_every_request_to_the_provider_is_struck_and_no_other() -> None:
    fault = ProviderFault(provider="llm", kind=FaultKind.DOWN)
    outages = Outages([fault], Clock())
    assert [outages.strike("llm", name) for name in ("a", "b")] == [fault, fault]
    assert outages.strike("tts", "cartesia") is None


def test_one_of_two_providers_can_fail() -> None:
    outages = Outages([ProviderFault(provider="stt", name="deepgram", kind=FaultKind.SILENT)], Clock())
    assert outages.strike("stt", "soniox") is None
    assert outages.strike("stt", "deepgram") is not None


def test_requests_are_skipped_and_counted() -> None:
    outages = Outages([ProviderFault(provider="llm", kind=FaultKind.DOWN, skip=1, count=2)], Clock())
    assert [outages.strike("llm", "a") is not None for _ in range(5)] == [False, True, True, False, False]


def test_a_fault_lasts_from_a_time_to_a_time_after_the_first_request() -> None:
    clock = Clock()
    outages = Outages([ProviderFault(provider="llm", kind=FaultKind.DOWN, after=2, until=4)], clock)
    struck: list[bool] = []
    for at in (0.0, 1.9, 2.0, 3.9, 4.0):
        clock.now = 50.0 + at
        struck.append(outages.strike("llm", "a") is not None)
    assert struck == [False, False, True, True, False]


def test_the_first_fault_that_applies_strikes() -> None:
    first = ProviderFault(provider="tts", kind=FaultKind.CUT, count=1)
    second = ProviderFault(provider="tts", kind=FaultKind.REFUSED)
    outages = Outages([first, second], Clock())
    assert outages.strike("tts", "cartesia", AT_THE_DOOR) == second
    assert [outages.strike("tts", "cartesia") for _ in range(2)] == [first, second]


@pytest.mark.parametrize(
    "fault",
    [
        {"provider": "llm", "kind": "garbage"},
        {"provider": "tts", "kind": "closes"},
        {"provider": "stt", "kind": "cut"},
        {"provider": "llm", "kind": "down", "after": 2, "until": 2},
        {"provider": "judge", "kind": "down"},
    ],
)
def test_a_fault_that_cannot_happen_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ProviderFault.model_validate(fault)


def test_what_the_seconds_of_a_fault_mean_has_a_usual_value() -> None:
    kinds = {"llm": "limited", "tts": "cut", "stt": "closes"}
    usual = [ProviderFault.model_validate({"provider": at, "kind": kind}).lasting for at, kind in kinds.items()]
    assert usual == [1.0, 0.3, 30.0]
    assert ProviderFault(provider="stt", kind=FaultKind.SILENT).lasting == 0
    assert ProviderFault(provider="stt", kind=FaultKind.CLOSES, seconds=2).lasting == 2
