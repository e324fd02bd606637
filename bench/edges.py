"""The edges of a call: when the first sentence is heard, how soon after the goodbye it ends, when the limit ends it."""

from agent import events as e
from agent.rehearsal.script import LineScript
from agent.standins.process import StandIns
from audio.frames import FRAME, RATE, seconds
from bench.figures import Figure, Span, Unit, spread
from bench.hearing import BETWEEN_UTTERANCES, Stretch, stretches
from bench.ours import CallFailed, Conducted, conducted
from bench.scripts import line

DELAY_MS = 400
"""The default `first_sentence_delay_ms`."""
LIMIT = 6.0
"""Seconds, of the calls that run into it."""

_OPENING = "Hello, this is Emma."
_AT_THE_DELAY = Span(DELAY_MS - 40, DELAY_MS + 40)
_AT_ONCE = Span(0, 60)
_SOON = Span(high=300)
_BY_THE_LIMIT = Span(-1000, 0)


async def short_calls(stand_ins: StandIns, calls: int) -> tuple[Figure, ...]:
    """First sentences with the default delay and with none, and the hang-up after the goodbye."""
    delayed = [await _short_call(stand_ins, DELAY_MS) for _ in range(calls)]
    prompt = [await _short_call(stand_ins, 0) for _ in range(calls)]
    return (
        spread(
            f"first sentence, delay {DELAY_MS} ms", [_first_ms(c) for c in delayed], Unit.MILLISECONDS, _AT_THE_DELAY
        ),
        spread("first sentence, delay 0", [_first_ms(c) for c in prompt], Unit.MILLISECONDS, _AT_ONCE),
        spread("goodbye to hang-up", [_hang_up_ms(c) for c in (*delayed, *prompt)], Unit.MILLISECONDS, _SOON),
    )


async def _short_call(stand_ins: StandIns, delay_ms: int) -> Conducted:
    """The callee takes leave at once, and the agent too."""
    callee = line(
        {"after": "agent-stops", "wait": 0.5, "say": "Goodbye."}, model={"script": [{"call": {"tool": "end_call"}}]}
    )
    call = await conducted(
        stand_ins,
        callee,
        first_sentence=_OPENING,
        first_sentence_mode="static",
        first_sentence_delay_ms=delay_ms,
        end_of_call_sentence="Goodbye then.",
    )
    if call.one(e.Ended).end_reason != "tool_end_call":
        raise CallFailed("a short call did not end with its goodbye")
    return call


def _heard(call: Conducted) -> tuple[Stretch, ...]:
    return stretches(call.sides.agent, BETWEEN_UTTERANCES)


def _first_ms(call: Conducted) -> float:
    """By the line's samples or the host's clock, whichever is later: a late frame is late for the callee."""
    on_line = seconds(_heard(call)[0].start)
    opening = next(event for event in call.all(e.AgentStarted) if event.kind == "opening")
    by_clock = opening.at - call.one(e.Answered).at + seconds(opening.sample % FRAME)
    return max(on_line, by_clock) * 1000


def _hang_up_ms(call: Conducted) -> float:
    last_sample_at = call.one(e.Answered).at + _heard(call)[-1].end / RATE
    return (call.one(e.LineFreed).at - last_sample_at) * 1000


async def limited_calls(stand_ins: StandIns, rounds: int) -> tuple[Figure, ...]:
    """Calls that run into their limit: with a message, with one while the callee talks on, and without."""
    message = "Our time is up. Goodbye."
    talking = line(
        {
            "at": 1.0,
            "say": "I will tell you everything about it, and then about the next thing, and the one "
            "after that, because there is so much to say about every single one of them.",
        }
    )
    quiet = line()
    ends: list[float] = []
    for _ in range(rounds):
        for callee, said in ((quiet, message), (talking, message), (talking, None)):
            ends.append(await _end_ms(stand_ins, callee, said))
    return (spread("end by max duration, from the limit", ends, Unit.MILLISECONDS, _BY_THE_LIMIT),)


async def _end_ms(stand_ins: StandIns, callee: LineScript, message: str | None) -> float:
    call = await conducted(
        stand_ins,
        callee,
        first_sentence=_OPENING,
        first_sentence_mode="static",
        max_call_duration_secs=LIMIT,
        max_duration_end_message=message,
    )
    if call.one(e.Ended).end_reason != "max_duration":
        raise CallFailed("a call with a limit did not end by it")
    if message is not None and [said.cut for said in call.all(e.AgentStopped) if said.kind == "limit"] != [False]:
        raise CallFailed("the message at the limit was not heard in full")
    return (call.one(e.LineFreed).at - call.one(e.Answered).at - LIMIT) * 1000
