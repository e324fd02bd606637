"""The example tools, over HTTP."""

import time
from typing import Any

import aiohttp
import pytest

from agent.standins.config import CallConfig, Latencies
from agent.standins.process import StandInCall, StandIns

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def asked(url: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as response:
        return response.status, await response.json()


async def test_slots_of_a_day_are_the_same_each_time(call: StandInCall) -> None:
    first = await asked(f"{call.tools_url}/slots?day=2026-03-02")

    assert first[0] == 200
    assert first[1]["day"] == "2026-03-02"
    assert first[1]["slots"]
    assert await asked(f"{call.tools_url}/slots?day=2026-03-02") == first


async def test_there_are_no_slots_at_the_weekend(call: StandInCall) -> None:
    assert (await asked(f"{call.tools_url}/slots?day=2026-03-01"))[1]["slots"] == []


async def test_a_day_that_is_no_date_is_refused(call: StandInCall) -> None:
    status, body = await asked(f"{call.tools_url}/slots?day=monday")

    assert status == 400
    assert "monday" not in body["error"]["message"]


async def test_a_booking_is_confirmed_with_what_was_booked(call: StandInCall) -> None:
    status, body = await asked(f"{call.tools_url}/bookings", "POST", json={"slot": "10:00", "people": 2})

    assert status == 201
    assert body["confirmed"] is True
    assert body["booking"] == {"slot": "10:00", "people": 2}


async def test_an_order_exists_if_its_number_holds_a_digit(call: StandInCall) -> None:
    assert (await asked(f"{call.tools_url}/orders/A-1234"))[1]["id"] == "A-1234"
    assert (await asked(f"{call.tools_url}/orders/none"))[0] == 404


async def test_echo_answers_with_the_request(call: StandInCall) -> None:
    _, body = await asked(f"{call.tools_url}/echo?a=1&a=2", "PUT", data="text", headers={"X-Practice": "bright"})

    assert body["method"] == "PUT"
    assert body["query"] == [["a", "1"], ["a", "2"]]
    assert body["headers"]["x-practice"] == "bright"
    assert body["body"] == "text"


async def test_echo_keeps_credentials_to_itself(call: StandInCall) -> None:
    secrets = {"Authorization": "Bearer canary", "X-Api-Key": "canary", "Cookie": "canary", "X-Session-Token": "canary"}
    _, body = await asked(f"{call.tools_url}/echo", headers=secrets)

    assert "canary" not in str(body)
    assert body["headers"]["authorization"] == "(hidden)"


async def test_tools_take_as_long_as_was_set(stand_ins: StandIns) -> None:
    call = await stand_ins.open_call(CallConfig(latency=Latencies(tool_ms=300)))
    began = time.monotonic()
    await asked(f"{call.tools_url}/echo")

    assert 0.3 <= time.monotonic() - began < 2.0
