import logging

import pytest
from aiohttp import ClientConnectionResetError

from agent.standins.__main__ import worth_telling


@pytest.mark.parametrize(
    ("error", "told"), [(ClientConnectionResetError("gone"), False), (BrokenPipeError(), False), (ValueError(), True)]
)
def test_a_client_that_goes_is_not_worth_a_line_but_a_fault_is(error: Exception, told: bool) -> None:
    info = (type(error), error, None)
    record = logging.LogRecord("aiohttp.server", logging.ERROR, __file__, 1, "Error handling request", (), info)
    assert worth_telling(record) is told


def test_a_record_without_an_error_is_told() -> None:
    assert worth_telling(logging.LogRecord("aiohttp.server", logging.ERROR, __file__, 1, "message", (), None))
