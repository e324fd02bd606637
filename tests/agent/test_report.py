"""The report as a fold: a recorded call, its prefixes, and every way a call can end."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent import events as e
from agent.journal import decode, encode
from agent.models.report import Attempt, DialError
from agent.report import NotAJournal, fold
from audio.frames import RATE
from tests.agent.recorded import ACCEPTED, CALL, PICKED_UP, PLANNED, RINGING, at, callee


def ended(*events: e.Event, **ending: str | None) -> Attempt:
    """The report of a call of these events that ended so."""
    given = {"ended_by": "system", "end_reason": None, **ending}
    return fold([*events, e.Ended(at=at(20), **given)])  # type: ignore[arg-type]  # the keys are the fields' names


def test_every_prefix_of_a_call_folds_to_the_attempt_as_it_stood_then() -> None:
    statuses: list[str] = []
    for length in range(1, len(CALL) + 1):
        report = fold(CALL[:length])
        assert Attempt.model_validate_json(report.model_dump_json()) == report
        statuses.append(report.status.value)
    assert list(dict.fromkeys(statuses)) == ["queued", "ringing", "ongoing", "completed"]


def test_a_prefix_never_takes_back_what_a_shorter_one_said_was_said() -> None:
    before: Sequence[tuple[str, str]] = ()
    for length in range(1, len(CALL) + 1):
        entries = [(entry.role, entry.content) for entry in fold(CALL[:length]).transcript]
        assert {entry for entry in before if entry[1] and entry[0] != "tool"} <= set(entries)
        before = entries


def test_a_journal_that_was_written_and_read_folds_to_the_same() -> None:
    assert fold([decode(encode(event)) for event in CALL]) == fold(CALL)


def test_the_fold_takes_events_as_they_come() -> None:
    assert fold(iter(CALL)) == fold(CALL)


@pytest.mark.parametrize("events", [(), (PLANNED,), CALL[1:]])
def test_events_that_do_not_begin_with_an_accepted_attempt_are_no_journal(events: Sequence[e.Event]) -> None:
    with pytest.raises(NotAJournal):
        fold(events)


def test_moments_are_utc_to_the_millisecond() -> None:
    report = json.loads(fold(CALL).model_dump_json())
    assert report["started_at"] == "2026-03-09T13:05:00.000Z"
    assert report["answered_at"] == "2026-03-09T13:05:06.000Z"
    assert report["ended_at"] == "2026-03-09T13:05:17.200Z"


def test_the_transcript_is_in_the_order_in_which_things_were_said() -> None:
    assert [(entry.role, entry.content) for entry in fold(CALL).transcript] == [
        ("user", "Allô ?"),
        ("assistant", "Hello, this"),
        ("assistant", "Hello, this is Emma."),
        ("user", "Is Monday free?"),
        ("tool", '{"status":200}'),
        ("assistant", "Nine is"),
        ("user", "Fine, bye."),
        ("tool", ""),
        ("assistant", "Goodbye."),
    ]


def test_a_tool_is_reported_with_what_went_in_and_out() -> None:
    used, unfinished = (entry for entry in fold(CALL).transcript if entry.role == "tool")
    assert (used.tool_name, used.tool_arguments) == ("slots", {"day": "2026-03-09"})
    assert (used.tool_output, used.tool_is_error) == ('{"status":200}', False)
    assert (unfinished.tool_name, unfinished.tool_output, unfinished.tool_is_error) == ("end_call", None, None)


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "null", '"day"'])
def test_arguments_that_are_no_object_are_reported_as_the_model_wrote_them(arguments: str) -> None:
    report = fold([*PICKED_UP, e.ToolCalled(at=at(1), id="t1", name="slots", arguments=arguments)])
    assert report.transcript[0].tool_arguments == arguments


def test_speech_is_in_order_of_its_start_in_milliseconds_from_the_answer() -> None:
    spoken = [
        (event.id, event.started_speaking_at_ms, event.stopped_speaking_at_ms) for event in fold(CALL).speech_events
    ]
    assert spoken == [
        ("u1", 100, 500),
        ("a1", 900, 1400),
        ("a2", 2000, 4000),
        ("u2", 5000, 6000),
        ("a3", 7000, 8000),
        ("u3", 7600, 9000),
        ("a4", 10000, 11000),
        ("u4", 10800, None),
    ]


def test_greetings_withdrawn_sentences_and_noise_are_no_real_turns() -> None:
    real = {event.id: event.is_real_turn for event in fold(CALL).speech_events}
    assert real == {"u1": False, "a1": False, "a2": True, "u2": True, "a3": True, "u3": True, "a4": True, "u4": False}


def test_what_was_stopped_is_marked_as_cut_and_so_is_a_callee_whom_the_end_of_the_call_cut() -> None:
    cut = [event.id for event in fold(CALL).speech_events if event.was_cut]
    assert cut == ["a1", "a3", "u4"]


def test_a_callee_who_still_speaks_is_not_cut_while_the_call_goes_on() -> None:
    report = fold([*PICKED_UP, e.CalleeStarted(at=at(1), sample=RATE)])
    assert [event.was_cut for event in report.speech_events] == [False]


def test_the_callees_speech_says_how_long_its_words_took() -> None:
    delays = {event.id: event.stt_transcription_delay_ms for event in fold(CALL).speech_events}
    assert delays == {"u1": 300, "a1": None, "a2": None, "u2": 300, "a3": None, "u3": 300, "a4": None, "u4": None}


def test_a_reply_carries_the_figures_of_its_making() -> None:
    reply = next(event for event in fold(CALL).speech_events if event.id == "a3")
    assert (reply.llm_ttft_ms, reply.tts_ttfb_ms, reply.llm_winner_model) == (150, 80, "gpt-4.1")
    assert reply.llm_system_prompt is None


def test_the_prompt_is_reported_where_the_settings_ask_for_it() -> None:
    asked = [replace(event, system_prompt="Be brief.") if isinstance(event, e.Planned) else event for event in CALL]
    prompts = {event.id: event.llm_system_prompt for event in fold(asked).speech_events}
    assert {name for name, prompt in prompts.items() if prompt == "Be brief."} == {"a3"}


def test_latencies_are_measured_from_the_end_of_the_callees_voice() -> None:
    [turn] = fold(CALL).details.latencies
    assert (turn.speech_event_id, turn.transcription_ms, turn.end_of_turn_ms) == ("a3", 300, 450)
    assert (turn.llm_ttft_ms, turn.tts_ttfb_ms, turn.voice_to_voice_ms) == (150, 80, 1000)


def test_a_reply_without_figures_has_a_latency_all_the_same() -> None:
    events = [event for event in CALL if not isinstance(event, e.ReplyMeasured)]
    [turn] = fold(events).details.latencies
    assert (turn.llm_ttft_ms, turn.tts_ttfb_ms, turn.voice_to_voice_ms) == (None, None, 1000)


def test_figures_that_a_provider_did_not_give_are_null() -> None:
    events = [
        replace(event, llm_ttft=None, tts_ttfb=-1.0) if isinstance(event, e.ReplyMeasured) else event for event in CALL
    ]
    reply = next(event for event in fold(events).speech_events if event.id == "a3")
    assert (reply.llm_ttft_ms, reply.tts_ttfb_ms) == (None, None)


def test_details_carry_what_the_attempt_brought_and_what_the_call_used() -> None:
    details = fold(CALL).details
    assert (details.attempt_number, details.direction, details.organization_id) == (2, "outbound", "org-1")
    assert details.campaign == {"id": "c1", "name": "Spring"}
    assert details.metadata == {"row": 7, "tags": ["a", None]}
    assert (details.language, details.timezone) == ("fr", "Europe/Paris")
    assert details.warnings == ("thinking_sound: not due yet", "the recording is incomplete")
    assert details.models is not None
    assert details.models.stt == "deepgram/nova-3"
    assert details.usage is not None
    assert (details.usage.llm_output_tokens, details.usage.stt_secs) == (40, 11.2)
    assert details.health is not None
    assert (details.health.loop_lag_p99_ms, details.health.starved_ms, details.health.underruns) == (3.1, 20.0, 2)


def test_an_attempt_that_was_only_accepted_says_so_and_no_more() -> None:
    report = fold([ACCEPTED])
    assert (report.id, report.phone_number, report.status) == ("attempt-1", "+33612345678", "queued")
    assert (report.result, report.ended_by, report.handled_by_ai, report.assistants_used) == (None, None, False, ())
    assert (report.details.language, report.details.models, report.details.usage) == (None, None, None)


def test_a_callee_who_took_a_turn_is_human_and_the_report_says_when_that_was_known() -> None:
    report = fold(CALL)
    assert report.result == "human"
    assert report.details.answered_by is not None
    assert report.details.answered_by.decided_after_ms == 6450


def test_a_callee_who_never_took_a_turn_is_unknown() -> None:
    for events in (PICKED_UP, (*PICKED_UP, *callee(1, 2, "Hello?"))):
        report = ended(*events, ended_by="user", end_reason="client_initiated")
        assert report.result == "unknown"
        assert report.details.answered_by is not None
        assert report.details.answered_by.decided_after_ms is None


def test_a_turn_without_words_makes_nobody_human() -> None:
    events = (e.CalleeStarted(at=at(1), sample=RATE), e.CalleeStopped(at=at(2), sample=2 * RATE))
    assert fold([*PICKED_UP, *events, e.TurnTaken(at=at(3))]).result == "unknown"


@pytest.mark.parametrize("dial_error", DialError)
def test_a_dial_that_failed_is_an_error_with_what_the_network_said(dial_error: DialError) -> None:
    refused = e.Refused(at=1004.0, dial_error=dial_error.value, sip_code=486, sip_text="Busy Here")
    report = ended(*RINGING, refused, error_code="dial_error", error_message="Busy Here")
    assert (report.status, report.dial_error, report.ended_by) == ("error", dial_error, "system")
    assert (report.result, report.handled_by_ai, report.answered_at) == (None, False, None)
    assert report.error is not None
    assert (report.error.code, report.error.message) == ("dial_error", "Busy Here")
    assert report.details.sip is not None
    assert (report.details.sip.code, report.details.sip.text) == (486, "Busy Here")


@pytest.mark.parametrize(
    ("ended_by", "end_reason"),
    [
        ("agent", "tool_end_call"),
        ("user", "client_initiated"),
        ("system", "max_duration"),
        ("system", "user_inactive"),
        ("system", "connection_timeout"),
        ("system", "participant_removed"),
    ],
)
def test_an_answered_call_that_ended_in_an_ordinary_way_is_completed(ended_by: str, end_reason: str) -> None:
    report = ended(*PICKED_UP, ended_by=ended_by, end_reason=end_reason)
    assert (report.status, report.ended_by, report.end_reason) == ("completed", ended_by, end_reason)
    assert (report.error, report.dial_error, report.handled_by_ai) == (None, None, True)


@pytest.mark.parametrize("code", ["provider_failed", "internal_error"])
def test_a_call_that_broke_is_an_error_although_it_was_answered(code: str) -> None:
    report = ended(*PICKED_UP, error_code=code, error_message="it broke")
    assert (report.status, report.result, report.end_reason) == ("error", "unknown", None)
    assert report.error is not None
    assert (report.error.code, report.error.message) == (code, "it broke")


def test_a_call_that_was_called_off_while_it_rang_is_cancelled() -> None:
    report = ended(*RINGING, error_code="cancelled", error_message="called off")
    assert (report.status, report.ended_by, report.result) == ("error", "system", None)
    assert report.error is not None
    assert report.error.code == "cancelled"


def test_an_answer_that_crosses_the_end_does_not_count() -> None:
    cancelled = e.Ended(at=1005.0, ended_by="system", end_reason=None, error_code="cancelled", error_message="…")
    late = fold([*RINGING, cancelled, e.Answered(at=1005.1), e.LineFreed(at=1005.2)])
    refused = e.Refused(at=1005.1, dial_error="no_answer", sip_code=487, sip_text="Cancelled")
    assert (late.status, late.answered_at, late.result) == ("error", None, None)
    assert fold([*RINGING, cancelled, refused]).dial_error is None


def test_last_words_that_come_after_the_end_are_in_the_transcript() -> None:
    finished = e.Ended(at=at(3), ended_by="user", end_reason="client_initiated")
    started = e.CalleeStarted(at=at(2), sample=2 * RATE)
    report = fold([*PICKED_UP, started, finished, e.CalleeHeard(at=at(3.4), text="Goodbye then.")])
    assert [entry.content for entry in report.transcript] == ["Goodbye then."]


def test_a_sentence_that_is_being_said_has_no_end_and_no_text_yet() -> None:
    report = fold([*PICKED_UP, e.AgentStarted(at=at(1), id="a1", kind="opening", sample=RATE)])
    [spoken] = report.speech_events
    assert (spoken.stopped_speaking_at_ms, spoken.transcript, spoken.was_cut) == (None, "", False)
    assert report.transcript == ()
