"""The worker on a real LiveKit server and a real SIP bridge, with scripted phones."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from livekit import api

from tests.e2e.callback import Callback
from tests.e2e.phone import Phone
from tests.e2e.script import Script
from tests.e2e.stack import Stack
from tests.e2e.trunks import nothing_left
from tests.e2e.worker import Worker

NewWorker = Callable[..., AbstractAsyncContextManager[Worker]]

CALLEE = "+33612345678"


def metadata(trunk: str, callback: Callback, attempt_id: str = "a-1", **more: Any) -> dict[str, Any]:
    """An attempt for the phone behind the trunk."""
    assistant = {
        "prompt": "You are Emma.",
        "first_sentence": "Hello there, this is Emma.",
        "first_sentence_delay_ms": 0,
        "end_of_call_sentence": "Goodbye.",
        **more.pop("assistant", {}),
    }
    return {
        "call_id": "c-1",
        "attempt_id": attempt_id,
        "to_phone_number": CALLEE,
        "language": "en",
        "assistant": assistant,
        "sip": {"trunk_id": trunk, "ringing_timeout_secs": 8, **more.pop("sip", {})},
        "callback": callback.as_given,
        **more,
    }


async def dispatch(lk: api.LiveKitAPI, given: dict[str, Any] | str, room: str = "attempt-a-1") -> None:
    """As the scheduler does."""
    text = given if isinstance(given, str) else json.dumps(given)
    await lk.agent_dispatch.create_dispatch(
        api.CreateAgentDispatchRequest(agent_name="voice-worker", room=room, metadata=text)
    )


async def test_a_dispatched_attempt_rings_greets_and_is_reported(
    stack: Stack, lk: api.LiveKitAPI, phone: Phone, trunk: str, callback: Callback, new_worker: NewWorker
) -> None:
    phone.script = Script(hang_up_after=3.0)
    async with new_worker() as worker:
        await dispatch(lk, metadata(trunk, callback))
        call = await phone.rung()
        final = await callback.event("attempt.analyzed", 25)
        assert [event.type for event in callback.received] == [
            "attempt.ringing",
            "attempt.ongoing",
            "attempt.completed",
            "attempt.analyzed",
        ]
        assert all(event.signed for event in callback.received)
        attempt = final.attempt
        assert (attempt["status"], attempt["ended_by"], attempt["end_reason"]) == (
            "completed",
            "user",
            "client_initiated",
        )
        assert attempt["transcript"][0]["content"] == "Hello there, this is Emma."
        await call.over(within=2)
        await nothing_left(stack, lk, phone)
        assert CALLEE not in worker.log
        assert "Emma" not in worker.log
