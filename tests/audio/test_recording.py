import time
from pathlib import Path

import numpy as np
import pytest

from audio.frames import FRAME, RATE, Pcm, dbfs, silence
from audio.recording import Recorder, RecordingFailed, read_ogg


def clicks(length: int, places: list[int]) -> Pcm:
    pcm = silence(length)
    for place in places:
        pcm[place : place + 12] = 20_000
    return pcm


def record(path: Path, left: Pcm, right: Pcm) -> None:
    with Recorder(path) as recorder:
        for start in range(0, len(left), FRAME):
            recorder.append(left[start : start + FRAME], right[start : start + FRAME])


def test_a_recording_is_as_long_as_the_call_to_the_sample(tmp_path: Path) -> None:
    length = 3 * RATE + 137
    record(tmp_path / "a.ogg", silence(length), silence(length))
    assert [len(side) for side in read_ogg(tmp_path / "a.ogg")] == [length, length]


def test_clicks_are_where_they_were_on_both_sides(tmp_path: Path) -> None:
    left, right = [0, 12_345, 60_001, 143_000], [5000, 70_003, 143_900]
    record(tmp_path / "a.ogg", clicks(6 * RATE, left), clicks(6 * RATE, right))
    for side, places in zip(read_ogg(tmp_path / "a.ogg"), (left, right), strict=True):
        for place in places:
            near = np.abs(side[max(0, place - 1200) : place + 1200].astype(np.int32))
            found = int(np.argmax(near)) + max(0, place - 1200)
            assert abs(found - (place + 6)) <= RATE // 500


def test_one_side_is_not_heard_on_the_other(tmp_path: Path) -> None:
    tone = (8000 * np.sin(2 * np.pi * 700 / RATE * np.arange(2 * RATE))).astype(np.int16)
    record(tmp_path / "a.ogg", tone, silence(len(tone)))
    left, right = read_ogg(tmp_path / "a.ogg")
    assert abs(dbfs(left) - dbfs(tone)) < 0.5
    assert dbfs(right) < -70


def test_what_there_was_can_be_read_although_nobody_closed_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ogg")
    for _ in range(200):
        recorder.append(silence(), silence())
    deadline = time.monotonic() + 5
    length = 0
    while length < 3 * RATE and time.monotonic() < deadline:
        time.sleep(0.05)
        length = _readable(tmp_path / "a.ogg")
    recorder.close()
    assert length >= 3 * RATE


def _readable(path: Path) -> int:
    try:
        return len(read_ogg(path)[0])
    except ValueError:
        return 0


def test_appending_costs_the_caller_next_to_nothing(tmp_path: Path) -> None:
    costs = []
    with Recorder(tmp_path / "a.ogg") as recorder:
        for _ in range(500):
            began = time.perf_counter()
            recorder.append(silence(), silence())
            costs.append(time.perf_counter() - began)
    assert sorted(costs)[len(costs) // 2] < 0.0005


def test_a_recording_of_nothing_is_readable(tmp_path: Path) -> None:
    record(tmp_path / "a.ogg", silence(0), silence(0))
    left, _ = read_ogg(tmp_path / "a.ogg")
    assert len(left) <= FRAME


def test_closing_twice_is_safe(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ogg")
    recorder.close()
    recorder.close()


def test_a_folder_that_is_not_there_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(RecordingFailed, match=r"could not be written: No such file or directory\."):
        Recorder(tmp_path / "nowhere" / "a.ogg")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_at_the_latest_when_closing() -> None:
    minute = silence(60 * RATE)
    with pytest.raises(RecordingFailed, match="No space left"):
        record(Path("/dev/full"), minute, minute)


def test_sides_of_unequal_length_are_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path / "a.ogg") as recorder, pytest.raises(ValueError, match="received 480 and 481 samples"):
        recorder.append(silence(480), silence(481))


def test_a_closed_recording_takes_nothing_more(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.ogg")
    recorder.close()
    with pytest.raises(ValueError, match="expected an open recording"):
        recorder.append(silence(), silence())


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").write_text("no sound")
    with pytest.raises(ValueError, match="expected a recording"):
        read_ogg(tmp_path / "a.ogg")
