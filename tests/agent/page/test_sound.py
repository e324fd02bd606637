import base64
import io
from pathlib import Path

import av
import numpy as np
import pytest

from agent.page import sound
from agent.page.sound import hear
from audio.frames import RATE, Pcm
from tests.agent.page.folders import recorded


def tone(seconds: float, pitch: float, loud: float = 0.5) -> Pcm:
    wave: Pcm = (loud * 32767 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)).astype(np.int16)
    return wave


def music(seconds: float, seed: int) -> Pcm:
    """What costs a codec most: many pitches that come and go."""
    at = np.arange(round(seconds * RATE)) / RATE
    parts = [np.sin(2 * np.pi * pitch * at + seed) * (1 + np.sin(at * (seed + pitch % 7))) for pitch in PITCHES]
    together: Pcm = (2500 * np.sum(parts, axis=0)).clip(-32768, 32767).astype(np.int16)
    return together


PITCHES = (220, 277, 330, 440, 1234, 3001, 5003)


def decoded(uri: str) -> tuple[bytes, float]:
    """The file in the text, and how long its sound lasts, in seconds."""
    kind, _, text = uri.partition(",")
    assert kind == "data:audio/ogg;base64"
    data = base64.b64decode(text, validate=True)
    with av.open(io.BytesIO(data), "r") as container:
        return data, sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_how_loud_each_side_is_stands_for_every_20_ms(tmp_path: Path) -> None:
    silence = np.zeros(RATE, dtype=np.int16)
    left = np.concatenate([silence, tone(1, 300), silence])
    right = np.concatenate([silence, silence, tone(1, 300, 0.25)])
    heard = hear(recorded(tmp_path / "audio.ogg", left, right))
    assert heard is not None
    assert heard.seconds == pytest.approx(3.0, abs=0.001)
    assert len(heard.callee) == len(heard.agent) == 150
    assert heard.callee[60:90] == pytest.approx(0.5, abs=0.06)
    assert heard.agent[110:140] == pytest.approx(0.25, abs=0.04)
    assert max(heard.callee[:40].max(), heard.callee[110:].max(), heard.agent[:90].max()) < 0.02


def test_a_recording_goes_into_the_page_as_it_is(tmp_path: Path) -> None:
    file = recorded(tmp_path / "audio.ogg", tone(1, 300), tone(1, 200))
    heard = hear(file)
    assert heard is not None and heard.uri is not None
    assert decoded(heard.uri)[0] == file.read_bytes()


def test_a_torn_recording_is_heard_as_far_as_it_goes(tmp_path: Path) -> None:
    file = recorded(tmp_path / "audio.ogg", tone(4, 300), tone(4, 200))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    heard = hear(file)
    assert heard is not None
    assert 1.0 < heard.seconds < 3.0


@pytest.mark.parametrize("data", [b"", b"OggS", b"no recording at all" * 50])
def test_what_holds_no_sound_is_none(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "audio.ogg"
    file.write_bytes(data)
    assert hear(file) is None


def test_the_recording_of_a_call_that_was_not_answered_is_none(tmp_path: Path) -> None:
    nothing = np.zeros(0, dtype=np.int16)
    assert hear(recorded(tmp_path / "audio.ogg", nothing, nothing)) is None


def test_a_recording_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hear(tmp_path / "audio.ogg")


def test_of_the_costliest_sound_five_minutes_leave_room_for_the_page_within_5_mb(tmp_path: Path) -> None:
    file = recorded(tmp_path / "audio.ogg", music(50, 1), music(50, 2))
    assert file.stat().st_size * 4 / 3 > 4_500_000 / 6, "this is not costly"
    heard = hear(file)
    assert heard is not None and heard.uri is not None
    assert len(heard.uri) < 4_500_000 / 6
    assert decoded(heard.uri)[1] == pytest.approx(50.0, abs=0.001)


def test_what_is_too_large_is_measured_and_not_taken_along(tmp_path: Path) -> None:
    file = recorded(tmp_path / "audio.ogg", tone(1, 300), tone(1, 200))
    with file.open("r+b") as opened:
        opened.truncate(sound.LARGEST + 1)
    heard = hear(file)
    assert heard is not None
    assert heard.uri is None
    assert heard.seconds == pytest.approx(1.0, abs=0.001)
