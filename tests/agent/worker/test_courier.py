import asyncio
import hashlib
import hmac
import json
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agent.journal import Journal
from agent.worker.courier import Courier, Finder, Timing
from agent.worker.webhook import RETRIES, Destination
from tests.agent.worker.attempts import ANSWERED_CALL, RANG, REFUSED_CALL, REPORTED, accepted, written
from tests.tools.server import Asked, ToolServer, serving

NOW = 1_773_061_200.0


@dataclass
class Receiver:
    """Answers with these statuses in turn, then with the last for ever."""

    statuses: Sequence[int] = (200,)
    headers: dict[str, str] = field(default_factory=dict)
    answered: int = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        status = self.statuses[min(self.answered, len(self.statuses) - 1)]
        self.answered += 1
        return web.Response(status=status, headers=self.headers)


@dataclass
class Sleeper:
    """Remembers what it was asked to sleep; does so only as long as `asleep` says."""

    slept: list[float] = field(default_factory=list)
    asleep: Callable[[], Awaitable[object]] = field(default=lambda: asyncio.sleep(0))

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.asleep()

    @property
    def timing(self) -> Timing:
        """Without chance: every pause as planned."""
        return Timing(now=lambda: NOW, sleep=self, chance=lambda: 0.5)


def found(to: Destination | None) -> Finder:
    async def find() -> Destination | None:
        return to

    return find


def callback(url: str, key: bytes | None = b"key") -> Finder:
    return found(Destination(url, key, is_schedulers=True))


def webhook_url(url: str) -> Finder:
    return found(Destination(url, b"key", is_schedulers=False))


def told(server: ToolServer) -> list[str]:
    return [json.loads(asked.body)["type"].removeprefix("attempt.") for asked in server.asked]


def sequences(server: ToolServer) -> list[int]:
    return [json.loads(asked.body)["data"]["sequence"] for asked in server.asked]


def header(asked: Asked, name: str) -> str:
    return {key.lower(): value for key, value in asked.headers.items()}[name]


async def delivered(courier: Courier, journal: Path, find: Finder, attempt_id: str = "attempt-1") -> None:
    await asyncio.wait_for(courier.deliver(attempt_id, journal, find), 5)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return written(tmp_path / "events.jsonl", ANSWERED_CALL)


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    return written(tmp_path / "refused.jsonl", REFUSED_CALL)


async def test_a_callback_is_told_every_stage_in_order_and_signed(journal: Path) -> None:
    async with serving(Receiver()) as server, Courier(timing=Sleeper().timing) as courier:
        await delivered(courier, journal, callback(f"{server.url}/events?for=1"))
    assert told(server) == ["ringing", "ongoing", "completed", "analyzed"]
    assert server.paths == ["/events?for=1"] * 4
    for number, asked in enumerate(server.asked, start=1):
        assert header(asked, "content-type") == "application/json"
        signed = f"attempt-1:{number}.{int(NOW)}.{asked.body}".encode()
        expected = "v1," + b64encode(hmac.new(b"key", signed, hashlib.sha256).digest()).decode()
        assert header(asked, "webhook-signature") == expected
        assert (header(asked, "webhook-id"), header(asked, "webhook-timestamp")) == (
            f"attempt-1:{number}",
            str(int(NOW)),
        )


async def test_events_are_told_as_the_call_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    async with serving(Receiver()) as server, Courier() as courier:
        courier.deliver("attempt-1", path, callback(server.url))
        with Journal(path) as journal:
            for event in (accepted(), RANG):
                journal.append(event)
            await reached(server, 1)
            assert told(server) == ["ringing"]
            journal.append(REPORTED)
            await reached(server, 2)
        assert told(server) == ["ringing", "analyzed"]


async def reached(server: ToolServer, count: int) -> None:
    await eventually(lambda: len(server.asked) >= count)


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - a list tells nobody that it grew
            await asyncio.sleep(0.01)


async def test_an_assistants_webhook_is_told_the_end_once(journal: Path) -> None:
    async with serving(Receiver()) as server, Courier(frozenset({server.authority})) as courier:
        await delivered(courier, journal, webhook_url(server.url))
    assert told(server) == ["analyzed"]
    assert [header(asked, "webhook-id") for asked in server.asked] == ["attempt-1:4"]


async def test_an_assistants_webhook_reaches_no_private_address(journal: Path) -> None:
    sleeper = Sleeper()
    async with serving(Receiver()) as server, Courier(timing=sleeper.timing) as courier:
        await delivered(courier, journal, webhook_url(server.url))
    assert server.asked == []


async def test_nobody_is_told_where_nobody_wants_to_know(journal: Path) -> None:
    async with Courier() as courier:
        await delivered(courier, journal, found(None))


async def test_without_a_key_nothing_is_signed(refused: Path) -> None:
    async with serving(Receiver()) as server, Courier() as courier:
        await delivered(courier, refused, callback(server.url, None))
    assert told(server) == ["error", "analyzed"]
    assert not any("signature" in name.lower() for asked in server.asked for name in asked.headers)


async def test_a_url_may_carry_a_login(refused: Path) -> None:
    async with serving(Receiver()) as server, Courier() as courier:
        await delivered(courier, refused, callback(f"http://me:pass@{server.authority}/"))
    assert [header(asked, "authorization") for asked in server.asked] == ["Basic bWU6cGFzcw=="] * 2


async def test_what_fails_is_tried_again_with_the_same_id_and_body(refused: Path) -> None:
    sleeper = Sleeper()
    async with serving(Receiver([500, 200, 302, 404, 200])) as server, Courier(timing=sleeper.timing) as courier:
        await delivered(courier, refused, callback(server.url))
    assert len(server.asked) == 5
    for number in (1, 2):
        same = {(header(asked, "webhook-id"), asked.body) for asked in of(server.asked, number)}
        assert len(same) == 1
    assert len(sleeper.slept) == 3


def of(asked: Iterable[Asked], number: int) -> list[Asked]:
    return [one for one in asked if json.loads(one.body)["data"]["sequence"] == number]


async def test_a_redirect_is_not_followed(refused: Path) -> None:
    receiver = Receiver([307, 200], {"Location": "/elsewhere"})
    async with serving(receiver) as server, Courier(timing=Sleeper().timing) as courier:
        await delivered(courier, refused, callback(f"{server.url}/events"))
    assert set(server.paths) == {"/events"}


async def test_the_receiver_may_ask_for_more_time(refused: Path) -> None:
    sleeper = Sleeper()
    receiver = Receiver([429, 200, 200], {"Retry-After": "120"})
    async with serving(receiver) as server, Courier(timing=sleeper.timing) as courier:
        await delivered(courier, refused, callback(server.url))
    assert sleeper.slept == [pytest.approx(126)]


async def test_an_event_is_given_up_after_the_last_try_and_the_next_is_not(refused: Path) -> None:
    sleeper = Sleeper()
    async with serving(Receiver([503])) as server, Courier(timing=sleeper.timing) as courier:
        await delivered(courier, refused, callback(server.url))
    assert sorted(sequences(server)) == [1] * 10 + [2] * 10
    assert sorted(sleeper.slept) == sorted([*RETRIES[1:], *RETRIES[1:]])


async def test_a_later_event_does_not_wait_for_one_that_fails(journal: Path) -> None:
    never = asyncio.Event()
    sleeper = Sleeper(asleep=never.wait)
    async with serving(Receiver([500, 500, 200])) as server, Courier(timing=sleeper.timing) as courier:
        courier.deliver("attempt-1", journal, callback(server.url))
        await reached(server, 4)
        assert sequences(server) == [1, 2, 3, 4]
        never.set()
        await reached(server, 6)
        assert sorted(sequences(server)) == [1, 1, 2, 2, 3, 4]


async def test_a_receiver_that_is_gone_is_told_nothing_more(journal: Path) -> None:
    async with serving(Receiver([410])) as server, Courier() as courier:
        await delivered(courier, journal, callback(server.url))
        assert len(server.asked) <= 2


async def test_gone_ends_the_retries_of_earlier_events_too(journal: Path) -> None:
    never = asyncio.Event()
    async with (
        serving(Receiver([500, 200, 200, 410])) as server,
        Courier(timing=Sleeper(asleep=never.wait).timing) as courier,
    ):
        await delivered(courier, journal, callback(server.url))
        assert sequences(server) == [1, 2, 3, 4]


async def test_a_receiver_that_is_not_there_is_tried_again(refused: Path) -> None:
    async with serving(Receiver()) as server:
        url = server.url
    sleeper = Sleeper()
    async with Courier(timing=sleeper.timing) as courier:
        await delivered(courier, refused, callback(url))
    assert len(sleeper.slept) == 18


async def test_a_receiver_that_breaks_off_is_tried_again(refused: Path) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    sleeper = Sleeper()
    async with serving(broken) as server, Courier(timing=sleeper.timing) as courier:
        await delivered(courier, refused, callback(server.url))
    assert len(server.asked) == 20


async def test_attempts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    never = asyncio.Event()
    waiting = written(tmp_path / "one.jsonl", REFUSED_CALL)
    other = written(tmp_path / "two.jsonl", [accepted(attempt_id="attempt-2"), *REFUSED_CALL[1:]])
    async with (
        serving(Receiver([500])) as failing,
        serving(Receiver()) as server,
        Courier(timing=Sleeper(asleep=never.wait).timing) as courier,
    ):
        courier.deliver("attempt-1", waiting, callback(failing.url))
        await delivered(courier, other, callback(server.url), "attempt-2")
        assert told(server) == ["error", "analyzed"]


async def test_a_stopping_worker_tries_what_waits_at_once(refused: Path) -> None:
    never = asyncio.Event()
    sleeper = Sleeper(asleep=never.wait)
    async with serving(Receiver([500, 500, 200])) as server, Courier(timing=sleeper.timing) as courier:
        task = courier.deliver("attempt-1", refused, callback(server.url))
        await eventually(lambda: len(sleeper.slept) == 2)
        await courier.drain(5.0)
        assert task.done()
    assert sorted(sequences(server)) == [1, 1, 2, 2]


async def test_a_stopping_worker_waits_no_longer_than_it_may(refused: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Receiver([500])) as server, Courier() as courier:
        task = courier.deliver("attempt-1", refused, callback(server.url))
        await reached(server, 2)
        started = asyncio.get_running_loop().time()
        await courier.drain(0.2)
        assert asyncio.get_running_loop().time() - started < 2
        assert task.cancelled()
    assert [record.message for record in caplog.records][-1] == ("the worker stopped before everything was delivered")


async def test_a_stopping_worker_still_waits_for_calls_that_end(tmp_path: Path) -> None:
    path = written(tmp_path / "events.jsonl", [accepted(), RANG])
    async with serving(Receiver()) as server, Courier() as courier:
        courier.deliver("attempt-1", path, callback(server.url))
        draining = asyncio.create_task(courier.drain(5.0))
        await reached(server, 1)
        with Journal.resume(path) as journal:
            journal.append(REPORTED)
        await draining
    assert told(server) == ["ringing", "analyzed"]


async def test_an_attempt_without_a_journal_can_be_called_off(tmp_path: Path) -> None:
    async with Courier() as courier:
        task = courier.deliver("attempt-1", tmp_path / "never.jsonl", found(Destination("http://x", None, True)))
        await asyncio.sleep(0.06)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await courier.drain(5.0)


async def test_a_destination_that_cannot_be_found_harms_nobody_else(
    refused: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def unknown() -> Destination | None:
        raise RuntimeError("with the key in it")

    async with serving(Receiver()) as server, Courier() as courier:
        await delivered(courier, refused, unknown)
        await delivered(courier, refused, callback(server.url))
        assert len(server.asked) == 2
    assert facts(caplog) == [{"attempt": "attempt-1", "error": "RuntimeError"}]


async def test_a_damaged_journal_is_said_and_nothing_invented(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    async with serving(Receiver()) as server, Courier() as courier:
        await delivered(courier, path, callback(server.url))
        assert server.asked == []
    assert facts(caplog) == [{"attempt": "attempt-1", "error": "JournalDamaged"}]


async def test_the_log_names_the_attempt_the_event_and_the_failure_and_nothing_else(
    refused: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="agent")
    caplog.set_level(logging.INFO, logger="httpx")
    async with serving(Receiver([500, 200])) as server, Courier(timing=Sleeper().timing) as courier:
        await delivered(courier, refused, callback(f"{server.url}/hush?token=hush", b"hush"))
    assert facts(caplog) == [{"attempt": "attempt-1", "part": "attempt.error", "failure": "status 500"}]
    everything = " ".join(str(vars(record)) for record in caplog.records)
    assert "hush" not in everything
    assert "33612345678" not in everything


def facts(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    ours = [record for record in caplog.records if record.name == "agent.worker.courier"]
    names = ("attempt", "part", "failure", "error", "undelivered")
    return [{name: vars(record)[name] for name in names if name in vars(record)} for record in ours]
