"""A call as its journal has it: a greeting, a first sentence that starts again, a tool, an interruption, a goodbye."""

from agent import events as e
from audio.frames import RATE

ACCEPTED = e.Accepted(
    at=1000.0,
    utc="2026-03-09T13:05:00+00:00",
    attempt_id="attempt-1",
    call_id="call-1",
    attempt_number=2,
    direction="outbound",
    phone_number="+33612345678",
    organization_id="org-1",
    campaign={"id": "c1", "name": "Spring"},
    metadata={"row": 7, "tags": ["a", None]},
)
PLANNED = e.Planned(
    at=1000.1,
    assistant_id="assistant-1",
    language="fr",
    timezone="Europe/Paris",
    model="gpt-4.1",
    voice="cartesia/sonic-3",
    recogniser="deepgram/nova-3",
    warnings=("thinking_sound: not due yet",),
)
ANSWERED = 1006.0


def at(seconds: float) -> float:
    """Host time so many seconds after the answer."""
    return ANSWERED + seconds


def sample(seconds: float) -> int:
    return round(seconds * RATE)


def agent(
    name: str, kind: e.SpeechKind, start: float, stop: float, text: str, *, cut: bool = False
) -> tuple[e.Event, e.Event]:
    return (
        e.AgentStarted(at=at(start), id=name, kind=kind, sample=sample(start)),
        e.AgentStopped(at=at(stop), id=name, kind=kind, text=text, cut=cut, start=sample(start), stop=sample(stop)),
    )


def callee(start: float, stop: float, text: str) -> tuple[e.Event, e.Event, e.Event]:
    return (
        e.CalleeStarted(at=at(start + 0.1), sample=sample(start)),
        e.CalleeStopped(at=at(stop + 0.25), sample=sample(stop)),
        e.CalleeHeard(at=at(stop + 0.3), text=text),
    )


RINGING: tuple[e.Event, ...] = (
    ACCEPTED,
    PLANNED,
    e.Rendered(at=1001.0, kind="opening", seconds=2.0),
    e.Dialled(at=1001.5),
    e.Rang(at=1002.0),
)
PICKED_UP: tuple[e.Event, ...] = (*RINGING, e.Answered(at=ANSWERED))

CALL: tuple[e.Event, ...] = (
    *PICKED_UP,
    *callee(0.1, 0.5, "Allô ?"),
    *agent("a1", "opening", 0.9, 1.4, "Hello, this", cut=True),
    e.OpeningWithdrawn(at=at(1.4)),
    *agent("a2", "opening", 2.0, 4.0, "Hello, this is Emma."),
    *callee(5.0, 6.0, "Is Monday free?"),
    e.TurnTaken(at=at(6.45)),
    e.ToolCalled(at=at(6.8), id="t1", name="slots", arguments='{"day": "2026-03-09"}'),
    e.ToolReturned(at=at(6.9), id="t1", name="slots", output='{"status":200}', is_error=False),
    *agent("a3", "reply", 7.0, 8.0, "Nine is", cut=True),
    e.ReplyMeasured(at=at(8.0), utterances=("a3",), llm_ttft=0.15, tts_ttfb=0.08, model="gpt-4.1"),
    *callee(7.6, 9.0, "Fine, bye."),
    e.TurnTaken(at=at(9.5)),
    e.ToolCalled(at=at(9.8), id="t2", name="end_call", arguments="{}"),
    e.GoodbyeAsked(at=at(9.8)),
    *agent("a4", "goodbye", 10.0, 11.0, "Goodbye."),
    e.CalleeStarted(at=at(10.9), sample=sample(10.8)),
    e.Warned(at=at(11.0), message="the recording is incomplete"),
    e.Ended(at=at(11.2), ended_by="agent", end_reason="tool_end_call"),
    e.LineFreed(at=at(11.3)),
    e.Used(at=at(11.4), llm_input_tokens=500, llm_output_tokens=40, tts_characters=60, stt_seconds=11.2),
    e.Measured(at=at(11.4), loop_lag_p99_ms=3.1, starved_ms=20.0, underruns=2),
    e.Reported(at=at(11.5)),
)
