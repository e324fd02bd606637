from typing import Any

import pytest

from agent.models.report import Attempt, DialError, EndReason
from agent.page.verdict import verdict
from agent.problems import ErrorCode
from agent.report import fold
from tests.agent.recorded import CALL, PICKED_UP


def came(**fields: Any) -> tuple[str, str, str]:
    """What came of a call whose report differs so."""
    raw = {**fold(CALL).model_dump(), **fields}
    found = verdict(Attempt.model_validate(raw))
    return found.tone, found.word, found.sentence


def test_a_call_that_went_as_calls_do_is_good() -> None:
    assert came() == ("good", "Completed", "The agent ended the call after 11.2 s.")


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_end_reason_has_its_sentence(reason: EndReason) -> None:
    tone, word, sentence = came(end_reason=reason)
    assert tone in ("good", "odd") and word == "Completed" and sentence.endswith(" after 11.2 s.")


@pytest.mark.parametrize("error", list(DialError))
def test_every_dial_error_has_its_word(error: DialError) -> None:
    raw = {"status": "error", "dial_error": error, "answered_at": None, "end_reason": None}
    details = {"sip": {"code": 486, "text": "Busy Here"}}
    tone, word, sentence = came(**raw, error={"code": "dial_error", "message": "x"}, details=details)
    assert tone == "quiet" and word and sentence.endswith(" (486 Busy Here).")


@pytest.mark.parametrize("code", [code for code in ErrorCode if code is not ErrorCode.DIAL_ERROR])
def test_every_failure_is_told(code: ErrorCode) -> None:
    tone, word, sentence = came(status="error", error={"code": code, "message": "x"}, end_reason=None)
    assert (tone, word) == (("odd", "Called off") if code is ErrorCode.CANCELLED else ("bad", "Failed"))
    assert sentence


def test_a_call_that_goes_on_is_not_over() -> None:
    assert verdict(fold(PICKED_UP)).sentence == "As far as is known the attempt is ongoing."


def test_an_end_without_a_reason_is_odd() -> None:
    assert came(end_reason=None) == ("odd", "Ended", "The call ended after 11.2 s; no reason is known.")
