"""The timeline of a call, laid out: rows from top to bottom, each with what stands in it, in percent of the width."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Literal

from agent.models.report import Attempt, SpeechEvent
from agent.page.moments import Moment
from agent.page.outline import Outlines, Span, outlines, sounds
from agent.page.sound import Sound
from agent.page.stages import Stage
from agent.page.talk import Use
from agent.page.waits import NAMES, Wait
from agent.page.words import clock, lasting, milliseconds
from agent.turns import Turns

Kind = Literal["axis", "phases", "callee", "waits", "agent", "tools", "sounds", "moments"]

_ROWS: dict[Kind, tuple[str, int]] = {
    "axis": ("", 22),
    "phases": ("Phase", 26),
    "callee": ("Callee", 68),
    "waits": ("Waits", 20),
    "agent": ("Agent", 68),
    "tools": ("Tools", 24),
    "sounds": ("Sounds", 18),
    "moments": ("Moments", 24),
}
"""Name and height in pixels."""

_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_MOST_TICKS = (4, 7, 14, 38, 100)
"""Ticks of the axis in each of `WIDTHS`; the style sheet shows one of them."""
WIDTHS = (300, 420, 900, 2400, 6400)
"""Pixels from which on the timeline shows more: ticks and labels of each level. The style sheet knows them too."""
_LABEL = 40.0
"""Pixels that a label needs to be worth reading."""
_LATE = 85.0
"""Percent of the width after which the last tool's name stands before it."""
_THIN = 0.05
"""Percent of the width that a tool has at least, to be seen."""


@dataclass(frozen=True, slots=True)
class Block:
    """Something that lasts."""

    start: float
    """Percent of the width, as all places."""
    width: float
    kind: str
    text: str
    """What it is, in words; the label, where there is room for one, is `label`."""
    label: str = ""
    label_at: float = 0.0
    room: float = 0.0
    """Width the label may take."""
    before: bool = False
    """Whether the label stands before the block and not on or after it."""

    @property
    def level(self) -> int:
        """How wide the timeline has to be drawn, as a place in `WIDTHS`, for the label to have room."""
        return sum(self.room / 100 * width < _LABEL for width in WIDTHS)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis."""

    at: float
    label: str
    level: int


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the timeline."""

    kind: Kind
    name: str
    top: int
    """Pixels, as the height."""
    height: int
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn."""

    seconds: float
    """All of the width."""
    height: int
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    outlines: Outlines | None
    sounding: float
    """Percent of the width that is recorded."""
    stretch: float
    """Steps of the outlines in a percent of the width."""


@dataclass(frozen=True, slots=True)
class Material:
    """What the timeline is made of."""

    attempt: Attempt
    turns: Turns
    stages: Sequence[Stage]
    waits: Sequence[Wait]
    uses: Sequence[Use]
    moments: Sequence[Moment]
    sound: Sound | None


def timeline(made_of: Material) -> Timeline | None:
    """The timeline from the answer on; None where nothing was answered."""
    seconds = _seconds(made_of)
    if made_of.attempt.answered_at is None or seconds <= 0:
        return None
    scale = _Scale(seconds)
    contents: dict[Kind, tuple[Block, ...]] = {
        "phases": tuple(_stage_blocks(scale, made_of.stages)),
        "callee": tuple(_speech_blocks(scale, made_of, "user")),
        "waits": tuple(_wait_blocks(scale, made_of.waits)),
        "agent": tuple(_speech_blocks(scale, made_of, "agent")),
        "tools": tuple(_use_blocks(scale, made_of.uses)),
        "sounds": tuple(_sound_blocks(scale, made_of)),
        "moments": tuple(_moment_blocks(scale, made_of.moments)),
    }
    rows, top = [], 0
    for kind, (name, height) in _ROWS.items():
        blocks = contents.get(kind, ())
        if blocks or kind in ("axis", "callee", "agent"):
            rows.append(Row(kind, name, top, height, blocks))
            top += height
    ticks, sound = tuple(_ticks(scale)), made_of.sound
    if sound is None:
        return Timeline(seconds, top, tuple(rows), ticks, None, 0.0, 0.0)
    drawn = outlines(sound)
    stretch = drawn.steps * seconds / sound.seconds / 100
    return Timeline(seconds, top, tuple(rows), ticks, drawn, scale.width(0, sound.seconds), stretch)


class _Scale:
    """Seconds from the answer as percent of the width."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def place(self, at: float) -> float:
        """Where a moment is; at the edge if it lies beyond."""
        return round(100 * min(max(at, 0.0), self.seconds) / self.seconds, 3)

    def width(self, start: float, stop: float) -> float:
        """How wide a stretch is."""
        return round(max(0.0, self.place(stop) - self.place(start)), 3)

    def block(self, start: float, stop: float, kind: str, text: str, label: str = "") -> Block:
        """A block with its label on it."""
        place, width = self.place(start), self.width(start, stop)
        return Block(place, width, kind, text, label, place, width)


def _seconds(made_of: Material) -> float:
    """How long the call is, by whatever knows of its latest moment."""
    attempt = made_of.attempt
    known = [event.stopped_speaking_at_ms or event.started_speaking_at_ms for event in attempt.speech_events]
    longest = [milliseconds / 1000 for milliseconds in known]
    if attempt.answered_at and attempt.ended_at:
        longest.append((attempt.ended_at - attempt.answered_at).total_seconds())
    if made_of.sound:
        longest.append(made_of.sound.seconds)
    if attempt.ended_at is None:
        longest += [stage.stop for stage in made_of.stages]
    return max(longest, default=0.0)


def _stage_blocks(scale: _Scale, stages: Iterable[Stage]) -> Iterator[Block]:
    for stage in stages:
        if stage.stop > 0 and scale.width(stage.start, stage.stop) > 0:
            text = f"{stage.name}, {lasting(stage.stop - max(stage.start, 0.0))}"
            yield scale.block(stage.start, stage.stop, stage.kind, text, stage.name)


def _speech_blocks(scale: _Scale, made_of: Material, speaker: Literal["user", "agent"]) -> Iterator[Block]:
    for event in made_of.attempt.speech_events:
        if event.speaker == speaker:
            start, stop = _span(event, scale.seconds)
            said = event.transcript or "a sound without words"
            yield scale.block(start, stop, _speech_kind(event, made_of.turns), f"{clock(start, tenths=True)} {said}")


def _span(event: SpeechEvent, end: float) -> Span:
    stop = event.stopped_speaking_at_ms
    return event.started_speaking_at_ms / 1000, end if stop is None else stop / 1000


def _speech_kind(event: SpeechEvent, turns: Turns) -> str:
    """`turn`, `aside` for what is no turn; for the agent `reply`, or the fixed sentence that it is."""
    if event.speaker == "user":
        return "turn" if event.is_real_turn else "aside"
    said = turns.agent.get(event.id)
    return "fixed" if said is not None and said.kind != "reply" else "reply"


def _wait_blocks(scale: _Scale, waits: Iterable[Wait]) -> Iterator[Block]:
    for wait in waits:
        begin = wait.reply_at - wait.total / 1000
        for part in wait.parts if wait.measured else ():
            start = begin + part.start / 1000
            text = f"{NAMES[part.kind]} {milliseconds(part.length)} of {milliseconds(wait.total)}"
            yield scale.block(start, start + part.length / 1000, part.kind, text)


def _use_blocks(scale: _Scale, uses: Sequence[Use]) -> Iterator[Block]:
    known = [(use, start, _end(use, scale)) for use in uses if (start := use.start) is not None]
    rooms = _rooms([(scale.place(start), scale.place(stop)) for _, start, stop in known])
    for (use, start, stop), (label_at, label_stop) in zip(known, rooms, strict=True):
        lasted = lasting(stop - start)
        how = "never returned" if use.stop is None else f"{'failed' if use.failed else 'returned'} after {lasted}"
        yield Block(
            scale.place(start),
            max(_THIN, scale.width(start, stop)),
            "failed" if use.failed or use.stop is None else "done",
            f"{clock(start, tenths=True)} {use.name} {how}",
            use.name,
            label_at,
            round(max(0.0, label_stop - label_at), 3),
            before=label_stop <= scale.place(start),
        )


def _end(use: Use, scale: _Scale) -> float:
    return scale.seconds if use.stop is None else use.stop


def _rooms(spans: Sequence[Span]) -> list[Span]:
    """From where to where the label of each span may go: up to the next one; before the last one near the end."""
    rooms = [(stop, after) for (_, stop), (after, _) in zip(spans, [*spans[1:], (100.0, 100.0)], strict=False)]
    if spans and spans[-1][1] > _LATE:
        start = spans[-1][0]
        middle = (spans[-2][1] + start) / 2 if len(spans) > 1 else 0.0
        rooms[-2:] = [(stop, middle) for _, stop in spans[-2:-1]] + [(middle, start)]
    return rooms


def _sound_blocks(scale: _Scale, made_of: Material) -> Iterator[Block]:
    if made_of.sound is None:
        return
    sides: tuple[tuple[Literal["user", "agent"], str], ...] = (("user", "callee"), ("agent", "agent"))
    for speaker, side in sides:
        spoken = [_span(event, scale.seconds) for event in made_of.attempt.speech_events if event.speaker == speaker]
        loudness = made_of.sound.callee if speaker == "user" else made_of.sound.agent
        for start, stop in sounds(loudness, spoken):
            text = (
                f"{clock(start, tenths=True)} a sound on the {side}'s side that is no speech, {lasting(stop - start)}"
            )
            yield scale.block(start, stop, side, text)


def _moment_blocks(scale: _Scale, moments: Iterable[Moment]) -> Iterator[Block]:
    for moment in moments:
        if moment.at > 0:
            text = f"{clock(moment.at, tenths=True)} {moment.text}"
            yield scale.block(moment.at, moment.at, moment.tone, text)


def _ticks(scale: _Scale) -> Iterator[Tick]:
    for level, most in enumerate(_MOST_TICKS):
        longest = _STEPS[-1] * 2 ** max(0, ceil(log2(scale.seconds / most / _STEPS[-1])))
        step = next((step for step in _STEPS if scale.seconds / step <= most), longest)
        for number in range(int(scale.seconds / step) + 1):
            at = number * step
            yield Tick(scale.place(at), clock(at, tenths=step < 1), level)
