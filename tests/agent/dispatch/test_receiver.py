import time

import httpx

from agent.dispatch.receiver import Receiver, Told, receiving
from agent.models.attempt import signing_key
from agent.worker.webhook import EventType, Message
from tests.agent.dispatch.worker import messages, send
from tests.agent.worker.attempts import ANSWERED_CALL

RINGING, *_ = list(messages(ANSWERED_CALL))


async def test_signed_events_are_handed_over_once() -> None:
    taken: list[Told] = []
    async with receiving(taken.append) as receiver:
        key = signing_key(receiver.secret)
        for _ in range(2):
            for message in messages(ANSWERED_CALL):
                assert await send(receiver.url, message, key) == 204
    assert [(told.type, told.sequence) for told in taken] == [
        (EventType.RINGING, 1),
        (EventType.ONGOING, 2),
        (EventType.COMPLETED, 3),
        (EventType.ANALYZED, 4),
    ]
    assert taken[0].message == RINGING
    assert taken[-1].attempt.id == "attempt-1"


async def test_what_is_not_signed_freshly_is_refused() -> None:
    taken: list[Told] = []
    async with receiving(taken.append) as receiver:
        key = signing_key(receiver.secret)
        assert await send(receiver.url, RINGING, None) == 401
        assert await send(receiver.url, RINGING, b"another") == 401
        assert await send(receiver.url, RINGING, key, now=time.time() - 400) == 401
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(receiver.url, headers=[(b"webhook-timestamp", "٣".encode())])
            assert answer.status_code == 401
    assert taken == []


async def test_what_is_no_event_is_refused() -> None:
    taken: list[Told] = []
    async with receiving(taken.append) as receiver:
        nonsense = Message("attempt-1:1", EventType.RINGING, b'{"type": "attempt.ringing"}')
        assert await send(receiver.url, nonsense, signing_key(receiver.secret)) == 400
    assert taken == []


async def test_an_event_may_be_long() -> None:
    taken: list[Told] = []
    body = RINGING.body.replace(
        b'"transcript":[]', b'"transcript":[{"role":"user","content":"' + b"x" * 5_000_000 + b'"}]'
    )
    async with receiving(taken.append) as receiver:
        long = Message(RINGING.id, RINGING.type, body)
        assert await send(receiver.url, long, signing_key(receiver.secret)) == 204
    assert len(taken[0].attempt.transcript[0].content) == 5_000_000


async def test_every_receiver_has_its_own_secret_and_shows_it_to_nobody() -> None:
    async with receiving(lambda _: None) as one, receiving(lambda _: None) as other:
        assert one.callback["secret"] != other.callback["secret"]
        assert one.url.startswith("http://127.0.0.1:")
        assert one.callback["secret"] not in repr(one)
        assert isinstance(one, Receiver)
