"""The receiver of webhooks tells right signatures from wrong ones, and fails when it is told to."""

import base64
import hashlib
import hmac
import json
import time

import httpx
import pytest

from tests.e2e.callback import Callback

EVENT = {"type": "attempt.ringing", "data": {"call_id": "c", "sequence": 1, "attempt": {"id": "a"}}}


async def post(callback: Callback, secret: str, *, identity: str = "a:1", age: float = 0) -> int:
    body, stamp = json.dumps(EVENT).encode(), str(int(time.time() - age))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identity}.{stamp}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.post(callback.url, content=body, headers=headers)).status_code


async def test_a_signature_is_right_only_with_the_secret_and_fresh(callback: Callback) -> None:
    await post(callback, callback.secret)
    await post(callback, "whsec_" + base64.b64encode(b"another").decode())
    await post(callback, callback.secret, age=1000)
    assert [delivery.signed for delivery in callback.deliveries] == [True, False, False]


async def test_it_fails_as_often_as_told_and_counts_an_event_once(callback: Callback) -> None:
    callback.answers.extend([500, 0])
    assert await post(callback, callback.secret) == 500
    with pytest.raises(httpx.TransportError):
        await post(callback, callback.secret)
    assert await post(callback, callback.secret) == 200
    assert await post(callback, callback.secret) == 200
    event = await callback.event("attempt.ringing", within=1, attempt_id="a")
    assert [event.id] == [delivery.id for delivery in callback.received] == ["a:1"]
    assert [delivery.status for delivery in callback.deliveries] == [500, 0, 200, 200]
