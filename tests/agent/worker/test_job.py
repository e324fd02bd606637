"""What a job makes of its attempt before there is a call."""

from typing import Any

import pytest

from agent.models.attempt import Attempt
from agent.models.parsing import parse
from agent.worker.job import identified


def inbound(**more: Any) -> Attempt:
    return parse(Attempt, {"direction": "inbound", "assistant": {"prompt": "p"}, **more}).valid()


def test_an_inbound_call_is_known_by_its_sip_call() -> None:
    attempt = identified(
        inbound(),
        {"sip.callID": "SCL_1", "sip.phoneNumber": "+33612345678", "sip.trunkPhoneNumber": "+33187654321"},
    )
    assert (attempt.attempt_id, attempt.call_id) == ("SCL_1", "SCL_1")
    assert (attempt.from_phone_number, attempt.to_phone_number) == ("+33612345678", "+33187654321")


def test_ids_that_the_dispatch_brings_are_kept() -> None:
    attempt = identified(inbound(call_id="c", attempt_id="a"), {"sip.callID": "SCL_1"})
    assert (attempt.attempt_id, attempt.call_id) == ("a", "c")


@pytest.mark.parametrize("number", ["", "anonymous", "1000", "+1"])
def test_a_caller_without_a_number_is_still_a_caller(number: str) -> None:
    assert identified(inbound(), {"sip.callID": "x", "sip.phoneNumber": number}).from_phone_number is None
