"""The recording of a real call, and the goodbye as the callee hears it."""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from agent import events as e
from agent.worker.folder import Folder
from audio.frames import RATE, Pcm
from tests.e2e import rtp
from tests.e2e.attempts import Placed, Scheduler, job_pid, journal
from tests.e2e.hearing import alike, level, sounding, tone
from tests.e2e.rtp import until
from tests.e2e.script import Script
from tests.e2e.worker import Worker

BEEP = 1500.0
"""Hz, of what the callee sends here."""
TALK = Script(after=0.8, play=tone(BEEP, 0.6, rate=rtp.RATE, dbfs=-20.0))


def sides(path: Path) -> tuple[Pcm, Pcm]:
    """Callee and agent, at 24 kHz; what can be read of a file that may end anywhere."""
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels) in {("opus", 2), ("libopus", 2)}
        decoded = [out for frame in container.decode(stream) for out in resampler.resample(frame)]
    both: Pcm = np.concatenate([frame.to_ndarray().reshape(-1, 2).astype(np.int16) for frame in decoded])
    return both[:, 0], both[:, 1]


def recording_of(worker: Worker, placed: Placed) -> Path:
    return Folder.of(worker.data_dir, placed.id).audio


async def test_a_recording_holds_both_sides_and_is_as_long_as_the_call(scheduler: Scheduler, worker: Worker) -> None:
    placed = await scheduler.dispatch(replace(TALK, hang_up_after=4.0), recording={"enabled": True})
    call = await placed.answered()
    await call.over(10)
    await placed.ended()
    callee, agent = sides(recording_of(worker, placed))
    answered, ended = call.answered_at, call.sent("BYE")
    assert ended is not None
    assert len(callee) / RATE == pytest.approx(ended - answered, abs=1.0)
    assert level(callee[: 2 * RATE], BEEP) > -45
    assert level(agent[: 2 * RATE], BEEP) < -60
    assert alike(agent, call.stream.heard.pcm(RATE)) > 0.7


async def test_a_recording_can_be_read_after_its_job_was_killed(scheduler: Scheduler, worker: Worker) -> None:
    placed = await scheduler.dispatch(TALK, recording={"enabled": True})
    call = await placed.answered()
    await asyncio.sleep(4.0)
    pid = job_pid(worker, placed.id)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await call.over(5)
    assert (await placed.ended()).error == "internal_error"
    callee, agent = sides(recording_of(worker, placed))
    assert len(callee) / RATE > 2.0
    assert level(callee[: 2 * RATE], BEEP) > -45
    assert np.abs(agent).max() > 1000


async def test_the_goodbye_is_heard_whole_and_then_the_line_is_hung_up(scheduler: Scheduler, worker: Worker) -> None:
    goodbye = "Goodbye then, and thank you."
    placed = await scheduler.dispatch(
        Script(after=0.8), assistant={"max_call_duration_secs": 7, "max_duration_end_message": goodbye}
    )
    call = await placed.answered()
    await until(lambda: call.received("BYE") is not None, 12, "the line was hung up")
    await placed.ended()
    [said] = [x for x in journal(worker, placed.id) if isinstance(x, e.AgentStopped) and x.kind == "limit"]
    assert (said.text, said.cut) == (goodbye, False)
    heard = sounding(call.stream.heard)
    hung_up = call.received("BYE")
    assert heard is not None
    assert hung_up is not None
    assert 0 < hung_up - (heard[0] + heard[1]) < 1.5
    pcm = call.stream.heard.pcm(RATE)
    last = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 200)[-1]
    spoken = said.stop - said.start
    before = pcm[max(0, last - spoken - RATE // 2) : last - spoken - RATE // 50]
    assert np.abs(before).max() < 1000, "the goodbye began late"
