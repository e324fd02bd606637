import pytest

from agent import summary
from agent.problems import ErrorCode
from agent.report import fold
from tests.agent.recorded import CALL
from tests.agent.worker.attempts import FAILED, REFUSED_CALL, accepted


def test_a_call_comes_to_a_few_lines() -> None:
    assert summary.text(summary.rows(fold(CALL))) == (
        "attempt         attempt-1\n"
        "status          completed\n"
        "ended           by agent, tool_end_call\n"
        "talked          11.2 s, the callee spoke 3 times\n"
        "voice to voice  1000 ms median of 1\n"
    )


def test_a_dial_that_failed_says_how() -> None:
    rows = summary.rows(fold(REFUSED_CALL))
    assert (rows["status"], rows["ended"], rows["talked"]) == (
        "error (busy)",
        "by system, user_rejected",
        "0.0 s, the callee spoke 0 times",
    )


@pytest.mark.parametrize("code", list(ErrorCode))
def test_only_that_nobody_answered_is_no_failure(code: ErrorCode) -> None:
    ended = type(FAILED)(at=15.0, ended_by="system", end_reason=None, error_code=code.value, error_message="x")
    assert summary.failed(fold((accepted(), ended))) is (code is not ErrorCode.DIAL_ERROR)
    assert not summary.failed(fold(CALL))
