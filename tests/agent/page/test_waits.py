from typing import Any

import pytest

from agent.models.report import Attempt, Details, SpeechEvent, TurnLatency
from agent.page.talk import Use, uses
from agent.page.waits import NAMES, Wait, waits
from agent.report import fold
from tests.agent.page.folders import long_call
from tests.agent.recorded import CALL


def waited(
    *,
    words: int | None = 100,
    turn: int | None = 400,
    model: int | None = 200,
    voice: int | None = 80,
    total: int | None,
) -> Wait:
    """The wait of a reply that is heard 10 s after the answer, and was measured so."""
    figures = TurnLatency(
        speech_event_id="a1",
        transcription_ms=words,
        end_of_turn_ms=turn,
        llm_ttft_ms=model,
        tts_ttfb_ms=voice,
        voice_to_voice_ms=total,
    )
    [wait] = waits(attempt(figures), ())
    return wait


def attempt(*figures: TurnLatency, spoken: tuple[SpeechEvent, ...] = ()) -> Attempt:
    return Attempt(
        id="x", phone_number=None, speech_events=spoken or (speech("a1", 10_000),), details=Details(latencies=figures)
    )


def speech(name: str, start: int, **more: Any) -> SpeechEvent:
    return SpeechEvent(
        id=name,
        speaker="agent" if name.startswith("a") else "user",
        started_speaking_at_ms=start,
        stopped_speaking_at_ms=start + 1000,
        transcript="x",
        is_real_turn=True,
        was_cut=False,
        **more,
    )


def lengths(wait: Wait) -> dict[str, float]:
    return {part.kind: part.length for part in wait.parts}


def test_parts_fill_the_wait_in_the_order_in_which_they_happen() -> None:
    wait = waited(total=900)
    assert (wait.total, wait.measured, wait.reply_at) == (900, True, 10.0)
    assert lengths(wait) == {"words": 100, "turn": 300, "model": 200, "voice": 80, "rest": 220}
    assert [part.start for part in wait.parts] == [0, 100, 400, 600, 680]


def test_what_was_done_ahead_does_not_make_the_wait_longer() -> None:
    wait = waited(total=560)
    assert lengths(wait) == {"words": 100, "turn": 300, "model": 80, "voice": 80}
    assert wait.figures["model"] == 200


def test_the_parts_always_come_to_the_total() -> None:
    for total in (1, 50, 100, 399, 400, 401, 480, 5000):
        assert sum(part.length for part in waited(total=total).parts) == total


def test_a_wait_that_was_not_measured_is_the_sum_of_its_parts() -> None:
    wait = waited(total=None)
    assert (wait.total, wait.measured) == (680, False)


@pytest.mark.parametrize("missing", ["words", "turn", "model", "voice"])
def test_a_part_without_a_figure_is_left_out(missing: str) -> None:
    wait = waited(total=900, **{missing: None})
    names = {"words": "recogniser", "turn": "end of turn"}
    assert names.get(missing, missing) not in wait.figures
    assert sum(lengths(wait).values()) == 900


def test_a_tool_that_had_returned_by_then_was_waited_for() -> None:
    figures = TurnLatency(speech_event_id="a1", end_of_turn_ms=400, tts_ttfb_ms=100, voice_to_voice_ms=2000)
    tools = [
        Use("look", "", "", failed=False, start=8.5, stop=9.0),
        Use("look", "", "", failed=False, start=8.8, stop=9.4),
        Use("late", "", "", failed=False, start=9.9, stop=10.5),
        Use("never", "", None, failed=False, start=9.9),
        Use("before", "", "", failed=False, start=7.0, stop=8.1),
    ]
    [wait] = waits(attempt(figures), tools)
    assert lengths(wait) == {"turn": 400, "tools": pytest.approx(900), "voice": 100, "rest": pytest.approx(600)}


def test_a_call_has_its_waits() -> None:
    [wait] = waits(fold(CALL), list(uses(CALL)))
    assert (wait.total, wait.reply_at) == (1000, 7.0)
    assert lengths(wait)["tools"] == pytest.approx(100)
    assert len(waits(fold(long_call(60)), ())) == 6


def test_speech_events_alone_tell_of_waits_as_well() -> None:
    spoken = (speech("u1", 1000, stt_transcription_delay_ms=120), speech("a1", 2900, llm_ttft_ms=300, tts_ttfb_ms=90))
    [wait] = waits(attempt(spoken=spoken), ())
    assert (wait.total, wait.figures) == (900, {"recogniser": 120, "model": 300, "voice": 90})


def test_figures_of_speech_that_is_not_there_are_passed_over() -> None:
    assert waits(attempt(TurnLatency(speech_event_id="a9", voice_to_voice_ms=500)), ()) == ()
    assert waits(attempt(TurnLatency(speech_event_id="a1")), ()) == ()


def test_every_part_has_a_name() -> None:
    assert set(NAMES) == {"words", "turn", "tools", "model", "voice", "rest"}
