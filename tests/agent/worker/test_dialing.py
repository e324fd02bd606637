"""The tables of failed dials and of departures."""

import pytest
from livekit import rtc

from agent.models.report import DialError
from agent.worker.dialing import (
    DEPARTURES,
    LONGEST_TEXT,
    Departure,
    Failure,
    called_off,
    departure,
    dial_error,
    raw_text,
)


def sip(code: int, text: str = "", *, rang: float = 2.0) -> Failure:
    return Failure("unavailable", code, text, rang, 3.0, 30.0)


def plain(code: str, text: str = "", *, waited: float = 3.0) -> Failure:
    return Failure(code, None, text, 2.0, waited, 30.0)


@pytest.mark.parametrize(
    ("failure", "value"),
    [
        (sip(403, "No International Permissions"), DialError.NO_INTERNATIONAL_PERMISSION),
        (sip(403, "geo-permission needed"), DialError.NO_INTERNATIONAL_PERMISSION),
        (sip(403, "Not in whitelisted countries D13"), DialError.NO_INTERNATIONAL_PERMISSION),
        (sip(403, "13227"), DialError.NO_INTERNATIONAL_PERMISSION),
        (sip(403, "32205 forbidden"), DialError.NO_INTERNATIONAL_PERMISSION),
        (sip(503, "CPS limit reached"), DialError.TOO_MANY_CALLS),
        (sip(403, "Channel limit exceeded"), DialError.TOO_MANY_CALLS),
        (sip(486, "Too many concurrent calls"), DialError.TOO_MANY_CALLS),
        (sip(503, "D22"), DialError.TOO_MANY_CALLS),
        (sip(503, "P05"), DialError.TOO_MANY_CALLS),
        (sip(503, "32001"), DialError.TOO_MANY_CALLS),
        (plain("unavailable", "cpu exhausted"), DialError.TOO_MANY_CALLS),
        *((sip(code, "Not Found"), DialError.NUMBER_NON_ATTRIBUTED) for code in (404, 410, 604, 484, 485)),
        (sip(404, "Account inactive (D18)"), DialError.NON_CLASSIFIED_ERROR),
        (sip(404, "blocked account"), DialError.NON_CLASSIFIED_ERROR),
        (sip(486, "Busy Here"), DialError.BUSY),
        (sip(600, "Busy Everywhere"), DialError.BUSY),
        (sip(603, "Decline"), DialError.BUSY),
        (sip(603, "Declined"), DialError.BUSY),
        (sip(603, ""), DialError.BUSY),
        (sip(603, "Network Blocked"), DialError.NON_CLASSIFIED_ERROR),
        (sip(408, "Request Timeout"), DialError.NO_ANSWER),
        (sip(487, "Request Terminated"), DialError.NO_ANSWER),
        (plain("canceled", "sip request timed out"), DialError.NO_ANSWER),
        (plain("canceled", "twirp error unknown: canceled", waited=30.4), DialError.NO_ANSWER),
        (plain("deadline_exceeded", waited=38.0), DialError.NO_ANSWER),
        (plain("failed_precondition", "call already closed", waited=29.5), DialError.NO_ANSWER),
        (sip(480, "Temporarily Unavailable", rang=16.0), DialError.NO_ANSWER),
        (sip(480, "Temporarily Unavailable"), DialError.TEMPORARILY_UNAVAILABLE),
        *((sip(code, "Server Error"), DialError.TEMPORARILY_UNAVAILABLE) for code in (500, 502, 503, 504)),
        (plain("unavailable", "no response from servers"), DialError.TEMPORARILY_UNAVAILABLE),
        (
            plain("canceled", "transaction failed to complete (1 intermediate responses)"),
            DialError.TEMPORARILY_UNAVAILABLE,
        ),
        *((sip(code, "Not Acceptable"), DialError.PRECONDITION_FAILED) for code in (412, 580, 428, 488, 606)),
        (plain("failed_precondition", "no numbers on outbound trunk"), DialError.PRECONDITION_FAILED),
        *(
            (plain("unknown", f"twirp error unknown: {text}"), DialError.PRECONDITION_FAILED)
            for text in ("server required auth, but no password", "max auth retry attemps reached", "no audio in sdp")
        ),
        *((sip(code, "Forbidden"), DialError.NON_CLASSIFIED_ERROR) for code in (401, 402, 403, 407, 607, 608)),
        (sip(429, "Provide Referrer Identity"), DialError.NON_CLASSIFIED_ERROR),
        (plain("not_found", "requested sip trunk does not exist"), DialError.NON_CLASSIFIED_ERROR),
        (plain("internal", "sip not connected (redis required)"), DialError.NON_CLASSIFIED_ERROR),
        (plain("invalid_argument", "no such host"), DialError.NON_CLASSIFIED_ERROR),
    ],
)
def test_a_failed_dial_has_one_name(failure: Failure, value: DialError) -> None:
    assert dial_error(failure) is value


def test_every_name_is_used() -> None:
    assert {dial_error(failure) for failure in (sip(403, "D13"), sip(503, "P05"), sip(404), sip(486), sip(408))} | {
        dial_error(failure) for failure in (sip(480), sip(488), sip(403))
    } == set(DialError)


@pytest.mark.parametrize(
    ("failure", "off"),
    [
        (plain("canceled", "twirp error unknown: canceled"), True),
        (plain("canceled", "twirp error unknown: canceled", waited=29.5), False),
        (plain("canceled", "sip request timed out"), False),
        (plain("canceled", "transaction failed to complete (0 intermediate responses)"), False),
        (plain("unavailable"), False),
        (Failure("canceled", 487, "Request Terminated", 1.0, 2.0, 30.0), False),
    ],
)
def test_a_dial_that_is_cancelled_early_was_called_off(failure: Failure, off: bool) -> None:
    assert called_off(failure) is off


def test_a_carriers_text_is_kept_within_bounds() -> None:
    assert raw_text(" Busy\r\n Here ") == "Busy Here"
    assert len(raw_text("x" * 10_000)) == LONGEST_TEXT


def test_every_reason_of_livekit_is_in_the_table() -> None:
    assert set(DEPARTURES) == set(rtc.DisconnectReason.keys())


@pytest.mark.parametrize("reason", DEPARTURES)
def test_a_bridge_that_was_sent_a_bye_is_believed_whatever_reason_it_leaves_with(reason: str) -> None:
    why = departure(reason, status="hangup", ourselves=False)
    assert why is (Departure.REMOVED if DEPARTURES[reason] is Departure.REMOVED else Departure.HUNG_UP)


@pytest.mark.parametrize("reason", DEPARTURES)
def test_nobody_hung_up_when_it_is_the_worker_that_was_put_out(reason: str) -> None:
    assert departure(reason, status="hangup", ourselves=True) is not Departure.HUNG_UP


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("CLIENT_INITIATED", "", Departure.HUNG_UP),
        ("CLIENT_INITIATED", "active", Departure.LOST),
        ("UNKNOWN_REASON", "active", Departure.LOST),
        ("ROOM_DELETED", "active", Departure.REMOVED),
        ("PARTICIPANT_REMOVED", "active", Departure.REMOVED),
        ("SERVER_SHUTDOWN", "active", Departure.LOST),
        ("A_REASON_OF_TOMORROW", "active", Departure.LOST),
    ],
)
def test_a_departure_has_one_meaning(reason: str, status: str, why: Departure) -> None:
    assert departure(reason, status=status, ourselves=False) is why
