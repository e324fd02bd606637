import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.console.card import NoDevice
from agent.console.device import SoundCard

ROOT = Path(__file__).parents[3]
DRIVER = """
import threading, time
import numpy as np

class PortAudioError(Exception):
    pass

def query_devices(kind=None):
    return {}

class Stream:
    latency = (0.01, 0.02)

    def __init__(self, samplerate, blocksize, channels, dtype, latency, callback):
        assert (samplerate, blocksize, channels) == (24000, 480, 1)
        self.callback, self.ended = callback, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.02):
            near, far = np.zeros((480, 1), np.int16), np.ones((480, 1), np.int16)
            self.callback(near, far, 480, None, None)
            assert far.shape == (480, 1) and (far != 1).any()

    def close(self):
        self.ended.set()
        self.thread.join()
"""
"""A sound card's driver without a card."""


def there_is_one() -> bool:
    try:
        SoundCard()
    except NoDevice:
        return False
    return True


@pytest.mark.skipif(there_is_one(), reason="this machine has a microphone and a speaker")
def test_no_device_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "console", str(ROOT / "examples/appointment.yaml"), "--providers", "stand-in"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert "--text" in line and ("PortAudio" in line or "no microphone" in line or "no speaker" in line)


def test_a_machine_without_portaudio_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    code = "from agent.console.device import SoundCard\nSoundCard()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "NoDevice: PortAudio is not on this machine: install it (Debian: libportaudio2)" in done.stderr


def test_a_whole_call_by_microphone_leaves_its_folder(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text(DRIVER)
    (tmp_path / "a.yaml").write_text("prompt: x\nfirst_sentence: Hello there.\nmax_call_duration_secs: 3\n")
    done = subprocess.run(
        [sys.executable, "-m", "agent", "console", "a.yaml", "--providers", "stand-in"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "agent      Hello there." in done.stdout
    assert "by system, max_duration" in done.stdout
    folder = tmp_path / "calls/console"
    assert sorted(file.name for file in folder.iterdir()) == ["attempt.json", "audio.ogg", "events.jsonl"]
