"""Attempts that are never answered: dials that fail, each by its own name, and metadata that must not ring a phone."""

import asyncio
from typing import Any

from livekit import api

from tests.e2e import trunks
from tests.e2e.attempts import Ending, Gist, Placed, Scheduler
from tests.e2e.phone import Phone
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.worker import Worker

CALLEE: Gist = ("completed", "user", "client_initiated", None)
NO_ANSWER: Gist = ("error", "system", "user_unavailable", "dial_error")
FAILED: Gist = ("error", "system", None, "dial_error")

REFUSALS = [
    (486, "", "busy", "user_rejected"),
    (600, "", "busy", "user_rejected"),
    (603, "", "busy", "user_rejected"),
    (404, "", "number_non_attributed", None),
    (480, "", "temporarily_unavailable", "user_unavailable"),
    (503, "", "temporarily_unavailable", "user_unavailable"),
    (503, "Channel limit reached", "too_many_calls", None),
    (403, "International permissions missing", "no_international_permission", None),
    (488, "", "precondition_failed", None),
]
"""Status and reason of the phone; `dial_error` and `end_reason` of the report."""


async def endings(placed: list[Placed], within: float = 30) -> list[Ending]:
    return list(await asyncio.gather(*(one.ended(within) for one in placed)))


async def test_every_refusal_is_reported_by_its_name(scheduler: Scheduler, worker: Worker) -> None:
    placed = [await scheduler.dispatch(Script(final=code, reason=text, after=0.8)) for code, text, _, _ in REFUSALS]
    for one, ending, row in zip(placed, await endings(placed), REFUSALS, strict=True):
        code, text, name, reason = row
        assert (ending.dial_error, ending.sip_code) == (name, code)
        assert text in ending.attempt["details"]["sip"]["text"] != ""
        assert ending.gist == ("error", "system", reason, "dial_error")
        assert ending.attempt["answered_at"] is None
        assert one.told[-2:] == ["error", "analyzed"]
        assert len(one.calls) == 1
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_phone_that_nobody_answers_is_left_alone_when_the_ringing_is_over(
    scheduler: Scheduler, worker: Worker
) -> None:
    silent = [
        Script(final=None),
        Script(final=None, early=True),
        Script(final=None, progress=(100,)),
        Script(final=None, progress=()),
    ]
    close = [Script(after=5 + seconds, hang_up_after=0.5) for seconds in (-0.02, 0.0, 0.02)]
    placed = [await scheduler.dispatch(script, sip={"ringing_timeout_secs": 5}) for script in (*silent, *close)]
    ended = await endings(placed, 40)
    for one, ending in zip(placed[:4], ended, strict=False):
        assert (ending.gist, ending.dial_error) == (NO_ANSWER, "no_answer")
        assert "ongoing" not in one.told
    for ending in ended[4:]:
        # Whoever picks up at the very moment is there or is not, and nothing between.
        assert ending.gist == CALLEE or (ending.gist, ending.dial_error) == (NO_ANSWER, "no_answer")
    ringing = [one.calls[0] for one in placed[:2]]
    await until(lambda: all(call.received("CANCEL") for call in ringing), 2, "they were cancelled")
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_what_is_wrong_with_a_trunk_or_a_phone_is_reported(
    scheduler: Scheduler, worker: Worker, phone: Phone, lk: api.LiveKitAPI
) -> None:
    challenges = [Script(final=status, after=0.1) for status in (401, 407)]
    async with trunks.outbound(lk, phone, numbers=("+33187000000",), login=("me", "wrong")) as wrong:
        placed = [
            *[await scheduler.dispatch(script) for script in challenges],
            *[await scheduler.dispatch(script, sip={"trunk_id": wrong}) for script in challenges],
            await scheduler.dispatch(Script(described=False)),
            await scheduler.dispatch(sip={"trunk_id": "ST_nowhere"}),
            await scheduler.dispatch(sip={"trunk_id": None}),
        ]
        ended = await endings(placed)
    assert [ending.gist for ending in ended[:6]] == [FAILED] * 6
    assert [ending.dial_error for ending in ended[:5]] == ["precondition_failed"] * 5
    assert ended[5].dial_error == "non_classified_error"
    assert ended[6].gist == ("error", "system", None, "invalid_metadata")
    assert ended[6].attempt["error"]["message"].startswith("sip.trunk_id: ")
    assert not placed[5].calls and not placed[6].calls
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"to_phone_number": "0612345678"}, "invalid_metadata", "to_phone_number: "),
    ({"to_phone_number": "+33112"}, "number_not_allowed", "to_phone_number: "),
    ({"to_phone_number": "+33899123456"}, "number_not_allowed", "to_phone_number: "),
    ({"assistant": {"prompt": "You are {{who}}."}}, "unresolved_variable", "assistant.prompt: "),
    ({"attempt_number": "first"}, "invalid_metadata", "attempt_number: "),
    ({"sip": {"ringing_timeout_secs": 500}}, "invalid_metadata", "sip.ringing_timeout_secs: "),
    ({"assistant": {"custom_tools": [{"name": "No Spaces"}]}}, "invalid_metadata", "assistant.custom_tools[0].name: "),
    ({"assistant_url": "http://127.0.0.1:9/"}, "invalid_metadata", "assistant_url: "),
    ({"assistant": {"prompt": "x" * 600_000}}, "invalid_metadata", "expected at most 512 KiB"),
]
"""Metadata, the code and the beginning of the sentence it is refused with."""


async def test_bad_metadata_rings_no_phone_and_is_reported_once(scheduler: Scheduler, worker: Worker) -> None:
    placed = [await scheduler.dispatch(**more) for more, _, _ in BAD]
    for one, ending, (_, code, sentence) in zip(placed, await endings(placed, 20), BAD, strict=True):
        assert ending.gist == ("error", "system", None, code)
        assert ending.attempt["error"]["message"].startswith(sentence)
        assert one.told == ["error", "analyzed"]
    assert not scheduler.phone.calls
    await scheduler.nothing_left()
    scheduler.keeps_quiet(worker)


async def test_a_dispatch_that_names_no_attempt_is_logged_and_leaves_no_room(
    scheduler: Scheduler, worker: Worker
) -> None:
    texts = ["", "{not json", "[]", '{"call_id": "c"}', "\u0000"]
    before = worker.log.count("a dispatch ")
    for text in texts:
        await scheduler.again(scheduler.attempt(), text=text)
    await until(lambda: worker.log.count("a dispatch ") == before + len(texts), 10, "all were logged")
    await scheduler.nothing_left(within=8)
    assert not scheduler.phone.calls and not scheduler.callback.deliveries
    scheduler.keeps_quiet(worker)
