"""The tape: a recording that fails is told once and holds up nothing."""

import threading
from dataclasses import dataclass, field

import pytest

from agent import events as e
from agent.tape import Tape, Unrecorded
from audio.frames import Pcm, silence
from audio.recording import RecordingFailed


@dataclass
class FakeRecording:
    """Fails from the n-th append on, or when it is closed."""

    fails_at: int = 1000
    fails_to_close: bool = False
    taken: list[tuple[Pcm, Pcm]] = field(default_factory=list)
    attempts: int = 0
    closed_by: list[str] = field(default_factory=list)

    def append(self, left: Pcm, right: Pcm) -> None:
        if self.closed_by:
            raise ValueError("expected an open recording")
        self.attempts += 1
        if self.attempts >= self.fails_at:
            raise RecordingFailed("No space left on device")
        self.taken.append((left, right))

    def close(self) -> None:
        self.closed_by.append(threading.current_thread().name)
        if self.fails_to_close:
            raise RecordingFailed("No space left on device")


def tape_of(recording: FakeRecording) -> tuple[Tape, list[e.Event]]:
    told: list[e.Event] = []
    return Tape(recording, told.append, lambda: 12.0), told


INCOMPLETE = e.Warned(at=12.0, message="the recording is incomplete: it could not be written")


async def test_both_sides_are_recorded_tick_by_tick() -> None:
    recording = FakeRecording()
    tape, told = tape_of(recording)
    callee, agent = silence(), silence()
    tape.record(callee, agent)
    await tape.close()
    [(left, right)] = recording.taken
    assert left is callee
    assert right is agent
    assert told == []


async def test_a_recording_that_fails_is_told_once_and_left_alone() -> None:
    recording = FakeRecording(fails_at=3)
    tape, told = tape_of(recording)
    for _ in range(10):
        tape.record(silence(), silence())
    await tape.close()
    assert recording.attempts == 3
    assert told == [INCOMPLETE]


async def test_a_recording_that_cannot_be_finished_is_told() -> None:
    tape, told = tape_of(FakeRecording(fails_to_close=True))
    await tape.close()
    assert told == [INCOMPLETE]


async def test_closing_waits_beside_the_loop_and_happens_once() -> None:
    recording = FakeRecording()
    tape, _ = tape_of(recording)
    await tape.close()
    await tape.close()
    [thread] = recording.closed_by
    assert thread != threading.main_thread().name


async def test_what_the_line_still_delivers_after_the_end_is_passed_over() -> None:
    recording = FakeRecording()
    tape, told = tape_of(recording)
    await tape.close()
    tape.record(silence(), silence())
    assert (recording.taken, told) == ([], [])


def test_a_fault_that_is_not_the_disks_is_not_hidden() -> None:
    recording = FakeRecording(closed_by=["someone else"])
    tape, _ = tape_of(recording)
    with pytest.raises(ValueError, match="open recording"):
        tape.record(silence(), silence())


async def test_a_recording_that_cannot_begin_is_told_once() -> None:
    told: list[e.Event] = []
    tape = Tape(Unrecorded(), told.append, lambda: 12.0)
    for _ in range(3):
        tape.record(silence(), silence())
    await tape.close()
    assert told == [INCOMPLETE]
