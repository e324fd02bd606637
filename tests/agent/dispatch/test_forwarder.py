import asyncio
import base64
from collections.abc import Sequence

from pydantic import SecretStr

from agent.dispatch.forwarder import forwarding
from agent.models.attempt import signing_key
from agent.worker.webhook import Destination, signature
from tests.agent.dispatch.worker import told
from tests.agent.worker.attempts import ANSWERED_CALL
from tests.agent.worker.test_courier import Receiver
from tests.tools.server import ToolServer, serving

SECRET = SecretStr("whsec_" + base64.b64encode(b"the scheduler's").decode())
EVENTS = told(ANSWERED_CALL)


async def forwarded(server: ToolServer, key: bytes | None = None, *, is_schedulers: bool = True) -> Sequence[str]:
    """Forward a whole call there; what was warned of."""
    warned: list[str] = []
    to = Destination(server.url, key, is_schedulers)
    hosts = frozenset({server.authority})
    async with forwarding(to, hosts, warned.append, lambda seconds: asyncio.sleep(0)) as forward:
        for event in EVENTS:
            forward(event)
    return warned


async def test_everything_goes_on_unchanged_but_for_the_signature() -> None:
    key = signing_key(SECRET)
    async with serving(Receiver([204])) as server:
        assert await forwarded(server, key) == []
    assert len(server.asked) == len(EVENTS)
    for asked, event in zip(server.asked, EVENTS, strict=True):
        named = {name.lower(): value for name, value in asked.headers.items()}
        assert asked.body.encode() == event.message.body
        assert named["webhook-id"] == event.message.id
        assert named["webhook-timestamp"] == str(int(event.sent_at))
        stamp = named["webhook-timestamp"].encode()
        assert named["webhook-signature"].encode() == signature(
            key, event.message.id.encode(), stamp, event.message.body
        )


async def test_without_a_secret_nothing_is_signed() -> None:
    async with serving(Receiver([204])) as server:
        await forwarded(server)
    assert all("webhook-signature" not in map(str.lower, asked.headers) for asked in server.asked)


async def test_an_assistants_webhook_is_told_only_the_end() -> None:
    async with serving(Receiver([204])) as server:
        await forwarded(server, is_schedulers=False)
    assert [asked.body.encode() for asked in server.asked] == [EVENTS[-1].message.body]


async def test_what_is_not_taken_is_tried_again_in_order() -> None:
    async with serving(Receiver([500, 503, 200])) as server:
        assert await forwarded(server) == []
    assert [asked.body.encode() for asked in server.asked[:3]] == [EVENTS[0].message.body] * 3
    assert len(server.asked) == len(EVENTS) + 2


async def test_what_is_never_taken_is_said() -> None:
    async with serving(Receiver([500])) as server:
        warned = await forwarded(server)
    assert warned[0] == "attempt.ringing was not taken by the attempt's own receiver: status 500"
    assert len(warned) == len(EVENTS)


async def test_a_receiver_that_wants_no_more_gets_no_more() -> None:
    async with serving(Receiver([410])) as server:
        assert await forwarded(server) == ["the attempt's own receiver wants no more events"]
    assert len(server.asked) == 1


async def test_to_nowhere_nothing_goes() -> None:
    async with forwarding(None, frozenset(), lambda _: None) as forward:
        forward(EVENTS[0])
