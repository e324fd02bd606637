import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from agent import events as e
from agent.models.attempt import Callback, signing_key
from agent.report import NotAJournal, fold
from agent.worker import webhook
from agent.worker.webhook import EventType, Message, Story, Verdict
from tests.agent.worker.attempts import ANSWERED, ANSWERED_CALL, ENDED, RANG, REFUSED_CALL, REPORTED, accepted

NOW = datetime(2026, 3, 9, 13, 0, 0, tzinfo=UTC).timestamp()
CALLBACK = Callback(url="http://scheduler.internal/events", secret=SecretStr("whsec_b3du"))
SETTINGS = SecretStr("whsec_c2V0dGluZ3M=")


def messages(events: Iterable[e.Event]) -> list[Message]:
    story = Story()
    return [message for message in map(story.take, events) if message is not None]


def types(events: Iterable[e.Event]) -> list[str]:
    return [message.type.value.removeprefix("attempt.") for message in messages(events)]


def body(message: Message) -> Any:
    return json.loads(message.body)


def test_the_signature_is_the_one_of_the_specification() -> None:
    key = signing_key(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    signed = webhook.signature(key, b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"1614265330", b'{"test": 2432232314}')
    assert signed == b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secrets_padding_may_be_missing() -> None:
    assert signing_key(SecretStr("whsec_YQ")) == signing_key(SecretStr("whsec_YQ==")) == b"a"


@pytest.mark.parametrize("secret", ["", "whsec_", "c2VjcmV0", "whsec_a", "whsec_geheim!", "WHSEC_YQ=="])
def test_what_is_no_secret_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - base64's own error is one
        signing_key(SecretStr(secret))
    assert "geheim" not in str(raised.value)


def test_an_answered_call_is_told_in_four_events() -> None:
    assert types(ANSWERED_CALL) == ["ringing", "ongoing", "completed", "analyzed"]


def test_a_refused_call_is_told_as_an_error_and_analyzed() -> None:
    assert types(REFUSED_CALL) == ["error", "analyzed"]


def test_an_answered_call_that_failed_is_an_error() -> None:
    broken = e.Ended(at=20.0, ended_by="system", end_reason=None, error_code="internal_error", error_message="x")
    assert types((accepted(), RANG, ANSWERED, broken, REPORTED)) == ["ringing", "ongoing", "error", "analyzed"]


def test_each_stage_is_told_once_and_never_backwards() -> None:
    muddled = (accepted(), RANG, RANG, ANSWERED, RANG, ENDED, ANSWERED, ENDED, REPORTED, REPORTED, ENDED)
    assert types(muddled) == ["ringing", "ongoing", "completed", "analyzed"]


def test_each_event_carries_the_attempt_as_it_stood() -> None:
    told = [body(message) for message in messages(ANSWERED_CALL)]
    assert [one["data"]["attempt"]["status"] for one in told] == ["ringing", "ongoing", "completed", "completed"]
    assert [one["data"]["sequence"] for one in told] == [1, 2, 3, 4]
    assert {one["data"]["call_id"] for one in told} == {"call-1"}
    assert [set(one) for one in told] == [{"type", "timestamp", "data"}] * 4
    assert told[-1]["data"]["attempt"] == json.loads(fold(ANSWERED_CALL).model_dump_json())


def test_the_timestamp_is_the_events_own() -> None:
    times = [body(message)["timestamp"] for message in messages(ANSWERED_CALL)]
    assert times == [f"2026-03-09T13:05:{second}Z" for second in ("01.000", "02.500", "10.000", "11.000")]


def test_the_same_journal_makes_the_same_messages() -> None:
    assert messages(ANSWERED_CALL) == messages(ANSWERED_CALL)
    assert [message.id for message in messages(ANSWERED_CALL)] == [f"attempt-1:{number}" for number in (1, 2, 3, 4)]


def test_what_is_no_journal_tells_nothing() -> None:
    with pytest.raises(NotAJournal):
        messages([RANG])


def test_the_headers_sign_identity_time_and_body() -> None:
    [_, message] = messages(REFUSED_CALL)
    named = webhook.headers(message, b"own", NOW + 0.9)
    assert named[b"webhook-id"] == b"attempt-1:2"
    assert named[b"webhook-timestamp"] == str(int(NOW)).encode()
    assert named[b"webhook-signature"] == webhook.signature(
        b"own", b"attempt-1:2", named[b"webhook-timestamp"], message.body
    )
    assert len(base64.b64decode(named[b"webhook-signature"].removeprefix(b"v1,"))) == 32


def test_without_a_secret_nothing_is_signed() -> None:
    assert b"webhook-signature" not in webhook.headers(messages(REFUSED_CALL)[0], None, NOW)


def test_an_identity_that_begins_with_a_space_is_signed_as_it_arrives() -> None:
    [message, _] = messages([accepted(attempt_id=" é"), *REFUSED_CALL[1:]])
    assert webhook.headers(message, None, NOW)[b"webhook-id"] == "é:1".encode()


def test_the_callback_is_told_everything_and_the_assistant_the_end() -> None:
    to = webhook.destination(CALLBACK, "https://customer.example", SETTINGS)
    assert to is not None
    assert (to.url, to.key, to.is_schedulers) == ("http://scheduler.internal/events", b"own", True)
    to = webhook.destination(Callback(secret=SecretStr("whsec_b3du")), "https://customer.example", SETTINGS)
    assert to is not None
    assert (to.url, to.key, to.is_schedulers) == ("https://customer.example", b"own", False)
    assert webhook.destination(None, None, SETTINGS) is None


def test_the_settings_secret_serves_where_the_attempt_brings_none() -> None:
    to = webhook.destination(Callback(url="http://scheduler.internal"), None, SETTINGS)
    assert to is not None
    assert to.key == b"settings"


def test_nothing_secret_is_shown() -> None:
    to = webhook.destination(CALLBACK, None, None)
    assert repr(to) == "Destination(is_schedulers=True)"
    assert "33612345678" not in repr(messages(ANSWERED_CALL))


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (100, "failed"),
        (200, "delivered"),
        (204, "delivered"),
        (299, "delivered"),
        (302, "failed"),
        (400, "failed"),
        (404, "failed"),
        (410, "gone"),
        (429, "failed"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_only_2xx_is_success_and_410_is_the_end(status: int, verdict: str) -> None:
    assert webhook.judged(status) is Verdict(verdict)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("120", 120),
        (" 7 ", 7),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("²", 0),
        ("", 0),
        ("9" * 400, 86_400),
        ("Mon, 09 Mar 2026 13:01:30 GMT", 90),
        ("Mon, 09 Mar 2026 13:01:30", 90),
        ("Mon, 09 Mar 2026 12:00:00 GMT", 0),
        ("Tue, 09 Mar 2032 12:00:00 GMT", 86_400),
        ("Mon, 99 Mar 2026 12:00:00 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    assert webhook.asked_to_wait(header, NOW) == seconds


def test_a_pause_is_spread_and_never_shorter_than_asked() -> None:
    assert [webhook.pause(100, 0, chance) for chance in (0.0, 0.5, 1.0)] == pytest.approx([90, 100, 110])
    assert webhook.pause(5, 60, 0.0) == 60
    assert webhook.pause(300, 60, 0.0) == 270
    assert len(webhook.RETRIES) == 10


def test_the_final_event_is_told_apart() -> None:
    assert [message.type for message in messages(ANSWERED_CALL)][-1] is EventType.ANALYZED
